"""A gate that a person opens from afar: the command as it reaches the loop, and the decision that it stands for. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.model import Answer, Command, Decision, Monotonic, ReasonCode, Role

REMOTE_OPEN = "remote_open"
"""The rule and the reason of such a decision."""


class Unfit(StrEnum):
    """Why a command that was genuine was not carried out."""

    LATE = "late"
    REPEATED = "repeated"
    UNDER_WAY = "under_way"
    """Somebody is being let in at this moment."""


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


def decision_of(command: Command, policy: str) -> Decision:
    """Return the decision that a command stands for: a person's, whatever the rules say."""
    return Decision(Answer.ADMIT, (ReasonCode(REMOTE_OPEN),), REMOTE_OPEN, policy, Role.GUARD, command)
