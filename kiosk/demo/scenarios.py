"""Who comes to the demo's gate, and what is to be expected. Data; a scenario cycles its cases."""

from dataclasses import dataclass
from typing import Literal

from kiosk.errors import UsageError
from kiosk.model import Answer, HealthStatus, ReasonCode, VisitorKind

Medium = Literal["phone", "paper"]


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of visitor: what they carry, how warm they are, and the answer they must get."""

    title: str
    visitor: VisitorKind
    expected: Answer | None
    reasons: tuple[ReasonCode, ...]
    core_c: float = 36.6
    health: HealthStatus | None = None
    pass_medium: Medium = "phone"
    health_medium: Medium = "phone"
    both_hands: bool = False
    gap_s: float = 0.6


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named sequence of cases under one policy."""

    name: str
    policy: str
    cases: tuple[Case, ...]


NORMAL = Scenario(
    "normal",
    "shipped:health-check",
    (
        Case("resident, phone", VisitorKind.RESIDENT, Answer.ADMIT, (ReasonCode("resident"),)),
        Case(
            "invited guest, pass then health code",
            VisitorKind.GUEST,
            Answer.ADMIT,
            (ReasonCode("guest_green"),),
            core_c=36.4,
            health=HealthStatus.GREEN,
        ),
        Case(
            "courier, paper pass and phone",
            VisitorKind.COURIER,
            Answer.ADMIT,
            (ReasonCode("courier_green"),),
            core_c=36.8,
            health=HealthStatus.GREEN,
            pass_medium="paper",
            both_hands=True,
        ),
        Case(
            "resident, paper",
            VisitorKind.RESIDENT,
            Answer.ADMIT,
            (ReasonCode("resident"),),
            core_c=36.5,
            pass_medium="paper",
        ),
    ),
)

SCENARIOS = {scenario.name: scenario for scenario in (NORMAL,)}


def scenario_named(name: str) -> Scenario:
    """Return a scenario. Raises UsageError naming those there are."""
    try:
        return SCENARIOS[name]
    except KeyError:
        raise UsageError(f"there is no scenario {name!r}; there are: {', '.join(sorted(SCENARIOS))}") from None
