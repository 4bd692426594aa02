"""What a kiosk asks before it is known, and who it is: the server's time, the site CA, enrolment."""

import asyncio
from collections.abc import Callable
from typing import Annotated

import msgspec
from anyio import to_thread
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from msgspec import Raw
from sqlalchemy import Engine

from kiosk.lines import get_logger
from sync.central.authentication import Authentication, Caller, message_of, see_fresh
from sync.central.body import Refused, read_body
from sync.central.document_key import DocumentKey, KeyUnusable
from sync.central.enrolment import CodeRefused, redeem
from sync.central.guessing import Attempts
from sync.central.vault import Vault, VaultClosed, public_keys
from sync.enrolment_code import NO_CA, fingerprint
from sync.enrolment_wire import (
    CA_PATH,
    DEVICE_PATH,
    ENROL_PATH,
    MAX_ENROL,
    NOTHING,
    TIME_PATH,
    VERSION,
    Enrol,
    Enrolled,
    ServerTime,
    Why,
    decode_enrol,
)
from sync.sealing import encode_month_keys
from sync.signing import ENROLMENT, BadSignature, Message, Verified, verify
from sync.wire import NotOnTheWire

JSON = "application/json"
_log = get_logger()


class Enrolling:
    """Answers those who want to be enrolled. `site_ca` is the CA's certificate (PEM), None without TLS."""

    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        attempts: Attempts,
        document_key: DocumentKey,
        wall_us: Callable[[], int],
        site_ca: bytes | None,
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._attempts = attempts
        self._document_key = document_key
        self._wall_us = wall_us
        self.site_ca = site_ca

    @property
    def ca(self) -> bytes:
        """What a code says of the site CA; NO_CA without TLS."""
        if self.site_ca is None:
            return NO_CA
        key = load_pem_x509_certificate(self.site_ca).public_key()
        return fingerprint(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    def see_patience(self, address: str) -> None:
        """See that an address has not failed too often. Raises Refused."""
        if (wait_s := self._attempts.wait_s(address)) > 0:
            raise Refused(429, f"too many attempts in vain; try again in {wait_s:.0f} s", Why.TOO_MANY)

    def enrol(self, message: Message, body: bytes, address: str) -> bytes:
        """Enrol whoever signed this, and return the answer. Raises Refused."""
        self.see_patience(address)
        try:
            return self._enrol(message, body)
        except Refused as refused:
            if refused.why is not Why.STALE:
                self._attempts.in_vain(address)
                _log.warning("enrolment refused", why=refused.why)
            raise

    def _enrol(self, message: Message, body: bytes) -> bytes:
        try:
            asked = decode_enrol(body)
            signed = self._proven(message, asked, body)
        except (NotOnTheWire, BadSignature) as error:
            raise Refused(400, str(error), Why.BAD_SIGNATURE) from error
        if asked.enrol > VERSION:
            raise Refused(400, f"this server enrols by version {VERSION}")
        now_us = self._wall_us()
        see_fresh(signed, now_us)
        try:
            self._document_key.private()
        except KeyUnusable as error:
            raise Refused(503, "the server's document key cannot be used now") from error
        try:
            enrolment = redeem(
                self._engine, asked.compound, bytes.fromhex(asked.secret), bytes.fromhex(asked.public_key), now_us
            )
        except CodeRefused as error:
            raise Refused(403, str(error), error.why) from error
        _log.info("device enrolled", compound=asked.compound, device=enrolment.place.device)
        return msgspec.json.encode(
            Enrolled(
                enrolled=VERSION,
                place=enrolment.place,
                time_us=now_us,
                site_ca=None if self.site_ca is None else self.site_ca.decode(),
                month_keys=self._month_keys(asked.compound, now_us),
                document_key=self._document_key.public(),
            )
        )

    @staticmethod
    def _proven(message: Message, asked: Enrol, body: bytes) -> Verified:
        """See that whoever presents a key has its private half."""

        def key_of(key_id: str) -> Ed25519PublicKey:
            if key_id != asked.public_key:
                raise BadSignature("the request is signed by another key than the one that it presents")
            return Ed25519PublicKey.from_public_bytes(bytes.fromhex(key_id))

        signed = verify(message, ENROLMENT, key_of)
        if not signed.is_of(body):
            raise BadSignature("the body is not the one that was signed")
        return signed

    def _month_keys(self, compound: str, now_us: int) -> Raw:
        try:
            keys = public_keys(self._vault, compound, now_us)
        except VaultClosed:
            return NOTHING
        return Raw(encode_month_keys(compound, keys)) if keys else NOTHING


def enrolment_routes(
    enrolling: Enrolling, authentication: Authentication, closing: asyncio.Event, wall_us: Callable[[], int]
) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.get(TIME_PATH)
    async def now() -> Response:
        return Response(msgspec.json.encode(ServerTime(time_us=wall_us())), media_type=JSON)

    @router.get(CA_PATH)
    async def site_ca() -> Response:
        if enrolling.site_ca is None:
            raise Refused(404, "this server has no TLS, and so no CA")
        return Response(enrolling.site_ca, media_type="application/x-pem-file")

    @router.post(ENROL_PATH)
    async def enrol(request: Request) -> Response:
        address = request.client.host if request.client is not None else ""
        enrolling.see_patience(address)
        body = await read_body(request, MAX_ENROL, closing)
        return Response(await to_thread.run_sync(enrolling.enrol, message_of(request), body, address), media_type=JSON)

    @router.get(DEVICE_PATH)
    async def device(caller: Annotated[Caller, Depends(authentication)]) -> Response:
        if caller.place is None:
            raise Refused(401, "the request is not signed; enrol this kiosk", Why.UNSIGNED)
        return Response(msgspec.json.encode(caller.place), media_type=JSON)

    return router
