"""A visit with all that goes with it, so that it can be put aside and taken up again. Pure but for its own memory."""

from dataclasses import dataclass, field

from kiosk.facts import Evidence
from kiosk.model import Monotonic
from kiosk.visit import Visit


@dataclass(slots=True, eq=False)
class Dossier:
    """A visit, what is known of its visitor, and when the gate moved for them."""

    visit: Visit
    evidence: Evidence = field(default_factory=Evidence)
    gate_times: dict[str, Monotonic] = field(default_factory=dict)
