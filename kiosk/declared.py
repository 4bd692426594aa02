"""What a visitor told on their own phone, as it reaches the loop. Pure."""

from dataclasses import dataclass

from kiosk.model import VisitId
from kiosk.people import Declaration


@dataclass(frozen=True, slots=True)
class FormFilled:
    """To the loop: the form of a visit is complete. Whoever else stands there, it is that visit's and no other's."""

    visit: VisitId
    declaration: Declaration
