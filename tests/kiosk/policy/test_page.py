"""The page's rules of admission, line by line: response level 2 as shipped. Each row is somebody at the gate.

The rows are numbered as in the page's list: 1 to 6 are its lines, 7.1 to 7.7 the kinds of visitors of its last one.
"""

from dataclasses import dataclass, field

import pytest

from kiosk import policy
from kiosk.evidence import Credential, HealthStatus, Reading, Verdict
from kiosk.model import Answer, ClockState, Decision, Facts, LocalTime, Need, Needs
from kiosk.people import Consent, Declaration, Filing, FirstReturn, Stay, Vehicle, VisitorKind
from tests.kiosk.policy.visitors import GREEN, NOON, SHIPPED, reading, shown_code, shown_pass

LEVEL_2 = SHIPPED["response-level-2"]
RESIDENT, STAFF, GUEST, COURIER = VisitorKind.RESIDENT, VisitorKind.STAFF, VisitorKind.GUEST, VisitorKind.COURIER
HELP, REPAIR, AGENT = VisitorKind.DOMESTIC_HELP, VisitorKind.UTILITY_REPAIR, VisitorKind.ESTATE_AGENT
RENOVATION, OTHER = VisitorKind.RENOVATION, VisitorKind.OTHER
ADMIT, HOLD, REFUSE = Answer.ADMIT, Answer.HOLD, Answer.REFUSE
SUNDAY, EVENING = LocalTime(6, 12 * 60), LocalTime(2, 18 * 60)
YES, NO = Consent.GIVEN, Consent.DECLINED


@dataclass(frozen=True)
class Comes:
    """Somebody who comes: with a pass if they belong here, else as they tell on the form, and with all in order but this."""

    who: VisitorKind
    temperature: Reading | None = field(default_factory=reading)
    code: Credential | None = GREEN
    consent: Consent | None = YES
    filing: Filing | None = Filing.FILED
    stays: tuple[Stay, ...] = ()
    first_return: FirstReturn = FirstReturn.NO
    vehicle: Vehicle = Vehicle.NONE
    at: LocalTime | None = NOON

    def facts(self) -> Facts:
        """What is known of them."""
        house = self.who in (RESIDENT, STAFF)
        return Facts(
            self.temperature,
            shown_pass(self.who) if house else None,
            self.code,
            declaration=Declaration(None if house else self.who, self.stays, self.first_return, self.vehicle),
            consent=self.consent,
            filing=self.filing,
            local_time=self.at,
        )


def coded(health: HealthStatus, verdict: Verdict = Verdict.VALID) -> Credential:
    return shown_code(health, verdict)


def alone(who: VisitorKind, **more: object) -> Comes:
    """Somebody without code, consent and filing."""
    return Comes(who, **{"code": None, "consent": None, "filing": None} | more)  # type: ignore[arg-type]  # fields by name


