"""A gate that a person opens from afar: the command as it reaches the loop, and one that is not carried out. Pure."""

from dataclasses import dataclass
from enum import StrEnum

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
    NOBODY_MAY = "nobody_may"
    """The rules let nobody pass over what is in the way."""


@dataclass(frozen=True, slots=True)
class RemoteOpen:
    """To the loop: let in whoever is at the gate, until then and no later."""

    command: Command
    until: Monotonic


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """To the loop: a command of the site's that is not carried out."""

    command: str
    why: Unfit
