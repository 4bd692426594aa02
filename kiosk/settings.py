"""What a manager may set for a gate from afar: what no admission depends on, and no fail-safe. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from kiosk.frozen import frozen
from kiosk.units import Seconds

LANGUAGE = "^(zh|en|ja|ko)$"
PHONE = r"^[+(]?[0-9][0-9 ()-]{1,22}$"
TIME_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
LEAST_ANSWERS_S, MOST_ANSWERS_S = 5, 100
MOST_VOLUMES = 24

Volumes = Sequence[tuple[str, int]]
"""From which local time (`HH:MM`) on which volume in percent; the last one lasts over midnight."""


@frozen
class Settings:
    """None: as the kiosk's own configuration has it. The meaning of each is that of its key in `[screen]`."""

    guard_phone: str | None = None
    guard_answers_s: Seconds | None = None
    language: str | None = None
    volume: tuple[tuple[str, int], ...] | None = None


AS_CONFIGURED = Settings()


def out_of_order(volumes: Volumes) -> str | None:
    """Say which two times are not in the order of the day; None when all are."""
    for (earlier, _), (later, _) in pairwise(volumes):
        if later <= earlier:
            return f"volume has {later} after {earlier}; put its times in the order of the day"
    return None