Row = tuple[str, Comes, Answer | set[Need], str]
ROWS: tuple[Row, ...] = (
    # 1: everyone entering has a normal temperature.
    ("1 resident, normal", Comes(RESIDENT), ADMIT, "resident"),
    ("1 resident, at the threshold", Comes(RESIDENT, reading(37.3)), HOLD, "temperature_high"),
    ("1 resident, just below it", Comes(RESIDENT, reading(37.29)), ADMIT, "resident"),
    ("1 guest, high, all else in order", Comes(GUEST, reading(38.4)), HOLD, "temperature_high"),
    ("1 courier, high", Comes(COURIER, reading(37.9)), HOLD, "temperature_high"),
    ("1 staff, high", Comes(STAFF, reading(37.9)), HOLD, "temperature_high"),
    ("1 a reading that is no number", Comes(RESIDENT, reading(float("nan"))), HOLD, "temperature_high"),
    ("1 not measured yet", Comes(RESIDENT, None), {Need.TEMPERATURE}, ""),
    ("1 borderline, not settled", Comes(RESIDENT, reading(37.1, samples=11)), {Need.TEMPERATURE}, ""),
    ("1 borderline, settled", Comes(RESIDENT, reading(37.1, samples=12)), ADMIT, "resident"),
    ("1 below borderline, at once", Comes(RESIDENT, reading(37.09, samples=3)), ADMIT, "resident"),
    ("1 air too cold to rely on it", Comes(RESIDENT, reading(36.2, ambient_c=9.9)), HOLD, "temperature_unreliable"),
    ("1 air just warm enough", Comes(RESIDENT, reading(36.2, ambient_c=10)), ADMIT, "resident"),
    ("1 air too warm", Comes(RESIDENT, reading(36.9, ambient_c=35.1)), HOLD, "temperature_unreliable"),
    ("1 reading too uncertain", Comes(RESIDENT, reading(36.5, uncertainty_c=0.9)), HOLD, "temperature_unreliable"),
    # 2: a non-resident also shows a green health code.
    ("2 resident, no code", alone(RESIDENT), ADMIT, "resident"),
    ("2 staff, no code", alone(STAFF), ADMIT, "staff"),
    *((f"2 {kind}, no code", Comes(kind, code=None), {Need.HEALTH_CODE}, "") for kind in (GUEST, COURIER, HELP, REPAIR)),
    *((f"2 {kind}, no code", Comes(kind, code=None), {Need.HEALTH_CODE}, "") for kind in (AGENT, RENOVATION, OTHER)),
    ("2 guest, red", Comes(GUEST, code=coded(HealthStatus.RED)), REFUSE, "health_red"),
    ("2 courier, red", Comes(COURIER, code=coded(HealthStatus.RED)), REFUSE, "health_red"),
    ("2 other, yellow", Comes(OTHER, code=coded(HealthStatus.YELLOW)), HOLD, "health_yellow"),
    ("2 guest, expired", Comes(GUEST, code=coded(HealthStatus.EXPIRED, Verdict.EXPIRED)), REFUSE, "health_expired"),
    ("2 guest, status unknown", Comes(GUEST, code=coded(HealthStatus.UNKNOWN)), HOLD, "health_unknown"),
    (
        "2 guest, green that is not genuine",
        Comes(GUEST, code=coded(HealthStatus.GREEN, Verdict.BAD_SIGNATURE)),
        HOLD,
        "health_unknown",
    ),
    ("2 resident, red, is not asked", Comes(RESIDENT, code=coded(HealthStatus.RED)), ADMIT, "resident"),
    # 3: an abnormal temperature opens the handling chain, and nothing else hides it.
    ("3 high, and nothing else known", Comes(OTHER, reading(39), None, None, None), HOLD, "temperature_high"),
    ("3 high, consent declined", Comes(GUEST, reading(39), consent=NO), HOLD, "temperature_high"),
    # 4: a person returning to the city for the first time registers.
    ("4 resident, not registered", Comes(RESIDENT, first_return=FirstReturn.UNREGISTERED), HOLD, "first_return_unregistered"),
    ("4 resident, registered", Comes(RESIDENT, first_return=FirstReturn.REGISTERED), ADMIT, "resident"),
    ("4 guest, not registered", Comes(GUEST, first_return=FirstReturn.UNREGISTERED), HOLD, "first_return_unregistered"),
    # 5: a stay in a listed country or region in the last 14 days is reported.
    ("5 listed country, 14 days ago", Comes(RESIDENT, stays=(Stay("IT", 14),)), HOLD, "travel_listed"),
    ("5 listed country, 15 days ago", Comes(RESIDENT, stays=(Stay("IT", 15),)), ADMIT, "resident"),
    ("5 Hubei, today", Comes(OTHER, stays=(Stay("CN-HB", 0),)), HOLD, "travel_listed"),
    ("5 another province", Comes(OTHER, stays=(Stay("CN-ZJ", 0),)), ADMIT, "visitor_green"),
    ("5 part of a listed country", Comes(GUEST, stays=(Stay("IT-25", 3),)), HOLD, "travel_listed"),
    ("5 a second stay that is listed", Comes(GUEST, stays=(Stay("NZ", 1), Stay("KR", 9))), HOLD, "travel_listed"),
    # 6: a non-resident vehicle enters if it meets the compound's rules.
    ("6 resident's own lorry", Comes(RESIDENT, vehicle=Vehicle.REGISTERED), ADMIT, "resident"),
    ("6 courier by van", Comes(COURIER, vehicle=Vehicle.VAN), ADMIT, "courier_green"),
    ("6 guest by car", Comes(GUEST, vehicle=Vehicle.CAR), ADMIT, "guest_green"),
    ("6 removals by lorry", Comes(COURIER, vehicle=Vehicle.LORRY), HOLD, "vehicle_not_allowed"),
    # 7.1: a relative or friend needs the resident's consent.
    ("7.1 with consent", Comes(GUEST, filing=None), ADMIT, "guest_green"),
    ("7.1 without", Comes(GUEST, consent=None), {Need.CONSENT}, ""),
    ("7.1 declined", Comes(GUEST, consent=NO), REFUSE, "consent_declined"),
    # 7.2: couriers, food delivery and removals need nothing more.
    ("7.2 nothing more", alone(COURIER, code=GREEN), ADMIT, "courier_green"),
    # 7.3: domestic help and care need the served person's consent.
    ("7.3 with consent", Comes(HELP, filing=None), ADMIT, "visitor_green"),
    ("7.3 without", Comes(HELP, consent=None), {Need.CONSENT}, ""),
    ("7.3 declined", Comes(HELP, consent=NO), REFUSE, "consent_declined"),
    # 7.4: utility repair needs the served person's consent.
    ("7.4 with consent", Comes(REPAIR, filing=None), ADMIT, "visitor_green"),
    ("7.4 without", Comes(REPAIR, consent=None), {Need.CONSENT}, ""),
    ("7.4 declined", Comes(REPAIR, consent=NO), REFUSE, "consent_declined"),
    # 7.5: an estate agent and client need the owner's or landlord's consent.
    ("7.5 with consent", Comes(AGENT, filing=None), ADMIT, "visitor_green"),
    ("7.5 without", Comes(AGENT, consent=None), {Need.CONSENT}, ""),
    ("7.5 declined", Comes(AGENT, consent=NO), REFUSE, "consent_declined"),
    # 7.6: a renovation is filed, with a letter of undertaking, inside permitted hours.
    ("7.6 filed", Comes(RENOVATION, consent=None), ADMIT, "visitor_green"),
    ("7.6 filing not looked up", Comes(RENOVATION, filing=None), {Need.FILING}, ""),
    ("7.6 not filed", Comes(RENOVATION, filing=Filing.NOT_FILED), HOLD, "not_filed"),
    ("7.6 no letter of undertaking", Comes(RENOVATION, filing=Filing.NO_UNDERTAKING), HOLD, "no_undertaking"),
    ("7.6 on a Sunday", Comes(RENOVATION, at=SUNDAY), HOLD, "outside_hours"),
    ("7.6 at six in the evening", Comes(RENOVATION, at=EVENING), HOLD, "outside_hours"),
    ("7.6 a minute before", Comes(RENOVATION, at=LocalTime(2, 18 * 60 - 1)), ADMIT, "visitor_green"),
    ("7.6 the gate does not know the time", Comes(RENOVATION, at=None), HOLD, "time_unknown"),
    # 7.7: anybody else needs the consent of the resident concerned.
    ("7.7 with consent", Comes(OTHER, filing=None), ADMIT, "visitor_green"),
    ("7.7 without", Comes(OTHER, consent=None), {Need.CONSENT}, ""),
    ("7.7 declined", Comes(OTHER, consent=NO), REFUSE, "consent_declined"),
)


