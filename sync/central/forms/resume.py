"""The pass that brings a parked visitor back with one scan: for this visit alone, once, for ten minutes.

A gate takes a visitor's pass for the consent of whoever is visited, given beforehand. So a form becomes a pass by itself
only for those who need nobody's: couriers. Everybody else's waits for an answer.
"""

import hashlib

from kiosk.credentials import PassClaims, Uses, key_id
from kiosk.credentials.passes import PASS_ID_BYTES, encode
from kiosk.people import VisitorKind
from kiosk.units import WallTime
from sync.central.document_key import DocumentKey
from sync.central.forms.opening import Opened
from sync.central.forms.store import Sent

GOOD_FOR_S = 600
"""As long as a gate keeps a parked visit (`kiosk.deadlines`)."""
EARLIER_S = 120
"""So far a gate's clock may be behind."""
VISITORS = frozenset({VisitorKind.COURIER})
"""Whose form becomes a pass by itself."""
_SECOND = 1_000_000


def resume_pass(key: DocumentKey, form: Opened, sent: Sent, language: str) -> str | None:
    """Return the pass of a form, always the same; None for those who wait for an answer. Raises KeyUnusable."""
    if sent.visitor not in VISITORS:
        return None
    link, private = form.link, key.private()
    at_s = sent.at_us // _SECOND
    named = f"resume {link.compound} {link.device} {link.visit}".encode()
    claims = PassClaims(
        pass_id=hashlib.sha256(named).digest()[:PASS_ID_BYTES],
        compound=link.compound,
        visitor=sent.visitor,
        not_before=WallTime((at_s - EARLIER_S) * _SECOND),
        not_after=WallTime((at_s + GOOD_FOR_S) * _SECOND),
        uses=Uses.SINGLE,
        holder=link.visit,
        language=language,
    )
    return encode(claims, private.sign, key_id(private.public_key().public_bytes_raw()))
