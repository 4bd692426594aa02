"""What a running kiosk knows of its gate."""

from dataclasses import dataclass

from kiosk.credentials import TrustList
from kiosk.model import Seconds
from kiosk.policy import PolicyDocument
from kiosk.ports import Sealer


@dataclass(frozen=True, slots=True)
class Site:
    """What the runtime knows of its gate. Without a sealer nothing that names a person is recorded."""

    gate: str
    software: str
    simulated: bool
    pulse_s: Seconds
    document: PolicyDocument
    trust: TrustList
    sealer: Sealer | None = None