@pytest.mark.parametrize(("comes", "answer", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_page_says(comes: Comes, answer: Answer | set[Need], reason: str) -> None:
    found = policy.evaluate(LEVEL_2, comes.facts())
    if isinstance(found, Needs):
        assert set(found.wanted) == answer
    else:
        assert (found.answer, found.reasons[0]) == (answer, reason)


def test_every_line_of_the_page_and_every_kind_of_visitor_has_its_rows() -> None:
    lines = {row[0].split()[0] for row in ROWS}
    assert lines == {"1", "2", "3", "4", "5", "6"} | {f"7.{kind}" for kind in range(1, 8)}
    assert {row[1].who for row in ROWS} == set(VisitorKind)


BY_PASS: dict[str, tuple[Facts, Answer, str]] = {
    "an invited guest: the pass is the consent": (Facts(reading(), shown_pass(GUEST), GREEN), ADMIT, "guest_green"),
    "a used pass": (Facts(reading(), shown_pass(GUEST), GREEN, pass_used=True), REFUSE, "pass_used"),
    "a forged resident's pass": (Facts(reading(), shown_pass(RESIDENT, Verdict.BAD_SIGNATURE)), REFUSE, "pass_forged"),
    "a pass of a newer kind": (Facts(reading(), shown_pass(None, Verdict.UNSUPPORTED)), HOLD, "pass_unsupported"),
    "an expired pass": (Facts(reading(), shown_pass(None, Verdict.EXPIRED)), REFUSE, "pass_expired"),
    "a pass that names nobody": (Facts(reading(), shown_pass(None), GREEN), HOLD, "no_rule_applies"),
    "a pass, and no date to hold it against": (
        Facts(reading(), shown_pass(RESIDENT), clock=ClockState.NEVER_SET),
        HOLD,
        "clock_unset",
    ),
    "expired, says a clock that was never set": (
        Facts(reading(), shown_pass(RESIDENT, Verdict.EXPIRED), clock=ClockState.NEVER_SET),
        HOLD,
        "clock_unset",
    ),
    "a clock that drifts": (Facts(reading(), shown_pass(RESIDENT), clock=ClockState.DRIFTING), ADMIT, "resident"),
}
LOST: dict[str, tuple[Comes, Need, Answer, str]] = {
    "the thermometer": (Comes(RESIDENT, None), Need.TEMPERATURE, HOLD, "temperature_unavailable"),
    "the camera": (Comes(RESIDENT), Need.PASS, HOLD, "pass_unavailable"),
    "the issuer, guest": (Comes(GUEST, code=None), Need.HEALTH_CODE, HOLD, "health_unavailable"),
    "the issuer, resident": (Comes(RESIDENT, code=None), Need.HEALTH_CODE, ADMIT, "resident"),
    "the way to the resident": (Comes(OTHER, consent=None), Need.CONSENT, HOLD, "consent_unavailable"),
    "the filings": (Comes(RENOVATION, filing=None), Need.FILING, HOLD, "filing_unavailable"),
}


@pytest.mark.parametrize(("facts", "answer", "reason"), BY_PASS.values(), ids=BY_PASS.keys())
def test_a_pass_counts_for(facts: Facts, answer: Answer, reason: str) -> None:
    found = policy.evaluate(LEVEL_2, facts)
    assert isinstance(found, Decision)
    assert (found.answer, found.reasons) == (answer, (reason,))


@pytest.mark.parametrize(("comes", "need", "answer", "reason"), LOST.values(), ids=LOST.keys())
def test_when_a_part_is_lost(comes: Comes, need: Need, answer: Answer, reason: str) -> None:
    known = comes.facts()
    facts = Facts(
        known.reading,
        known.admission_pass,
        known.health_code,
        unavailable=frozenset({need}),
        declaration=known.declaration,
        consent=known.consent,
        filing=known.filing,
        local_time=known.local_time,
    )
    found = policy.evaluate(LEVEL_2, facts)
    assert isinstance(found, Decision)
    assert (found.answer, found.reasons[0]) == (answer, reason)
