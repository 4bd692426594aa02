"""What a kiosk shows to the visitor's phone: one signed address for each visit, made when it is first asked for."""

import secrets
from collections import OrderedDict
from typing import TYPE_CHECKING

from kiosk.edge import Edge
from kiosk.model import ClockState, VisitId
from kiosk.ports import Clock
from sync.enrolment_wire import Place
from sync.form_link import GOOD_FOR_S, NONCE_BYTES, FormLink, write
from sync.identity import Papers, PapersUnusable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

REMEMBERED = 64
"""So many visits keep their address: more than can be parked at one gate in the time for which it is good."""


class DeviceFormLinks:
    """Signs with the device's key; a kiosk's `FormLinks`. Belongs to the loop's thread."""

    def __init__(self, papers: Papers, clock: Clock) -> None:
        self._papers = papers
        self._clock = clock
        self._tokens: OrderedDict[VisitId, str] = OrderedDict()
        self._key: tuple[Place, Ed25519PrivateKey] | None = None
        self._edge = Edge("form links")

    def token(self, visit: VisitId) -> str | None:
        """Return the signed part of a visit's address; None while this kiosk is not enrolled or does not know the date."""
        if (known := self._tokens.get(visit)) is not None:
            return known
        key = self._signing()
        if key is None or self._clock.state() is ClockState.NEVER_SET:
            return None
        place, private = key
        expires_s = self._clock.wall() // 1_000_000 + GOOD_FOR_S
        link = FormLink(place.compound, place.device, visit, secrets.token_bytes(NONCE_BYTES), expires_s)
        self._tokens[visit] = token = write(link, private.sign)
        if len(self._tokens) > REMEMBERED:
            self._tokens.popitem(last=False)
        return token

    def _signing(self) -> "tuple[Place, Ed25519PrivateKey] | None":
        try:
            place = self._papers.place()
            if place is None:
                return None
            if self._key is None or self._key[0] != place:
                self._key = (place, self._papers.read_key())
        except PapersUnusable as error:
            self._edge.lose(self._clock.monotonic(), detail=str(error))
            return None
        self._edge.find(self._clock.monotonic())
        return self._key
