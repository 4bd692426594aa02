"""How old a document may be before its gate no longer relies on it, and whom the guard then decides on. Pure.

A document's age is the time since the server last vouched that it is the newest, not since it was written. A gate that
never had a server goes by its configuration, which does not age.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

from kiosk.evidence import Verdict
from kiosk.frozen import frozen
from kiosk.model import Answer, ClockState, Decision, Facts, Needs, ReasonCode, Role
from kiosk.units import Monotonic, Seconds, WallTime

HOUR, DAY = 3600.0, 86400.0
STALE_RULE = "stale"
"""The rule named in a decision that a document's age has changed from an admission into a hold."""
AHEAD = Seconds(300.0)
"""So far may a clock be behind the server that vouched; further, and it is not known how long ago that was."""


class Kind(StrEnum):
    """The documents that a kiosk goes by."""

    POLICY = "policy"
    TRUST = "trust"
    REVOCATIONS = "revocations"
    PASSES = "passes"
    ARRIVALS = "expected_arrivals"
    MONTH_KEYS = "month_keys"
    SETTINGS = "settings"


@frozen
class Confirmed:
    """When the server vouched: by its own clock, and on the monotonic clock of the boot in which the kiosk heard it."""

    wall: WallTime
    boot: str
    mono: Monotonic


@frozen
class Now:
    """This moment on the kiosk's clocks."""

    wall: WallTime
    clock: ClockState
    boot: str
    mono: Monotonic


def everybody(_: Facts) -> bool:
    """Whoever it is."""
    return True


def shows_a_code(facts: Facts) -> bool:
    """Whoever is believed because of a code."""
    return facts.admission_pass is not None or facts.health_code is not None


def shows_a_pass_for_many_uses(facts: Facts) -> bool:
    """Whoever shows a pass that may have been taken back since, and is not used up by itself."""
    shown = facts.admission_pass
    return shown is not None and shown.verdict is Verdict.VALID and not shown.single_use


def relies_on_a_filing(facts: Facts) -> bool:
    """Whoever may come because of what is filed, which may have been withdrawn since."""
    return facts.filing is not None


@frozen
class Limit:
    """A line of the table: a document older than this, and who is held for the guard, for what reason."""

    kind: Kind
    after: Seconds
    holds: Callable[[Facts], bool]
    reason: ReasonCode


LIMITS: tuple[Limit, ...] = (
    Limit(Kind.POLICY, Seconds(7 * DAY), everybody, ReasonCode("policy_stale")),
    Limit(Kind.TRUST, Seconds(30 * DAY), shows_a_code, ReasonCode("trust_stale")),
    Limit(Kind.REVOCATIONS, Seconds(24 * HOUR), shows_a_pass_for_many_uses, ReasonCode("revocations_stale")),
    Limit(Kind.PASSES, Seconds(24 * HOUR), shows_a_pass_for_many_uses, ReasonCode("passes_stale")),
    Limit(Kind.ARRIVALS, Seconds(24 * HOUR), relies_on_a_filing, ReasonCode("arrivals_stale")),
)
"""The defaults; a policy document may have other limits (`stale_after_h`).

Month keys are not in it: an old one seals as well, and is destroyed too early rather than too late. Neither are the
settings: no admission depends on them, and what a manager set last is better than what a card was made with."""


NO_OTHER_LIMITS: Mapping[str, int] = MappingProxyType({})


def age(confirmed: Confirmed | None, now: Now) -> Seconds | None:
    """Return how long ago a document was vouched for; None when nobody can say.

    Within one boot the monotonic clock knows. After a restart of the machine the wall clock does, unless it was never
    set, or says that the server vouched in the future.
    """
    if confirmed is None:
        return None
    if confirmed.boot == now.boot:
        return Seconds(max(0.0, now.mono - confirmed.mono))
    if now.clock is ClockState.NEVER_SET:
        return None
    passed = (now.wall - confirmed.wall) / 1e6
    return Seconds(max(0.0, passed)) if passed >= -AHEAD else None


def stale(kind: Kind, how_old: Seconds | None, hours: Mapping[str, int] = NO_OTHER_LIMITS) -> bool:
    """Whether a document of this age is past its limit, which `hours` may set by kind. An unknown age is past every limit."""
    limits = (hours[kind] * HOUR if kind in hours else limit.after for limit in LIMITS if limit.kind is kind)
    return any(how_old is None or how_old > after for after in limits)


def held_back(
    answer: Decision | Needs,
    facts: Facts,
    ages: Mapping[Kind, Seconds | None],
    hours: Mapping[str, int] = NO_OTHER_LIMITS,
) -> Decision | Needs:
    """Return the rules' answer, or a hold where it admits on the strength of a stale document.

    `ages` are of the documents that can age; `hours` are the rules' own limits, by kind. What a person decides is not
    looked at: it is theirs.
    """
    if not isinstance(answer, Decision) or answer.answer is not Answer.ADMIT or answer.role is not Role.POLICY:
        return answer
    for limit in LIMITS:
        if limit.kind in ages and stale(limit.kind, ages[limit.kind], hours) and limit.holds(facts):
            return Decision(Answer.HOLD, (limit.reason,), STALE_RULE, answer.policy)
    return answer
