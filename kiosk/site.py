"""What a running kiosk knows of its gate."""

from dataclasses import dataclass

from kiosk.credentials import TrustList
from kiosk.model import Seconds
from kiosk.policy import PolicyDocument
from kiosk.ports import Sealer

GUARD_ANSWERS = Seconds(60.0)


@dataclass(frozen=True, slots=True)
class Site:
    """What the runtime knows of its gate.

    `form_base`: what a form's address begins with; None where there is no server. `guard_phone`: whom to call when
    nobody has answered for `guard_answers_s`. Without a `sealer` nothing that names a person is recorded.
    """

    gate: str
    software: str
    simulated: bool
    pulse_s: Seconds
    document: PolicyDocument
    trust: TrustList
    form_base: str | None = None
    guard_answers_s: Seconds = GUARD_ANSWERS
    guard_phone: str | None = None
    sealer: Sealer | None = None
