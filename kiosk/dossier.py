"""A visit with all that goes with it, so that it can be put aside and taken up again. Pure but for its own memory."""

from dataclasses import dataclass, field

from kiosk.cases import Cause
from kiosk.facts import Evidence
from kiosk.model import ReasonCode, VisitId
from kiosk.policy import PolicyDocument
from kiosk.units import Monotonic
from kiosk.visit import Visit


@dataclass(slots=True, eq=False)
class Dossier:
    """A visit, what is known of its visitor, and when the gate moved for them.

    `document`: the rules under which it began, and under which it ends; None: those in force. `out_of_force`: why those
    admitted nobody when it began. `causes`: what cases were opened about. `seen_to`: a guard has come for them.
    `party`: the visit of whoever filled in the form on which they come along, and the how manieth of them they are.
    """

    visit: Visit
    evidence: Evidence = field(default_factory=Evidence)
    gate_times: dict[str, Monotonic] = field(default_factory=dict)
    document: PolicyDocument | None = None
    out_of_force: ReasonCode | None = None
    causes: frozenset[Cause] = frozenset()
    seen_to: bool = False
    party: VisitId | None = None
    member: int | None = None
