"""Codes in a picture, and in a stream of frames: the ladder of engines with a memory of where codes were."""

from collections.abc import Callable

import cv2
import numpy as np
import zxingcpp

from drivers.engines import QR_ONLY, Corners, Found, Picture, by_zxing
from drivers.ladder import LADDER, MAX_HEIGHT, MAX_WIDTH, Sight, climb
from drivers.region import around, read_in

__all__ = ["MAX_HEIGHT", "MAX_WIDTH", "Decoder", "Found", "decode", "grey_of"]

COMPANY_FRAMES = 15
"""Half a second: two hands come to rest, and a phone beside a sheet of paper is no longer too bright."""
KNOWN_AT_MOST = 8
"""A phone that shows ever new codes shall not be remembered for ever."""
LATER_RUNGS = 3
"""How many rungs after the first look at one frame at most. The next frame goes on where this one left off: it is no
harder to read, and the eyes leave time to others."""
DOUBTFUL_FRAMES = 10
"""How long a reading of a changed picture waits for another that says the same."""
NEAR_MARGIN = 0.5
"""Of a code's size: it moves between frames."""


def decode(image: Picture, *, thorough: bool = True, formats: zxingcpp.BarcodeFormats = QR_ONLY) -> tuple[Found, ...]:
    """Return every code that the first successful rung finds, the largest first; not `thorough`: the first rung alone."""
    sight = Sight(grey_of(image), formats)
    for rung in LADDER if thorough else LADDER[:1]:
        if found := climb(sight, rung):
            return _distinct(found)
    return ()


def grey_of(image: Picture) -> Picture:
    """Return a picture in grey, each row behind the other in memory, as the engines want it."""
    if image.ndim == 2:
        return np.ascontiguousarray(image)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


class Decoder:
    """Decodes a stream of frames: looks first where codes were last, and at the whole picture often enough.

    While a code has just come up the whole picture is looked at in every frame, for a code that is held up beside it
    is often read a frame or two later; after that every `whole_every` frames. Not for several threads.
    """

    def __init__(self, whole_every: int = 4, *, formats: zxingcpp.BarcodeFormats = QR_ONLY) -> None:
        self._whole_every = whole_every
        self._formats = formats
        self._places: tuple[Corners, ...] = ()
        self._known: frozenset[bytes] = frozenset()
        self._since_whole = 0
        self._since_new = COMPANY_FRAMES
        self._rung = 0
        self._frame = 0
        self._doubtful: dict[bytes, int] = {}

    def decode(
        self, image: Picture, *, thorough: bool = True, overtaken: Callable[[], bool] = lambda: False
    ) -> tuple[Found, ...]:
        """Return the codes in this frame, each content once, the largest first, with corners in its pixels.

        Of the later rungs one is tried, and up to LATER_RUNGS until one finds something or `overtaken` says that a
        newer frame is there; that one goes on with the rung that is next. A slow processor would else look at an old
        picture, rung by rung, while the first rung could read the new one.

        What was read in a changed picture counts only when another frame says the same: a misread must never be the
        reason why somebody is refused, and the rung that read it is the next frame's first.
        """
        grey = grey_of(image)
        self._frame += 1
        self._since_whole += 1
        self._since_new += 1
        found = tuple(code for place in self._places for code in self._near(grey, place))
        missed = len(found) < max(1, len(self._places))
        if missed or self._since_new <= COMPANY_FRAMES or self._since_whole >= self._whole_every:
            self._since_whole = 0
            look = self._climb if thorough and not found else self._glance
            found += look(grey, overtaken)
        found = tuple(code for code in _distinct(found) if self._sure(code))
        if found:
            self._note(found)
        elif self._since_whole == 0:
            self._places = ()
        return found

    def _sure(self, code: Found) -> bool:
        """Say whether a code was read as it is, or in an earlier frame, not long ago, with the same content."""
        if not code.altered:
            return True
        seen = {content: at for content, at in self._doubtful.items() if self._frame - at <= DOUBTFUL_FRAMES}
        sure = code.content in seen
        self._doubtful = {**dict(list(seen.items())[-KNOWN_AT_MOST:]), code.content: self._frame}
        return sure

    def _note(self, found: tuple[Found, ...]) -> None:
        """Remember where codes are, and whether one has just come up. One that is missed now and then is not new."""
        self._places = tuple(code.corners for code in found if len(code.corners) == 4)
        contents = frozenset(code.content for code in found)
        if not contents <= self._known:
            self._since_new = 0
            self._known = contents if len(self._known) > KNOWN_AT_MOST else self._known | contents

    def _near(self, grey: Picture, place: Corners) -> tuple[Found, ...]:
        region = around(grey, place, NEAR_MARGIN)
        return read_in(grey, region, None, lambda crop: by_zxing(crop, inverted=True, formats=self._formats))

    def _glance(self, grey: Picture, _: Callable[[], bool]) -> tuple[Found, ...]:
        return climb(Sight(grey, self._formats), LADDER[0])

    def _climb(self, grey: Picture, overtaken: Callable[[], bool]) -> tuple[Found, ...]:
        sight = Sight(grey, self._formats)
        first, *later = LADDER
        if found := climb(sight, first):
            return found
        for _ in range(LATER_RUNGS):
            if found := climb(sight, later[self._rung]):
                # What made this picture hard makes the next one hard as well: the same rung is tried first.
                return found
            self._rung = (self._rung + 1) % len(later)
            if overtaken():
                break
        return ()


def _distinct(found: tuple[Found, ...]) -> tuple[Found, ...]:
    """Return each content once, the largest first: the code that is held up is nearer than one on a bag or a wall."""
    first: dict[bytes, Found] = {}
    for code in found:
        first.setdefault(code.content, code)
    return tuple(sorted(first.values(), key=lambda code: -code.side))
