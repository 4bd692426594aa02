"""What the evidence of a visit makes of health certificates, beside tokens, and in parts."""

import json

import pytest

from kiosk.bench.specimens import NOW, card, card_signer, dcc, dose, ec_document_signer, parts
from kiosk.credentials import HealthToken, TrustList, combine, read_trust
from kiosk.evidence import Colour, ColourSeen, Credential, CredentialKind, FindingKind, HealthStatus, Scan, Verdict
from kiosk.facts import Evidence, Moment
from kiosk.model import ClockState, Facts, Need, Part
from kiosk.units import Monotonic, WallTime

SIGNER, CARDS = ec_document_signer(), card_signer()
SERVICE = {
    "schema": 1,
    "id": "list",
    "issued_at": "2021-05-01T00:00:00Z",
    "issuers": [{"id": "city", "kind": "health_token", "prefixes": ["HCODE:"], "map": {}}],
}
TRUST = combine(
    read_trust(SIGNER.certificate, "signer"),
    read_trust(json.dumps({"keys": [CARDS.jwk]}).encode(), "keys"),
    read_trust(json.dumps(SERVICE).encode(), "service"),
)
CERTIFICATE = SIGNER.text(dcc()).encode()
FORGED = ec_document_signer().text(dcc()).encode()
TOKEN = b"HCODE:abc"
AT = Moment(WallTime(round(NOW.timestamp() * 1_000_000)), ClockState.SYNCHRONISED, Monotonic(2.0))


def never_used(credential: Credential) -> bool:
    return False


class Visit:
    """A visit to which codes are shown."""

    def __init__(self, trust: TrustList = TRUST) -> None:
        self.evidence = Evidence()
        self._trust = trust

    def shows(self, *contents: bytes) -> "Visit":
        for content in contents:
            scan = Scan(content, "qr", "test", Monotonic(1.0), Monotonic(1.5))
            self.evidence.scanned(scan, self._trust, AT, never_used)
        return self

    def is_answered(self, status: HealthStatus | None) -> "Visit":
        self.evidence.answered("abc", status, Monotonic(3.0))
        return self

    @property
    def facts(self) -> Facts:
        return self.evidence.facts


def kind_and_verdict(facts: Facts) -> tuple[CredentialKind, Verdict] | None:
    return None if facts.health_code is None else (facts.health_code.kind, facts.health_code.verdict)


def test_a_certificate_is_taken_as_the_health_code() -> None:
    visit = Visit().shows(CERTIFICATE)
    assert kind_and_verdict(visit.facts) == (CredentialKind.DCC, Verdict.VALID)
    assert visit.facts.certificate is visit.facts.health_code
    assert visit.facts.admission_pass is None
    assert visit.evidence.recognised
    assert visit.evidence.times["code_verified"] == 2.0


def test_a_card_is_taken_as_the_health_code() -> None:
    facts = Visit().shows(CARDS.text(card()).encode()).facts
    assert kind_and_verdict(facts) == (CredentialKind.SHC, Verdict.VALID)


def test_a_forged_certificate_is_a_health_code_too_and_gives_way_to_a_genuine_one() -> None:
    visit = Visit().shows(FORGED)
    assert kind_and_verdict(visit.facts) == (CredentialKind.DCC, Verdict.UNTRUSTED_ISSUER)
    assert kind_and_verdict(visit.shows(CERTIFICATE).facts) == (CredentialKind.DCC, Verdict.VALID)
    assert kind_and_verdict(Visit().shows(CERTIFICATE, FORGED).facts) == (CredentialKind.DCC, Verdict.VALID)


@pytest.mark.parametrize("status", [HealthStatus.GREEN, HealthStatus.YELLOW, HealthStatus.RED])
def test_a_certificate_never_takes_the_place_of_a_colour(status: HealthStatus) -> None:
    before = Visit().shows(TOKEN).is_answered(status).shows(CERTIFICATE).facts
    between = Visit().shows(TOKEN, CERTIFICATE).is_answered(status).facts
    after = Visit().shows(CERTIFICATE, TOKEN).is_answered(status).facts
    for facts in (before, between, after):
        assert facts.health_code is not None
        assert (facts.health_code.health, facts.certificate) == (status, None)


