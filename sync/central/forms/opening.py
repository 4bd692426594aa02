"""Whether a form's address is a gate's of ours, and still good. Nothing is stored for one that is not."""

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine, select

from kiosk.errors import GatepostError
from kiosk.model import VisitId
from kiosk.viewing import SHORT, short_code
from sync.central.enrolled import find
from sync.central.schema import compound, event
from sync.form_link import GOOD_FOR_S, FormLink, NotALink, read

TOLERANCE_S = 120
"""So far a gate's clock may be off (`kiosk.facts.TOLERANCE` for one that drifts)."""


ASKED = "form_requested"
LOOKED_THROUGH = 1000
"""So many of the newest requests of a compound are looked through for a code that was typed."""


class Why(StrEnum):
    """Why there is no form at an address."""

    FOREIGN = "foreign"
    """No gate of this site has shown it, or that gate is heard no more."""
    EXPIRED = "expired"
    USED = "used"
    """Its form was sent, from another phone or by somebody else."""
    BUSY = "busy"
    """Too many addresses in vain from there."""
    TOO_LARGE = "too_large"
    LOST = "lost"
    """The server cannot keep a form now."""


class NoForm(GatepostError, LookupError):
    """There is no form to be filled in at this address."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Opened:
    """A form that may be filled in: whose it is, by which name its gate is spoken to, and what its device is told by."""

    link: FormLink
    gate: str
    device_key: bytes = field(default=b"", repr=False)


def opened(engine: Engine, token: str, now_us: int, late_s: int = 0) -> Opened:
    """Believe an address by its device's enrolled key, or by the gate's log where it was typed. Raises NoForm.

    `late_s`: so much longer than a form may be sent, since its answer may still be looked at.
    """
    if len(token) == SHORT:
        return _typed(engine, token.upper(), now_us, late_s)
    try:
        found = read(token)
    except NotALink:
        raise NoForm(Why.FOREIGN) from None
    with engine.connect() as connection:
        enrolment = find(connection, found.link.compound, found.link.device)
    if enrolment is None or enrolment.ended_as is not None:
        raise NoForm(Why.FOREIGN)
    try:
        Ed25519PublicKey.from_public_bytes(enrolment.public_key).verify(found.signature, found.signed)
    except InvalidSignature:
        raise NoForm(Why.FOREIGN) from None
    left_s = found.link.expires_s - now_us / 1e6
    # One that lasts longer than any can is by a clock that cannot be believed.
    if left_s <= -TOLERANCE_S - late_s or left_s > GOOD_FOR_S + TOLERANCE_S:
        raise NoForm(Why.EXPIRED)
    return Opened(found.link, enrolment.place.gate, enrolment.public_key)


def _typed(engine: Engine, code: str, now_us: int, late_s: int) -> Opened:
    """Find the visit whose short code was typed off the screen. Its gate's log must have told of it already.

    There are 480 million codes, and few visits at a time: the limit on attempts in vain makes guessing hopeless.
    """
    query = (
        select(event.c.device, event.c.header, event.c.at_us)
        .where(event.c.kind == ASKED, event.c.at_us > now_us - (GOOD_FOR_S + late_s) * 1_000_000, event.c.faulty == "")
        .order_by(event.c.at_us.desc())
        .limit(LOOKED_THROUGH)
    )
    with engine.connect() as connection:
        for name in connection.execute(select(compound.c.compound)).scalars().all():
            for row in connection.execute(query.where(event.c.compound == name)):
                visit = VisitId(str(msgspec.json.decode(row.header).get("visit", "")))
                enrolment = find(connection, name, row.device) if short_code(visit) == code else None
                if enrolment is not None and enrolment.ended_as is None:
                    expires_s = row.at_us // 1_000_000 + GOOD_FOR_S
                    link = FormLink(name, row.device, visit, b"", expires_s)
                    return Opened(link, enrolment.place.gate, enrolment.public_key)
    raise NoForm(Why.FOREIGN)
