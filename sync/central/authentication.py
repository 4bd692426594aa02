"""Who sends a request: one dependency for every route that kiosks use. Nothing of a body is read before it is known.

A device is looked up with every request, so that a revocation is heard at once, by every server on the database.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from anyio import to_thread
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine
from starlette.requests import Request

from sync.central.body import Refused, drain, read_body
from sync.central.enrolled import Ended, Enrolment, find, may_bring
from sync.enrolment_wire import Place, Why
from sync.signing import DEVICE, SIGNED_BY, BadSignature, Headers, Message, Verified, verify
from sync.wire import COMPOUND_HEADER, MAX_BODY, SIMULATED_HEADER

ENDINGS = {
    Ended.REVOKED: (Why.REVOKED, "this device has been revoked"),
    Ended.REPLACED: (Why.REPLACED, "this device has been replaced by another"),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, and its body. `place` is None for a simulated kiosk that is not enrolled."""

    compound: str
    place: Place | None
    body: bytes


class Authentication:
    """Recognises devices; call it with a request. Where simulation is allowed, simulated kiosks need not be enrolled."""

    def __init__(
        self, engine: Engine, closing: asyncio.Event, wall_us: Callable[[], int], *, simulation_allowed: bool
    ) -> None:
        self._engine = engine
        self._closing = closing
        self._wall_us = wall_us
        self._simulation_allowed = simulation_allowed

    async def __call__(self, request: Request) -> Caller:
        """Say who sent this and return the body, which is what was signed. Raises Refused."""
        return await self._caller(request, MAX_BODY)

    def up_to(self, most: int) -> Callable[[Request], Awaitable[Caller]]:
        """Return the same for a route that takes so many bytes of a body."""

        async def known(request: Request) -> Caller:
            return await self._caller(request, most)

        return known

    async def _caller(self, request: Request, most: int) -> Caller:
        try:
            compound, place, signed = await to_thread.run_sync(self._recognise, message_of(request))
        except Refused:
            # Whoever sends a long body would not get to read why it is not taken.
            await drain(request, most, self._closing)
            raise
        body = await read_body(request, most, self._closing)
        if signed is not None and not signed.is_of(body):
            raise Refused(401, "the body is not the one that was signed", Why.BAD_SIGNATURE)
        return Caller(compound, place, body)

    def admit(self, caller: Caller, device: str) -> None:
        """See that a log under this device's name is the caller's to bring, and that it is heard still. Raises Refused.

        It is asked last, on the thread that does the work: a device may be revoked while it sends.
        """
        with self._engine.connect() as connection:
            if caller.place is not None:
                _see_heard(find(connection, caller.compound, caller.place.device))
            if not may_bring(connection, caller.compound, caller.place, device):
                raise Refused(403, f"the logs of {device} are another device's", Why.NOT_YOURS)

    def _recognise(self, message: Message) -> tuple[str, Place | None, Verified | None]:
        headers = {name.lower(): text for name, text in message.headers.items()}
        simulated = headers.get(SIMULATED_HEADER.lower(), "0") != "0"
        compound = headers.get(COMPOUND_HEADER.lower(), "")
        if simulated and not self._simulation_allowed:
            raise Refused(403, "this server takes no simulated kiosks", Why.SIMULATED)
        if not SIGNED_BY & headers.keys():
            if simulated:
                return compound, None, None
            raise Refused(401, "the request is not signed; enrol this kiosk", Why.UNSIGNED)
        found: list[Enrolment] = []

        def key_of(key_id: str) -> Ed25519PublicKey:
            enrolment = self._find(key_id)
            found.append(enrolment)
            return Ed25519PublicKey.from_public_bytes(enrolment.public_key)

        try:
            signed = verify(message, DEVICE, key_of)
        except BadSignature as error:
            raise Refused(401, str(error), Why.BAD_SIGNATURE) from error
        see_fresh(signed, self._wall_us())
        _see_heard(found[0])
        place = found[0].place
        if place.compound != compound:
            raise Refused(403, f"this device belongs to {place.compound}", Why.NOT_YOURS)
        return compound, place, signed

    def _find(self, key_id: str) -> Enrolment:
        compound, _, name = key_id.partition("/")
        with self._engine.connect() as connection:
            enrolment = find(connection, compound, name)
        if enrolment is None:
            raise Refused(401, "this server knows no such device; enrol it", Why.UNKNOWN_DEVICE)
        return enrolment


def message_of(request: Request) -> Message:
    """A request as it came, without its body."""
    lines = tuple((name.decode("latin-1"), text.decode("latin-1")) for name, text in request.headers.raw)
    query = request.scope["query_string"]
    target = request.scope["raw_path"] + (b"?" + query if query else b"")
    return Message(request.method, target.decode("latin-1"), Headers(lines))


def see_fresh(signed: Verified, now_us: int) -> None:
    """See that a request was signed just now. Raises Refused, whose answer has the server's time."""
    if not signed.is_fresh(now_us):
        raise Refused(401, "the request was signed too long ago, or in the future", Why.STALE)


def _see_heard(enrolment: Enrolment | None) -> None:
    if enrolment is None:
        raise Refused(401, "this server knows no such device; enrol it", Why.UNKNOWN_DEVICE)
    if enrolment.ended_as is not None:
        why, sentence = ENDINGS[enrolment.ended_as]
        raise Refused(403, sentence, why)
