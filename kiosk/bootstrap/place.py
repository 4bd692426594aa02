"""Which device and which gate a kiosk is: as it was enrolled, else as it is configured."""

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kiosk.config import Config
from kiosk.errors import UsageError
from kiosk.lines import get_logger

if TYPE_CHECKING:
    from sync.enrolment import Enrolment


def enrolment_of(config: Config, code: str | None = None) -> "Enrolment | None":
    """What enrols this kiosk, by the configured code if none is given; None where there is no code or no server.

    Raises UsageError.
    """
    code = code or config.server.enrolment_code
    if code is None or config.server.url is None:
        return None
    # Not every kiosk needs it, and each start waits for what it imports.
    from sync.enrolment import Enrolment
    from sync.identity import papers_beside

    return Enrolment(
        config.server.url,
        config.gate.compound,
        papers_beside(Path(config.log.path)),
        code,
        timeout_s=config.server.timeout_s,
        simulated=config.simulation is not None,
        proxy=config.server.proxy,
    )


def in_place(config: Config) -> tuple[Config, str]:
    """Return the configuration with the device's name and direction as enrolled, and the gate's name. Raises UsageError.

    Papers that cannot be read are logged: the kiosk goes on under its configured name, and keeps what it records.
    """
    from sync.identity import PapersUnusable, papers_beside

    try:
        place = papers_beside(Path(config.log.path)).place()
    except PapersUnusable as error:
        get_logger().error("identity unusable", reason=str(error))
        place = None
    if place is None:
        return config, config.gate.device
    if place.compound != config.gate.compound:
        raise UsageError(
            f"[gate] compound = {config.gate.compound!r}, but this kiosk is enrolled in {place.compound}; correct it, or"
            " remove the folder identity beside the log and enrol anew"
        )
    relay = replace(config.relay, direction=place.direction.value)
    return replace(config, gate=replace(config.gate, device=place.device), relay=relay), place.gate
