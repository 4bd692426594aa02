"""Who comes to the gate, and what they and those they visit tell of them. Frozen values, no behaviour."""

from dataclasses import field
from enum import StrEnum

from kiosk.frozen import frozen
from kiosk.holder import Holder


class VisitorKind(StrEnum):
    """Who somebody is to the compound, as the rules tell people apart."""

    RESIDENT = "resident"
    GUEST = "guest"
    """A relative or friend of a resident's, or whom an office has invited."""
    COURIER = "courier"
    """Whoever delivers or removes things, with their vehicle."""
    STAFF = "staff"
    """Whoever works here: in an office tower, or for the property office."""
    GUARD = "guard"
    """Whoever keeps this gate: their badge lets them in, opens the staff's door, and the gate for nobody else."""
    TECHNICIAN = "technician"
    """Whoever looks after the kiosk and the gate."""
    DOMESTIC_HELP = "domestic_help"
    """Domestic help and care."""
    UTILITY_REPAIR = "utility_repair"
    """Water, power, gas, telecom."""
    ESTATE_AGENT = "estate_agent"
    """An estate agent, and the client who comes along."""
    RENOVATION = "renovation"
    """An owner who renovates, or the company that does it."""
    OTHER = "other"


OF_THE_HOUSE = frozenset({VisitorKind.RESIDENT, VisitorKind.STAFF, VisitorKind.GUARD, VisitorKind.TECHNICIAN})
"""Who belongs here: only a pass proves it, and nobody has to consent to their coming."""


BADGES = frozenset({VisitorKind.GUARD, VisitorKind.TECHNICIAN})
"""Whose pass is a badge, which opens the staff's door of the screen."""


class Consent(StrEnum):
    """What somebody of the house answered about a visit."""

    GIVEN = "given"
    DECLINED = "declined"


class Filing(StrEnum):
    """How a renovation stands with the committee and the property office."""

    FILED = "filed"
    """Filed with both, with the owner's letter of undertaking."""
    NO_UNDERTAKING = "no_undertaking"
    NOT_FILED = "not_filed"


class FirstReturn(StrEnum):
    """Whether somebody comes back to the city for the first time."""

    NO = "no"
    REGISTERED = "registered"
    """They do, and their registration is done."""
    UNREGISTERED = "unregistered"


class Vehicle(StrEnum):
    """What somebody comes in with."""

    NONE = "none"
    REGISTERED = "registered"
    """One that is registered here, whatever it is."""
    TWO_WHEELER = "two_wheeler"
    CAR = "car"
    VAN = "van"
    LORRY = "lorry"


@frozen
class Stay:
    """A stay elsewhere that ended so many whole days ago. `region`: ISO 3166-1 such as `IT`, or 3166-2 such as `CN-HB`."""

    region: str
    days_ago: int


@frozen
class Declaration:
    """What somebody told of themselves: on the visitor form, or beforehand for a list of expected arrivals.

    `visitor`: who they say they are; `group`: how many come in on this form. `person`: their name, where the gate got to
    know it; it is compared, and never recorded. `companions`: the names of the others, likewise; of a declaration with no
    `person` it is about one of these. `plate`: of what they come with, likewise.
    """

    visitor: VisitorKind | None = None
    stays: tuple[Stay, ...] = field(default=(), repr=False)
    first_return: FirstReturn = FirstReturn.NO
    vehicle: Vehicle = Vehicle.NONE
    group: int = 1
    person: Holder | None = field(default=None, repr=False)
    companions: tuple[Holder, ...] = field(default=(), repr=False)
    plate: str | None = field(default=None, repr=False)
