"""How old a document may be: the table, and what holds of every gate and age."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.evidence import Credential, CredentialKind, Verdict
from kiosk.model import Answer, ClockState, Command, Decision, Facts, Need, Needs, ReasonCode, Role
from kiosk.people import Filing
from kiosk.staleness import LIMITS, STALE_RULE, Confirmed, Kind, Now, age, held_back, stale
from kiosk.units import Monotonic, Seconds, WallTime

HOUR, DAY = 3600, 86400
ADMIT = Decision(Answer.ADMIT, (ReasonCode("resident"),), "residents", "policy@1")
ALL = {kind: Seconds(0.0) for kind in Kind}


def shown(*, single_use: bool, verdict: Verdict = Verdict.VALID) -> Facts:
    return Facts(admission_pass=Credential(CredentialKind.PASS, verdict, single_use=single_use))


NOBODY_KNOWN = Facts()
RESIDENT, GUEST = shown(single_use=False), shown(single_use=True)
WORKS = Facts(filing=Filing.FILED)
HEALTHY = Facts(health_code=Credential(CredentialKind.HEALTH_TOKEN, Verdict.VALID))

TABLE: dict[str, tuple[Kind, float | None, Facts, str | None]] = {
    "revocations of a day": (Kind.REVOCATIONS, 24 * HOUR, RESIDENT, None),
    "revocations of a day and a second": (Kind.REVOCATIONS, 24 * HOUR + 1, RESIDENT, "revocations_stale"),
    "old revocations and a single use": (Kind.REVOCATIONS, 90 * DAY, GUEST, None),
    "old revocations and no pass": (Kind.REVOCATIONS, 90 * DAY, HEALTHY, None),
    "revocations of an age that nobody knows": (Kind.REVOCATIONS, None, RESIDENT, "revocations_stale"),
    "a list of passes of a day": (Kind.PASSES, 24 * HOUR, RESIDENT, None),
    "a list of passes of a day and a second": (Kind.PASSES, 24 * HOUR + 1, RESIDENT, "passes_stale"),
    "an old list of passes and a single use": (Kind.PASSES, 90 * DAY, GUEST, None),
    "an old list of passes and no pass": (Kind.PASSES, 90 * DAY, HEALTHY, None),
    "a list of passes of an age that nobody knows": (Kind.PASSES, None, RESIDENT, "passes_stale"),
    "arrivals of a day, and works": (Kind.ARRIVALS, 24 * HOUR, WORKS, None),
    "arrivals of a day and a second, and works": (Kind.ARRIVALS, 24 * HOUR + 1, WORKS, "arrivals_stale"),
    "arrivals of an age that nobody knows, and works": (Kind.ARRIVALS, None, WORKS, "arrivals_stale"),
    "old arrivals, and nothing filed": (Kind.ARRIVALS, 90 * DAY, GUEST, None),
    "a policy of a week": (Kind.POLICY, 7 * DAY, NOBODY_KNOWN, None),
    "a policy of a week and a second": (Kind.POLICY, 7 * DAY + 1, NOBODY_KNOWN, "policy_stale"),
    "a policy of an age that nobody knows": (Kind.POLICY, None, GUEST, "policy_stale"),
    "trust of a month": (Kind.TRUST, 30 * DAY, RESIDENT, None),
    "trust of a month and a second, a pass": (Kind.TRUST, 30 * DAY + 1, GUEST, "trust_stale"),
    "trust of a month and a second, a health code": (Kind.TRUST, 30 * DAY + 1, HEALTHY, "trust_stale"),
    "old trust, and no code": (Kind.TRUST, 90 * DAY, NOBODY_KNOWN, None),
    "old month keys": (Kind.MONTH_KEYS, 400 * DAY, RESIDENT, None),
    "old settings": (Kind.SETTINGS, 400 * DAY, RESIDENT, None),
    "settings of an age that nobody knows": (Kind.SETTINGS, None, RESIDENT, None),
    "month keys of an age that nobody knows": (Kind.MONTH_KEYS, None, RESIDENT, None),
}


@pytest.mark.parametrize(("kind", "seconds", "facts", "reason"), TABLE.values(), ids=TABLE)
def test_the_table(kind: Kind, seconds: float | None, facts: Facts, reason: str | None) -> None:
    ages = {**ALL, kind: None if seconds is None else Seconds(seconds)}
    answer = held_back(ADMIT, facts, ages)
    assert isinstance(answer, Decision)
    if reason is None:
        assert answer == ADMIT
    else:
        assert (answer.answer, answer.reasons, answer.rule) == (Answer.HOLD, (reason,), STALE_RULE)
        assert answer.policy == ADMIT.policy


def test_a_kind_has_one_limit_and_a_reason_of_its_own() -> None:
    assert [limit.kind for limit in LIMITS] == [Kind.POLICY, Kind.TRUST, Kind.REVOCATIONS, Kind.PASSES, Kind.ARRIVALS]
    assert len({limit.reason for limit in LIMITS}) == 5


def test_a_gate_without_a_server_is_never_stale() -> None:
    assert held_back(ADMIT, RESIDENT, {}) == ADMIT


ages = st.one_of(st.none(), st.floats(0, 400 * DAY).map(Seconds))


@given(st.fixed_dictionaries(dict.fromkeys(Kind, ages)), st.sampled_from([NOBODY_KNOWN, RESIDENT, GUEST, HEALTHY]))
def test_nobody_is_admitted_on_the_strength_of_a_stale_document(how_old: dict[Kind, Seconds | None], facts: Facts) -> None:
    answer = held_back(ADMIT, facts, how_old)
    assert isinstance(answer, Decision)
    if answer.answer is Answer.ADMIT:
        assert not stale(Kind.POLICY, how_old[Kind.POLICY])
        if facts.admission_pass is not None or facts.health_code is not None:
            assert not stale(Kind.TRUST, how_old[Kind.TRUST])
        if facts is RESIDENT:
            revocations = how_old[Kind.REVOCATIONS]
            assert revocations is not None
            assert revocations <= 24 * HOUR


@given(st.fixed_dictionaries(dict.fromkeys(Kind, ages)), st.sampled_from(list(Answer)))
def test_what_is_no_admission_and_what_a_person_decides_stands(how_old: dict[Kind, Seconds | None], said: Answer) -> None:
    command = Command("00", "issuer", "reason")
    theirs = Decision(said, (ReasonCode("remote_open"),), "remote_open", "policy@1", Role.GUARD, command)
    assert held_back(theirs, RESIDENT, how_old) == theirs
    wanted = Needs(frozenset({Need.PASS}))
    assert held_back(wanted, RESIDENT, how_old) == wanted
    if said is not Answer.ADMIT:
        ours = Decision(said, (ReasonCode("because"),), "rule", "policy@1")
        assert held_back(ours, RESIDENT, how_old) == ours


VOUCHED = Confirmed(WallTime(1_000_000_000_000_000), "boot", Monotonic(100.0))


def now(
    passed_s: float = 0.0, *, boot: str = "boot", mono: float = 100.0, clock: ClockState = ClockState.SYNCHRONISED
) -> Now:
    return Now(WallTime(VOUCHED.wall + round(passed_s * 1e6)), clock, boot, Monotonic(mono))


def test_within_one_boot_the_monotonic_clock_knows_whatever_the_other_says() -> None:
    assert age(VOUCHED, now(-DAY, mono=160.0, clock=ClockState.NEVER_SET)) == 60.0


def test_after_a_restart_of_the_machine_the_wall_clock_knows() -> None:
    assert age(VOUCHED, now(3600.0, boot="next", mono=5.0)) == 3600.0
    assert age(VOUCHED, now(3600.0, boot="next", mono=5.0, clock=ClockState.DRIFTING)) == 3600.0


def test_a_clock_that_was_never_set_knows_nothing_after_a_restart() -> None:
    assert age(VOUCHED, now(3600.0, boot="next", clock=ClockState.NEVER_SET)) is None


def test_a_clock_that_is_a_little_behind_is_forgiven_and_one_that_is_far_behind_is_not() -> None:
    assert age(VOUCHED, now(-299.0, boot="next")) == 0.0
    assert age(VOUCHED, now(-301.0, boot="next")) is None


def test_what_nobody_vouched_for_is_of_no_known_age() -> None:
    assert age(None, now()) is None
