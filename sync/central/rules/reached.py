"""Which gates go by a document: what their kiosks have recorded of it, newest last."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import Connection, select

from kiosk.staleness import Kind
from sync.central.enrolled import devices_of
from sync.central.publishing import Listed
from sync.central.schema import event, log
from sync.downward.publication import in_force, relevant

KINDS = ("document_applied", "document_withdrawn", "document_refused")


class Has(StrEnum):
    """How a gate stands to the policy that is meant for it."""

    IN_FORCE = "in_force"
    """Its kiosk has said that it goes by it."""
    OTHER = "other"
    """Its kiosk has said last that it goes by another."""
    REFUSED = "refused"
    """Its kiosk has said that it does not hold; it goes by what it had."""
    UNHEARD = "unheard"
    """Its kiosk has said nothing yet of any that came down."""
    NONE = "none"
    """None is meant for it: it goes by its configuration."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One device at a gate. `number`: of the document meant for it; `said_us`: when its kiosk said what it says."""

    gate: str
    device: str
    has: Has
    number: int | None = None
    said_us: int | None = None
    reason: str = ""


class _Said(msgspec.Struct, frozen=True):
    document: str
    version: Annotated[int, Meta(ge=0, le=2**53)]
    reason: Annotated[str, Meta(max_length=1000)] = ""


def gates(connection: Connection, compound: str, listed: list[Listed], now_us: int) -> tuple[Gate, ...]:
    """Every device that is heard in a compound, and how it stands; `listed` are the compound's documents."""
    policies = [one for one in listed if one.publication.kind == Kind.POLICY]
    said = _newest_said(connection, compound)
    return tuple(
        _stands(gate, device, policies, said.get(device, {}), now_us) for gate, device in _heard(connection, compound)
    )


def to_come(listed: list[Listed], now_us: int) -> tuple[Listed, ...]:
    """The policies that wait for their time, in the order of their numbers."""
    policies = [one for one in listed if one.publication.kind == Kind.POLICY]
    return tuple(one for one in relevant(policies, now_us) if not one.publication.effective(now_us))


def _stands(gate: str, device: str, policies: list[Listed], said: dict[str, Any], now_us: int) -> Gate:
    meant = in_force((one for one in policies if one.publication.gate in ("", gate)), now_us).get(Kind.POLICY)
    if meant is None:
        return Gate(gate, device, Has.NONE)
    number = meant.publication.number
    applied, refused = said.get("document_applied"), said.get("document_refused")
    if refused is not None and refused[0].version == number:
        return Gate(gate, device, Has.REFUSED, number, refused[1], refused[0].reason)
    gone = said.get("document_withdrawn")
    if applied is None or (gone is not None and gone[2] > applied[2]):
        return Gate(gate, device, Has.UNHEARD, number)
    return Gate(gate, device, Has.IN_FORCE if applied[0].version == number else Has.OTHER, number, applied[1])


def _heard(connection: Connection, compound: str) -> Iterator[tuple[str, str]]:
    """Every device that may speak, and whoever does without having been enrolled, as a simulated one."""
    known = devices_of(connection, compound)
    yield from ((one.place.gate, one.place.device) for one in known if one.ended_as is None)
    names = {one.place.device for one in known}
    query = select(log.c.device).where(log.c.compound == compound).distinct().order_by(log.c.device)
    yield from ((name, name) for name in connection.execute(query).scalars() if name not in names)


def _newest_said(connection: Connection, compound: str) -> dict[str, dict[str, tuple[_Said, int, int]]]:
    """By device and kind what was said last of a policy, when, and in which order of arrival."""
    found: dict[str, dict[str, tuple[_Said, int, int]]] = {}
    query = select(event.c.device, event.c.kind, event.c.header, event.c.at_us, event.c.arrival).where(
        event.c.compound == compound, event.c.kind.in_(KINDS), event.c.forked.is_(False)
    )
    for row in connection.execute(query.order_by(event.c.arrival)):
        try:
            said = msgspec.json.decode(row.header, type=_Said)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        if said.document == Kind.POLICY:
            found.setdefault(row.device, {})[row.kind] = said, row.at_us, row.arrival
    return found
