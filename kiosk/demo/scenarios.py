"""What a scenario is: who comes to the demo's gate, what goes wrong meanwhile, and what is to be expected."""

from dataclasses import dataclass, field
from typing import Literal

from kiosk.evidence import HealthStatus
from kiosk.model import Answer, GateOutcome, ReasonCode
from kiosk.people import VisitorKind

Medium = Literal["phone", "paper"]
Made = Literal["good", "expired", "forged", "foreign", "again"]
"""How a pass came about: issued properly, over, signed by nobody or by a stranger, or used by the one before."""


@dataclass(frozen=True, slots=True)
class Upset:
    """A part of the kiosk is unplugged `after_s` after a visitor's arrival, and back `for_s` later."""

    part: Literal["thermometer", "camera"]
    after_s: float
    for_s: float


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of visitor: what they carry, how they behave, and the answer they must get.

    `visitor` None: they have no pass. `shows` are further codes, as text. `issuer_s` is how long the issuer takes.
    `queues`: they have waited behind the one before, and walk up `gap_s` after that one has set off. `form`: they ask for
    the form and go, unless they fill it in there and then as `fills`; `resumes`: the longest absent of these is back.
    `also` are kinds of events that must have been recorded while they were there. `disk_full`: while they are there the
    kernel refuses whatever the core writes to a file; `server_away`: no connection to the server lasts. `vector`: a
    file of the credentials made by others, whose code they show.
    """

    title: str
    visitor: VisitorKind | None
    expected: Answer | None
    reasons: tuple[ReasonCode, ...] = ()
    core_c: float = 36.6
    made: Made = "good"
    health: HealthStatus | None = None
    issuer_s: float = 0.0
    shows: tuple[str, ...] = ()
    torn: bool = False
    pass_medium: Medium = "phone"
    health_medium: Medium = "phone"
    both_hands: bool = False
    gap_s: float = 0.6
    queues: bool = False
    patience_s: float = 6.0
    passage_s: float = 1.0
    passes: bool = True
    followers: int = 0
    upset: Upset | None = None
    form: bool = False
    fills: VisitorKind | None = None
    resumes: bool = False
    outcome: GateOutcome | None = GateOutcome.PASSED
    also: tuple[str, ...] = ()
    disk_full: bool = False
    server_away: bool = False
    vector: str | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What holds for a whole scenario: the server away until all visitors are gone, no date or another one."""

    server_away: bool = False
    clock: str = "machine"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named sequence of cases under one policy. A run cycles the cases."""

    name: str
    about: str
    policy: str
    cases: tuple[Case, ...]
    surroundings: Surroundings = field(default_factory=Surroundings)

    @property
    def fills_in_forms(self) -> bool:
        """Whether some of the cases ask for the form."""
        return any(case.form for case in self.cases)

    @property
    def vectors(self) -> tuple[str, ...]:
        """The files of credentials made by others that it needs."""
        return tuple(case.vector for case in self.cases if case.vector is not None)

    @property
    def cuts_the_wire(self) -> bool:
        """Whether the server is away for some of the cases."""
        return any(case.server_away for case in self.cases)
