"""A picture of every screen, for warming up before anybody needs one, and for the pictures of all screens. Pure."""

from collections.abc import Iterator

from kiosk.units import Monotonic
from ui.back_room import present_staff
from ui.banners import TimeOfDay
from ui.desk import Desk, Outcome, Page
from ui.notices import NoticeBoard
from ui.picture import Picture, Screen
from ui.presenter import present
from ui.samples import NOW, SAMPLES
from ui.session import Manner, Session
from ui.staff import Door, Staff

STAFFS = frozenset({Screen.PIN, Screen.STATUS, Screen.CARD, Screen.CHOICES})
"""What is behind the staff's door."""
_LATER = Monotonic(NOW + 60)
BEHIND_THE_DOOR = {
    "pin": (Staff(Door.PIN, "12", until=_LATER), "steps-lost"),
    "pin-either": (Staff(Door.PIN, "", until=_LATER), "idle"),
    "pin-badge": (Staff(Door.PIN, "", until=_LATER, pins=False), "idle"),
    "status": (Staff(Door.OPEN, until=_LATER), "steps-lost"),
    "card": (Staff(Door.OPEN, until=_LATER, desk=Desk("Wang Fang")), "hold"),
    "card-several": (Staff(Door.OPEN, until=Monotonic(NOW + 9), desk=Desk("Wang Fang")), "refuse-several"),
    "card-nobody": (Staff(Door.OPEN, until=_LATER, desk=Desk("Wang Fang")), "idle"),
    "choices": (Staff(Door.OPEN, until=_LATER, desk=Desk("Wang Fang", Page.REASONS)), "hold"),
    "second": (Staff(Door.PIN, "", until=_LATER, desk=Desk("Wang Fang", Page.SECOND)), "hold"),
    "asked": (Staff(Door.OPEN, until=_LATER, desk=Desk("Wang Fang", Page.ASKED, reason="measured_again")), "hold"),
    "let-in": (
        Staff(
            Door.OPEN,
            until=_LATER,
            desk=Desk("Wang Fang", Page.DONE, reason="measured_again", second="Li Wei", outcome=Outcome.OPENED),
        ),
        "admit",
    ),
    "not-let-in": (
        Staff(Door.OPEN, until=_LATER, desk=Desk("Wang Fang", Page.DONE, reason="on_paper", outcome=Outcome.NOT_OPENED)),
        "hold",
    ),
}
"""The door as it stands, and the sample that the visitor would see."""


def named(manner: Manner, time_of_day: TimeOfDay, board: NoticeBoard) -> Iterator[tuple[str, Picture]]:
    """Name and picture of every screen."""
    empty = SAMPLES["idle"]
    choosing = Session(manner, NOW, SAMPLES["steps"], chooser_until=_LATER)
    yield "chooser", present(choosing, NOW, time_of_day, board)
    for name, view in SAMPLES.items():
        yield name, present(Session(manner, NOW, view, empty=empty), NOW, time_of_day, board)
    for name, (door, sample) in BEHIND_THE_DOOR.items():
        picture = present_staff(Session(manner, NOW, SAMPLES[sample]), door, "gate-1", "0.1.0", NOW, time_of_day)
        if picture is not None:
            yield name, picture


def rehearsal(manner: Manner, time_of_day: TimeOfDay, board: NoticeBoard) -> Iterator[Picture]:
    """What visitors see before what staff does: of either one picture of each screen, then what else they may show."""
    everything = [picture for _, picture in named(manner, time_of_day, board)]
    for whose in (False, True):
        others: list[Picture] = []
        seen: set[Screen] = set()
        for picture in everything:
            if (picture.screen in STAFFS) is not whose:
                continue
            if picture.screen in seen:
                others.append(picture)
            else:
                seen.add(picture.screen)
                yield picture
        yield from others
