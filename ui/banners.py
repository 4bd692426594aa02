"""The strip at the upper edge: what is out of order, and that all this is a simulation. Pure."""

from collections.abc import Callable
from dataclasses import replace

from kiosk.model import Part
from kiosk.units import Monotonic
from kiosk.view import View
from ui.picture import Banner, Say

SAID_MOST = 3
"""So many banners have words each."""
SAID_OF_MORE = 2
"""Of more than that so many have: the gravest, and since when the kiosk is offline. The others have their pictograms."""
TimeOfDay = Callable[[Monotonic], str | None]
"""Names a moment as hours and minutes; None while the clock is not to be believed."""
SIMULATION = Banner(Say("simulation"), "simulation", "warning")


def strip_of(view: View | None, time_of_day: TimeOfDay) -> tuple[tuple[Banner, ...], Banner | None]:
    """Return what is out of order, and that all is a simulation where it is. Without a view nobody knows."""
    if view is None:
        return (), None
    return _banners(view, time_of_day), SIMULATION if view.simulated else None


def _banners(view: View, time_of_day: TimeOfDay) -> tuple[Banner, ...]:
    """Say honestly what is out of order, the gravest first."""
    found = [
        Banner(Say(f"part.{part}.lost"), tone, pictogram)
        for part, tone, pictogram in (
            (Part.GATE, "refuse", "barrier"),
            (Part.LOG, "refuse", "warning"),
            (Part.CAMERA, "warning", "no_camera"),
            (Part.EYES, "warning", "no_camera"),
            (Part.THERMOMETER, "warning", "no_thermometer"),
            (Part.ISSUER, "warning", "warning"),
        )
        if part in view.lost and not (part is Part.EYES and Part.CAMERA in view.lost)
    ]
    offline = []
    if view.server_lost_at is not None:
        since = time_of_day(view.server_lost_at)
        words = Say("part.server.lost") if since is None else Say("offline.since", (("time", since),))
        offline = [Banner(words, "warning", "offline")]
    said = len(found) if len(found) + len(offline) <= SAID_MOST else SAID_OF_MORE - len(offline)
    return (*found[:said], *(replace(banner, brief=True) for banner in found[said:]), *offline)