def test_while_an_issuer_is_asked_a_certificate_waits() -> None:
    for visit in (Visit().shows(TOKEN, CERTIFICATE), Visit().shows(CERTIFICATE, TOKEN)):
        assert visit.facts.health_code is None
        assert visit.facts.pending == {Need.HEALTH_CODE}


@pytest.mark.parametrize("status", [None, HealthStatus.EXPIRED, HealthStatus.UNKNOWN])
def test_an_issuer_that_gives_no_colour_leaves_the_certificate(status: HealthStatus | None) -> None:
    facts = Visit().shows(TOKEN, CERTIFICATE).is_answered(status).facts
    assert kind_and_verdict(facts) == (CredentialKind.DCC, Verdict.VALID)
    assert facts.unavailable == frozenset()


def test_waiting_for_an_issuer_no_longer_leaves_the_certificate() -> None:
    visit = Visit().shows(TOKEN, CERTIFICATE)
    visit.evidence.give_up_waiting()
    assert kind_and_verdict(visit.facts) == (CredentialKind.DCC, Verdict.VALID)


def test_a_certificate_that_was_shown_still_counts_when_the_camera_is_lost() -> None:
    visit = Visit().shows(CERTIFICATE)
    visit.evidence.without(frozenset({Part.CAMERA}))
    assert visit.facts.unavailable == {Need.PASS}


def in_parts(salt: int = 9) -> list[bytes]:
    doses = [dose("2021-01-01", lotNumber=f"{number * 7919 % 10**9:x}{number**salt:x}") for number in range(40)]
    return [text.encode() for text in parts(CARDS.jws(card(*doses)))]


def test_the_parts_of_a_card_are_collected_over_frames() -> None:
    first, *others = in_parts()
    visit = Visit().shows(first)
    assert visit.facts == Facts()
    assert visit.evidence.recognised
    assert "code_verified" not in visit.evidence.times
    visit.shows(first, *others)
    assert kind_and_verdict(visit.facts) == (CredentialKind.SHC, Verdict.VALID)
    assert visit.facts.certificate is not None
    assert {finding.kind for finding in visit.facts.certificate.findings} == {FindingKind.VACCINE_DOSE}


def test_a_card_whose_parts_were_mixed_with_anothers_is_read_when_it_is_shown_again() -> None:
    mine, other = in_parts(), in_parts(salt=11)
    assert len(mine) == len(other)
    visit = Visit().shows(mine[0], *other[1:])
    assert kind_and_verdict(visit.facts) != (CredentialKind.SHC, Verdict.VALID)
    assert kind_and_verdict(visit.shows(*mine[1:], *mine).facts) == (CredentialKind.SHC, Verdict.VALID)


def test_what_a_clock_that_drifts_may_miss_is_allowed_for() -> None:
    scan = Scan(CERTIFICATE, "qr", "test", Monotonic(1.0), Monotonic(1.5))
    late = WallTime(AT.wall + 24 * 3600 * 1_000_000 + 60 * 1_000_000)
    for clock, verdict in ((ClockState.SYNCHRONISED, Verdict.EXPIRED), (ClockState.DRIFTING, Verdict.VALID)):
        evidence = Evidence()
        token: HealthToken | None = evidence.scanned(scan, TRUST, Moment(late, clock, Monotonic(2.0)), never_used)
        assert token is None
        assert kind_and_verdict(evidence.facts) == (CredentialKind.DCC, verdict)
        assert evidence.facts.clock is clock


SEEN = ColourSeen(Colour.GREEN, 0.9)


def test_the_colour_around_a_health_code_is_noted() -> None:
    visit = Visit().shows(TOKEN)
    assert visit.evidence.coloured(Monotonic(1.0), SEEN)
    assert visit.facts.colour_seen == SEEN
    assert visit.facts.health_code is None


@pytest.mark.parametrize(
    ("shown", "captured_at"),
    [((CERTIFICATE,), 1.0), ((TOKEN,), 0.9), ((TOKEN, CERTIFICATE), 1.0), ((), 1.0)],
    ids=["another code", "another frame", "two codes in the frame", "no code"],
)
def test_a_colour_that_may_not_be_the_health_codes_is_nobodys(shown: tuple[bytes, ...], captured_at: float) -> None:
    visit = Visit().shows(*shown)
    assert not visit.evidence.coloured(Monotonic(captured_at), SEEN)
    assert visit.facts.colour_seen is None
