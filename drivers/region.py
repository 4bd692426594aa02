"""Where in a picture a code may be, and that place brought to the size at which it is read best.

What has strong edges in both directions, close together, is looked at more closely: a tenth of the picture, in which a
further attempt costs a tenth. It need not be a code, and a picture without any such place needs no further attempt.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from drivers.engines import Corners, Engine, Found, Picture

SEEN_FROM_AFAR = 320
"""The longer side, at most, of the picture in which places are looked for: codes are patches there, not modules."""
WINDOW = 17
"""Its pixels over which edges are averaged: as wide as the smallest code worth a look."""
SHARE = 0.45
"""A place has so much of the strongest one's edges."""
FAINT = 3
"""Edges weaker than this, in grey levels, are a wall's."""
SMALLEST = 7
MARGIN = 0.12
PLACES = 2
"""A hand holds one code, or there is one in each."""
AREA_BELOW = 0.6
"""Made smaller than this, pixels must be averaged; above, going between neighbours is as good and costs less."""


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a picture, in its pixels."""

    left: int
    top: int
    right: int
    bottom: int


def locate(grey: Picture) -> tuple[Region, ...]:
    """Return the places that look most like a code, at most PLACES, the likeliest first."""
    step, small = 1, grey
    while max(small.shape) > SEEN_FROM_AFAR:
        # By halves, and so by averages of four pixels: much quicker than at once, or by any other factor.
        rows, columns = small.shape[0] // 2, small.shape[1] // 2
        if min(rows, columns) < SMALLEST:
            return ()
        half = cv2.resize(small[: 2 * rows, : 2 * columns], (columns, rows), interpolation=cv2.INTER_AREA)
        step, small = 2 * step, np.asarray(half, np.uint8)
    across, down = (cv2.convertScaleAbs(cv2.Sobel(small, cv2.CV_16S, *way), alpha=0.5) for way in ((1, 0), (0, 1)))
    both = cv2.min(cv2.blur(across, (WINDOW, WINDOW)), cv2.blur(down, (WINDOW, WINDOW)))
    strongest = int(both.max())
    if strongest < FAINT:
        return ()
    _, dense = cv2.threshold(both, strongest * SHARE, 255, cv2.THRESH_BINARY)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(dense)
    weighed = []
    for left, top, width, height, area in boxes[1:].tolist():
        if min(width, height) >= SMALLEST:
            inside = both[top : top + height, left : left + width]
            margin = MARGIN * max(width, height) + 3
            sides = (left - margin, top - margin, left + width + margin, top + height + margin)
            weighed.append((area * float(inside.mean()), _within(grey, *(round(side * step) for side in sides))))
    weighed.sort(key=lambda one: -one[0])
    return tuple(region for _, region in weighed[:PLACES])


def around(grey: Picture, corners: Corners, margin: float) -> Region:
    """Return the place of a code with a margin, as a share of the code's larger side."""
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    wide = round(margin * max(max(xs) - min(xs), max(ys) - min(ys), 16))
    return _within(grey, min(xs) - wide, min(ys) - wide, max(xs) + wide, max(ys) + wide)


def read_in(grey: Picture, region: Region, side: int | None, read: Engine) -> tuple[Found, ...]:
    """Read in a region whose longer side is brought to `side` pixels, or left as it is; corners are the picture's."""
    crop = grey[region.top : region.bottom, region.left : region.right]
    if crop.size == 0:
        return ()
    scale = 1.0 if side is None else side / max(crop.shape)
    found = read(resized(np.ascontiguousarray(crop), scale))
    return moved(found, lambda x, y: (x / scale + region.left, y / scale + region.top))


def resized(grey: Picture, scale: float) -> Picture:
    """Make a grey picture smaller or larger."""
    if scale == 1.0:
        return grey
    size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    method = cv2.INTER_AREA if scale < AREA_BELOW else cv2.INTER_LINEAR if scale < 1.0 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=method), np.uint8)


def moved(found: tuple[Found, ...], place: Callable[[float, float], tuple[float, float]]) -> tuple[Found, ...]:
    """Return the same codes with every corner put where `place` says."""

    def corner(x: int, y: int) -> tuple[int, int]:
        across, down = place(x, y)
        return round(across), round(down)

    return tuple(replace(code, corners=tuple(corner(x, y) for x, y in code.corners)) for code in found)


def _within(grey: Picture, left: int, top: int, right: int, bottom: int) -> Region:
    return Region(max(0, left), max(0, top), min(grey.shape[1], right), min(grey.shape[0], bottom))
