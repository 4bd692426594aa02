"""A resident's answer on its way down to the gate where somebody waits for it: of which visit, and what it is."""

from enum import StrEnum
from typing import Any

import msgspec

from kiosk.declared import ConsentAnswered
from kiosk.model import VisitId
from kiosk.people import Consent
from sync.downward.form_filled import VisitName

CONSENT_ANSWERED = "consent_answered"


class Said(StrEnum):
    """What `consent_answered` can say."""

    GIVEN = "given"
    DECLINED = "declined"
    UNREACHED = "unreached"
    """Nobody is registered who could be asked, or nothing could be delivered to them."""


class ConsentBody(msgspec.Struct, frozen=True, kw_only=True):
    """What `consent_answered` says. Members that a kiosk does not know are passed over."""

    visit: VisitName
    answer: Said


def body_of(visit: VisitId, said: Said) -> dict[str, Any]:
    """Return the body of a message."""
    return {"visit": visit, "answer": said}


def consent_in(body: dict[str, Any]) -> ConsentAnswered:
    """Read the body of a message. Raises msgspec.ValidationError."""
    said = msgspec.convert(body, ConsentBody)
    return ConsentAnswered(VisitId(said.visit), None if said.answer is Said.UNREACHED else Consent(said.answer))
