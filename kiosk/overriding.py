"""A person who lets somebody in whatever the rules say: who may, over what, and the decision that it makes. Pure.

It is never an admission by rule: it has a rule and a reason of its own, names what was in the way, and its role is a
guard's. The document's `[override]` says for which reasons a second person has to agree, and over which nobody may pass.
"""

from enum import StrEnum

from kiosk import policy
from kiosk.model import Answer, Command, Decision, ReasonCode, Role
from kiosk.policy import Override, PolicyDocument
from kiosk.remote import Unfit


class Way(StrEnum):
    """How a person commands it: the rule and the reason of the decision."""

    REMOTE = "remote_open"
    """From afar."""
    AT_GATE = "override"
    """At the kiosk."""


def in_the_way(*answers: Decision | None) -> tuple[ReasonCode, ...]:
    """Return what stops somebody after these answers, in order, each once.

    What was answered before counts too: whoever was held for a high temperature and has stepped back since is not
    merely unmeasured. A person's own answer stops nobody.
    """
    stopped = (one for one in answers if one is not None and one.answer is not Answer.ADMIT and one.role is Role.POLICY)
    return tuple(dict.fromkeys(reason for one in stopped for reason in one.reasons))


def unfit(document: PolicyDocument, command: Command, reasons: tuple[ReasonCode, ...]) -> Unfit | None:
    """Return why this command may not pass over these reasons; None: it may."""
    match policy.override(document, reasons):
        case Override.NOBODY:
            return Unfit.NOBODY_MAY
        case Override.TWO_PEOPLE if not _agreed(command):
            return Unfit.SECOND_PERSON
        case _:
            return None


def decision_of(command: Command, way: Way, document: PolicyDocument, reasons: tuple[ReasonCode, ...]) -> Decision:
    """Return the decision that a command stands for: a person's, over these reasons."""
    return Decision(Answer.ADMIT, (ReasonCode(way),), way, document.name, Role.GUARD, command, reasons)


def _agreed(command: Command) -> bool:
    """Whether somebody else agreed: nobody agrees with themselves."""
    second = (command.second or "").strip().casefold()
    return bool(second) and second != command.issuer.strip().casefold()
