"""Forms' addresses as the device of a gate writes them."""

import secrets

from kiosk.model import VisitId
from sync.form_link import GOOD_FOR_S, FormLink, write
from tests.sync.central.enrolling import Device, now_us

VISIT = VisitId("00112233aabbccdd")


def token_of(
    device: Device, visit: VisitId = VISIT, *, left_s: int = GOOD_FOR_S, compound: str | None = None, name: str | None = None
) -> str:
    """A token for a visit at a device; `compound` and `name`: what it says instead of the device's own."""
    link = FormLink(
        compound or device.place.compound,
        name or device.place.device,
        visit,
        secrets.token_bytes(16),
        now_us() // 1_000_000 + left_s,
    )
    return write(link, device.key.sign)
