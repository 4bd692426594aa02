"""Devices enrolled in a server's database, and what they send, signed."""

import re
import secrets
import time
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from requests import PreparedRequest
from requests.auth import AuthBase
from sqlalchemy import Engine

from sync.central.access import Asker, Role
from sync.central.enrolment import issue, redeem
from sync.enrolment_code import NO_CA, EnrolmentCode
from sync.enrolment_wire import Place
from sync.signing import DEVICE, Message, Signer
from sync.wire import COMPOUND_HEADER, NAME, SIMULATED_HEADER

TECHNICIAN = Asker("Chen", Role.TECHNICIAN, "a new kiosk")


def now_us() -> int:
    return time.time_ns() // 1000


class Device(AuthBase):
    """An enrolled device; as `auth` of a request it signs it. `skew_us`: so far its idea of the server's time is off."""

    def __init__(self, place: Place, key: Ed25519PrivateKey, skew_us: int = 0) -> None:
        self.place = place
        self.key = key
        self.skew_us = skew_us

    @property
    def signer(self) -> Signer:
        return Signer(self.key, f"{self.place.compound}/{self.place.device}", DEVICE)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        assert request.method is not None
        request.headers.setdefault(COMPOUND_HEADER, self.place.compound)
        request.headers.setdefault(SIMULATED_HEADER, "0")
        body = request.body or b""
        assert isinstance(body, bytes)
        told = {name: request.headers[name] for name in (COMPOUND_HEADER, SIMULATED_HEADER)}
        message = Message(request.method, request.path_url, told)
        request.headers.update(self.signer.sign(message, body, now_us() + self.skew_us))
        return request


def code_for(
    engine: Engine,
    compound: str = "riverside",
    gate: str = "gate-1",
    *,
    direction: str = "both",
    replaces: str | None = None,
    hours: int = 24,
    at_us: int | None = None,
    ca: bytes = NO_CA,
) -> EnrolmentCode:
    place = {"compound": compound, "gate": gate, "direction": direction, "replaces": replaces}
    return issue(engine, place, hours, TECHNICIAN, at_us or now_us(), ca)


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def enrol(engine: Engine, compound: str = "riverside", gate: str = "gate-1", replaces: str | None = None) -> Device:
    """Enrol a new device by a code of its own, as if it had asked."""
    key = Ed25519PrivateKey.generate()
    code = code_for(engine, compound, gate, replaces=replaces)
    return Device(redeem(engine, compound, code.secret, public(key), now_us()).place, key)


class Anybody(AuthBase):
    """Whoever belongs to the compound that a request is for: one device each, enrolled when it is first needed.

    It brings the logs of kiosks under names that are not enrolled.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._devices: dict[str, Device] = {}

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        compound = request.headers.get(COMPOUND_HEADER) or _asked(request) or "riverside"
        if not re.fullmatch(NAME, compound):
            return request  # nobody is of a compound that there cannot be
        request.headers[COMPOUND_HEADER] = compound
        if compound not in self._devices:
            self._devices[compound] = enrol(self._engine, compound, f"test-{secrets.token_hex(4)}")
        return self._devices[compound](request)


def _asked(request: PreparedRequest) -> str:
    return dict(parse_qsl(urlsplit(request.url or "").query)).get("compound", "")
