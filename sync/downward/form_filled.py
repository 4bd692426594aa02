"""A filled-in form on its way down: what the rules ask for; what names anybody is for the device's eyes alone."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kiosk.declared import FormFilled
from kiosk.holder import MAX_NAME, masked_holder
from kiosk.model import VisitId
from kiosk.people import Declaration, Filing, FirstReturn, Stay, Vehicle, VisitorKind
from sync.device_box import NotForUs, seal_to

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
    filing: Filing | None = None
    sealed: Annotated[bytes, Meta(max_length=32_768)] | None = None
    """Whom the form is about, sealed to the device (`sync.device_box`): JSON with their `name`, those of their
    `companions`, and the `plate` of what they come with."""


Name = Annotated[str, Meta(max_length=MAX_NAME)]


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What the box holds: the names of whoever filled in the form and of those who come along, and their vehicle's plate."""

    name: Name
    companions: Annotated[list[Name], Meta(max_length=49)] = []
    plate: Annotated[str, Meta(max_length=20)] = ""


def seal_names(named: Named, device_key: bytes) -> bytes | None:
    """Seal what names people to a device; None for a key that is none: the gate then compares nothing."""
    try:
        return seal_to(device_key, msgspec.json.encode(named))
    except ValueError:
        return None


def body_of(
    visit: VisitId, declared: Declaration, filing: Filing | None = None, sealed: bytes | None = None
) -> dict[str, Any]:
    """Return the body of a message. The visitor has said who they are; `filing`: how their works stand, if they do any.

    `sealed` is what names them, for the device alone.
    """
    said = {} if filing is None else {"filing": str(filing)}
    named = {} if sealed is None else {"sealed": b64encode(sealed).decode()}
    return (
        said
        | named
        | {
            "visit": visit,
            "visitor": declared.visitor,
            "stays": [{"region": stay.region, "days_ago": stay.days_ago} for stay in declared.stays],
            "first_return": declared.first_return,
            "vehicle": declared.vehicle,
            "group": declared.group,
        }
    )


def form_in(body: dict[str, Any], unseal: Callable[[bytes], bytes] | None = None) -> FormFilled:
    """Read the body of a message. Raises msgspec.ValidationError.

    `unseal` opens what is sealed to this device, or raises NotForUs; what it cannot open the rules do without.
    """
    said = msgspec.convert(body, FormBody)
    stays = tuple(Stay(stay.region, stay.days_ago) for stay in said.stays)
    named = None if said.sealed is None or unseal is None else _named(said.sealed, unseal)
    declared = Declaration(said.visitor, stays, said.first_return, said.vehicle, said.group)
    if named is not None:
        others = tuple(map(masked_holder, named.companions))
        declared = replace(declared, person=masked_holder(named.name), companions=others, plate=named.plate or None)
    return FormFilled(VisitId(said.visit), declared, said.filing)


def _named(sealed: bytes, unseal: Callable[[bytes], bytes]) -> Named | None:
    try:
        return msgspec.json.decode(unseal(sealed), type=Named)
    except (NotForUs, msgspec.MsgspecError, UnicodeDecodeError):
        return None
