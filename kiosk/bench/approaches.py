"""Simulated visitors before the decoders, without any process: what each frame costs, and after how many one is read."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from drivers.engines import Found
from drivers.pictures import Picture
from drivers.qr import Decoder
from drivers.simulated.filming import SceneArtist
from drivers.simulated.frames import PERIOD_S
from drivers.simulated.script import CardScript, VisitorScript
from drivers.simulated.visitor import RAISE_S, WALK_S, Posture, visit_of

Read = Callable[[Picture], tuple[Found, ...]]
Clock = Callable[[], float]
"""Seconds: of the thread's own processor time, unless a caller wants those on the wall."""

SEED = 3
HELD_S = 1.0
"""How long after having been raised a code is filmed: one that is not read by then counts as not read."""
TEXT = "GP1:" + "X7Q2KLM5" * 40
FRAMES = 30


@dataclass(frozen=True, slots=True)
class Approach:
    """One visitor raises a code: frames from the first with the code whole until one was read; None: none was."""

    frames: int | None
    ms: tuple[float, ...]
    """What each frame cost from that first one on, until one was read."""


def approach(make: Callable[[], Read], turn: int, clock: Clock = time.thread_time) -> Approach:
    """Let the `turn`-th visitor come, with a phone or with paper and a code of 60 or 324 letters; `clock` tells the cost."""
    medium = "phone" if turn % 2 == 0 else "paper"
    text = TEXT[: 60 if turn % 4 < 2 else None]
    read, ms = make(), []
    for picture, whole in _filmed(text, medium, turn):
        began = clock()
        found = read(picture)
        if whole:
            ms.append((clock() - began) * 1000)
            if any(code.content == text.encode() for code in found):
                return Approach(len(ms), tuple(ms))
    return Approach(None, tuple(ms))


def tracked_ms(ways: Mapping[str, Callable[[], Read]], clock: Clock = time.thread_time) -> dict[str, list[float]]:
    """What each frame costs each way in which a code is held still that has been read before."""
    return _costs(ways, next(_postures(TEXT, "paper", turn=1, from_s=WALK_S + RAISE_S + 0.5))[1], clock)


def empty_ms(ways: Mapping[str, Callable[[], Read]], clock: Clock = time.thread_time) -> dict[str, list[float]]:
    """What each frame costs each way in which somebody stands without a code."""
    return _costs(ways, Posture(turn=1, presence=1.0), clock)


def _costs(ways: Mapping[str, Callable[[], Read]], posture: Posture, clock: Clock) -> dict[str, list[float]]:
    artist = SceneArtist(SEED)
    readers = {name: make() for name, make in ways.items()}
    costs: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(2 * FRAMES):
        picture, _ = artist.render((posture,), number * PERIOD_S)
        for name, read in readers.items():
            began = clock()
            read(picture)
            costs[name].append((clock() - began) * 1000)
    # The exposure has settled, and a code that has just come up is looked after more closely.
    return {name: each[FRAMES:] for name, each in costs.items()}


def _filmed(text: str, medium: str, turn: int) -> Iterator[tuple[Picture, bool]]:
    artist = SceneArtist(turn)
    for at, posture in _postures(text, medium, turn, WALK_S):
        picture, (whole,) = artist.render((posture,), at)
        yield picture, whole


def _postures(text: str, medium: str, turn: int, from_s: float) -> Iterator[tuple[float, Posture]]:
    card = CardScript(text=text, medium="phone" if medium == "phone" else "paper")
    visit = visit_of(VisitorScript(name="approach", cards=(card,)), SEED, turn)
    for number in range(round((RAISE_S + HELD_S) / PERIOD_S)):
        at = from_s + number * PERIOD_S
        yield at, visit.posture(at)


def stream() -> Read:
    """Return a decoder with a memory, every rung allowed, and never overtaken."""
    decoder = Decoder()
    return lambda picture: decoder.decode(picture)


def hurried() -> Read:
    """Return a decoder with a memory that always has a newer frame to go on to, as on a slow processor."""
    decoder = Decoder()
    return lambda picture: decoder.decode(picture, overtaken=lambda: True)
