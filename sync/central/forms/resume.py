"""The pass that brings a parked visitor back with one scan: for this visit alone, once, for ten minutes.

A gate takes a visitor's pass for the consent of whoever is visited, given beforehand. So while nobody has agreed the
pass says that its holder came on their own account (`OWN_ACCOUNT`): it brings the visit back and lets nobody in by
itself, but for couriers, who need nobody's consent. Once their host agrees it becomes an invitation, also at a gate that
hears nothing.
"""

import hashlib

from kiosk.credentials import PassClaims, Uses, key_id
from kiosk.credentials.passes import OWN_ACCOUNT, PASS_ID_BYTES, encode
from kiosk.people import VisitorKind
from kiosk.units import WallTime
from sync.central.document_key import DocumentKey
from sync.central.forms.fields import CATEGORIES
from sync.central.forms.opening import Opened
from sync.central.forms.store import Sent
from sync.central.residents.consents import Outcome, State

GOOD_FOR_S = 600
"""As long as a gate keeps a parked visit (`kiosk.deadlines`)."""
EARLIER_S = 120
"""So far a gate's clock may be behind."""
VISITORS = frozenset(CATEGORIES)
"""Whose forms become passes."""
FREE = frozenset({VisitorKind.COURIER})
"""Who needs nobody's consent."""
_SECOND = 1_000_000


def resume_pass(key: DocumentKey, form: Opened, sent: Sent, outcome: Outcome | None, language: str) -> str | None:
    """Return the pass of a form as its question stands, always the same; None once it was refused. Raises KeyUnusable.

    Whatever becomes of the question, it is one pass, with one use.
    """
    state = None if outcome is None else outcome.state
    if state is State.DECLINED:
        return None
    link, private = form.link, key.private()
    invited = sent.visitor in FREE or state is State.GIVEN
    at_s = (sent.at_us if outcome is None or state is not State.GIVEN else outcome.at_us) // _SECOND
    named = f"resume {link.compound} {link.device} {link.visit}".encode()
    claims = PassClaims(
        pass_id=hashlib.sha256(named).digest()[:PASS_ID_BYTES],
        compound=link.compound,
        visitor=sent.visitor,
        not_before=WallTime((at_s - EARLIER_S) * _SECOND),
        not_after=WallTime((at_s + GOOD_FOR_S) * _SECOND),
        uses=Uses.SINGLE,
        holder=link.visit if invited else OWN_ACCOUNT + link.visit,
        language=language,
    )
    return encode(claims, private.sign, key_id(private.public_key().public_bytes_raw()))
