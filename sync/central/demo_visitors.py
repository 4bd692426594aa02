"""Who comes to the demo's gate in a day, and what is known of each. Made of chance alone, and it repeats."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.evidence import Credential, CredentialKind, HealthStatus, Reading, Verdict
from kiosk.model import Facts, Need
from kiosk.people import VisitorKind
from kiosk.units import Celsius, Monotonic, WallTime

DAY_S = 86_400
HOUR_S = 3600
AHEAD_OF_UTC_H = 8
"""The demo's people keep Shanghai's hours."""
AN_HOUR = (1, 0, 0, 0, 1, 4, 14, 26, 24, 13, 12, 20, 18, 12, 11, 12, 16, 26, 30, 22, 15, 9, 5, 2)
"""How many come in each hour of the day."""
LAST_S = 30.0
"""Nobody comes in the day's last seconds, so that every visit is over when the day is."""
LOST_H = 14
"""The hour in which the health codes' issuer does not answer for ten minutes."""
LOST_S = 600
KINDS = {VisitorKind.RESIDENT: 58, VisitorKind.COURIER: 27, VisitorKind.GUEST: 15}
VERDICTS = {
    Verdict.VALID: 940,
    Verdict.EXPIRED: 26,
    Verdict.NOT_YET_VALID: 12,
    Verdict.REVOKED: 6,
    Verdict.UNTRUSTED_ISSUER: 6,
    Verdict.MALFORMED: 5,
    Verdict.BAD_SIGNATURE: 3,
    Verdict.UNSUPPORTED: 2,
}
HEALTH = {
    HealthStatus.GREEN: 950,
    HealthStatus.YELLOW: 18,
    HealthStatus.EXPIRED: 16,
    HealthStatus.UNKNOWN: 10,
    HealthStatus.RED: 6,
}
NO_PASS = 0.02
FEVER = 0.008


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody, so many seconds after the day began, and whether the issuer was lost just then."""

    at_s: float
    facts: Facts
    issuer_lost: bool


def visitors(now: WallTime, chance: random.Random) -> Iterator[Visitor]:
    """Those of the day that ends at `now`, in order."""
    begins_s = now // 1_000_000 - DAY_S + AHEAD_OF_UTC_H * HOUR_S
    for at_s in _arrivals(begins_s, chance):
        hour, within_s = divmod((begins_s + at_s) % DAY_S, HOUR_S)
        lost = hour == LOST_H and within_s < LOST_S
        yield Visitor(at_s, _facts(at_s, chance, issuer_lost=lost), lost)


def _arrivals(begins_s: int, chance: random.Random) -> list[float]:
    """Moments in seconds since the day began: as many an hour as usual, no two within the time of one visit."""
    wished = sorted(
        (hour * HOUR_S + chance.uniform(0, HOUR_S) - begins_s) % DAY_S
        for hour, count in enumerate(AN_HOUR)
        for _ in range(count)
    )
    found: list[float] = []
    for at_s in wished:
        free = max(at_s, found[-1] + 9.0) if found else at_s
        if free < DAY_S - LAST_S:
            found.append(free)
    return found


def _facts(at_s: float, chance: random.Random, *, issuer_lost: bool) -> Facts:
    (kind,) = chance.choices(list(KINDS), weights=list(KINDS.values()))
    (verdict,) = chance.choices(list(VERDICTS), weights=list(VERDICTS.values()))
    (health,) = chance.choices(list(HEALTH), weights=list(HEALTH.values()))
    reading = _reading(at_s, chance)
    if chance.random() < NO_PASS:
        return Facts(reading=reading)
    believed = verdict is Verdict.VALID
    shown = Credential(CredentialKind.PASS, verdict, issuer="demo-passes", visitor=kind if believed else None, detail="")
    if kind is VisitorKind.RESIDENT or not believed:
        return Facts(reading=reading, admission_pass=shown)
    if issuer_lost:
        return Facts(reading=reading, admission_pass=shown, unavailable=frozenset({Need.HEALTH_CODE}))
    code = Credential(
        CredentialKind.HEALTH_TOKEN,
        Verdict.EXPIRED if health is HealthStatus.EXPIRED else Verdict.VALID,
        issuer="demo-health",
        health=health,
    )
    return Facts(reading=reading, admission_pass=shown, health_code=code)


def _reading(at_s: float, chance: random.Random) -> Reading:
    body_c = chance.uniform(37.4, 38.3) if chance.random() < FEVER else min(37.0, chance.gauss(36.5, 0.2))
    ambient_c = chance.uniform(21.0, 24.0)
    return Reading(
        object_c=Celsius(body_c - 2.1),
        ambient_c=Celsius(ambient_c),
        body_c=Celsius(body_c),
        uncertainty_c=Celsius(0.2),
        samples=chance.randint(3, 9),
        calibration="demo",
        began_at=Monotonic(at_s),
        at=Monotonic(at_s + 0.25),
    )
