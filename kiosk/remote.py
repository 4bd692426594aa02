"""A gate that a person opens from afar: the command as it reaches the loop, and one that is not carried out. Pure."""

from enum import StrEnum

from kiosk.frozen import frozen
from kiosk.model import Command
from kiosk.units import Monotonic


class Unfit(StrEnum):
    """Why a command that was genuine was not carried out."""

    LATE = "late"
    REPEATED = "repeated"
    UNDER_WAY = "under_way"
    """Somebody is being let in at this moment."""
    SECOND_PERSON = "second_person"
    """The rules want two people for what is in the way, and one commands it."""
    NOT_RECORDED = "not_recorded"
    """The log did not take the order, so the gate is not held open on its account."""
    NOBODY_MAY = "nobody_may"
    """The rules let nobody pass over what is in the way."""


@frozen
class RemoteOpen:
    """To the loop: let in whoever is at the gate, until then and no later."""

    command: Command
    until: Monotonic


@frozen
class CommandRefused:
    """To the loop: a command of the site's that is not carried out."""

    command: str
    why: Unfit
