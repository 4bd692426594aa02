"""What was told on a phone, a visitor's or a resident's, as it reaches the loop. Pure."""

from kiosk.frozen import frozen
from kiosk.model import VisitId
from kiosk.people import Consent, Declaration, Filing


@frozen
class FormFilled:
    """To the loop: the form of a visit is complete. Whoever else stands there, it is that visit's and no other's.

    `filing`: how works stand that the form is about, as the office has it; None: it is about none.
    """

    visit: VisitId
    declaration: Declaration
    filing: Filing | None = None


@frozen
class ConsentAnswered:
    """To the loop: what whoever is visited says of a visit; None: nobody could be reached who might say it."""

    visit: VisitId
    answer: Consent | None
