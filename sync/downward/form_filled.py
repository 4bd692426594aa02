"""A filled-in form on its way down: what the rules ask for, and nothing that names anybody."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kiosk.declared import FormFilled
from kiosk.model import VisitId
from kiosk.people import Declaration, FirstReturn, Stay, Vehicle, VisitorKind

FORM_FILLED = "form_filled"
EXPIRES_US = 900_000_000
"""So long after it was sent a form still counts: longer than any visit waits for it, and a visit that has ended knows it
no more. It opens nothing by itself, and so need not expire as a command does."""

VisitName = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
Region = Annotated[str, Meta(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?\Z")]


class StayBody(msgspec.Struct, frozen=True, kw_only=True):
    """A stay elsewhere."""

    region: Region
    days_ago: Annotated[int, Meta(ge=0, le=365)]


class FormBody(msgspec.Struct, frozen=True, kw_only=True):
    """What `form_filled` says. Members that a kiosk does not know are passed over."""

    visit: VisitName
    visitor: VisitorKind
    stays: Annotated[list[StayBody], Meta(max_length=20)]
    first_return: FirstReturn
    vehicle: Vehicle
    group: Annotated[int, Meta(ge=1, le=50)]


def body_of(visit: VisitId, declared: Declaration) -> dict[str, Any]:
    """Return the body of a message. The visitor has said who they are."""
    return {
        "visit": visit,
        "visitor": declared.visitor,
        "stays": [{"region": stay.region, "days_ago": stay.days_ago} for stay in declared.stays],
        "first_return": declared.first_return,
        "vehicle": declared.vehicle,
        "group": declared.group,
    }


def form_in(body: dict[str, Any]) -> FormFilled:
    """Read the body of a message. Raises msgspec.ValidationError."""
    said = msgspec.convert(body, FormBody)
    stays = tuple(Stay(stay.region, stay.days_ago) for stay in said.stays)
    return FormFilled(VisitId(said.visit), Declaration(said.visitor, stays, said.first_return, said.vehicle, said.group))
