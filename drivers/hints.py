"""What keeps the eyes from reading a code that is held up: its size, the light, movement, its angle, what hides it.

A decoder that fails says next to nothing: zxing-cpp's results with errors are mostly absent, and where there is one its
place is wrong (measured on simulated visitors). So a code is looked for as what it looks like also when it cannot be
read: a compact, colourless patch that is full of strong edges in all directions. The figures were found on simulated
visitors and held against the photographs of the ZXing and zxing-cpp projects.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.pictures import Picture
from kiosk.view import Hint

WIDTH, HEIGHT = 640, 360
"""The picture that is judged fits in here; smaller, far codes are no pattern any more."""
AFAR = 160, 90
"""A code that fills the picture is one pattern only when looked at from afar."""
SPARSE = 8
EDGE_SHARE, EDGE_LEVELS = 0.08, 5
"""A step from pixel to pixel that is an edge: so much of the light around it, and so many levels more than noise."""
AROUND = 15
WINDOW, DENSITY = 17, 115
"""How full of edges a window is, of 255: a single edge fills a third of one at most."""
BRIDGED, SMALLEST = 9, 21
"""Gaps between edges that are closed, and the least side of a patch. What is thinner is a rim."""
CONTRAST = 0.35
COLOURLESS = 0.22
"""Of the brightest channel: how far the channels lie apart. Leaves and clothes are above, screens and paper below."""
FILLED, SQUARE = 0.6, 0.9
"""How much of its rectangle a patch fills: at least, and when a code is seen squarely and by itself."""
SLIMMEST, SQUAREST = 0.4, 0.93
"""The shorter side as a share of the longer: at least, and of a code that is seen squarely."""
NEAR_SHARE, FRAGMENT = 0.35, 0.1
"""A code that covers so much of the picture and is cut above and below is too near; close up there are pieces of it
alone, each smaller than this share of what is seen from afar. A chequered shirt is cut below only."""
DARK_LEVEL = 32
"""No part of the code, or of the whole picture, is lighter: what is left is noise."""
GLARE_LIGHT, GLARE_SIDE, GLARE_SHARE = 0.65, 7, 0.015
"""In a reflection nothing is darker than so much of the lightest; it is wider than a seventh of the code, which white
modules hardly are, and more than so much of it."""
RIM = 6
"""Pixels around a code in which windows are still full of its edges."""
SMALL_SHARE, SOFT_SHARE, SOFT = 0.2, 0.28, 0.45
"""Of the picture's height: too small, or small and without steep edges: out of focus from afar."""
TURNED, ASLANT, HALF = 0.8, 0.15, 0.65
"""Sides that differ so much are those of a code that is turned away from the camera, where its edges also lie closer in one
direction than in the other (see SMEARED); where they do not, sides that differ more are those of a part of a code."""
SKIN = 0.25
"""A spot on a code that is so far from colourless is no reflection but a finger, or whatever lies over the code."""
SMEARED, SLIGHTLY_SMEARED = 0.5, 0.35
"""How far edges of one direction outweigh the others, 0 to 1: movement wipes out those across it. A code that leans
back has more of one direction too, but is not seen squarely."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Where a code seems to be, and what it looks like there.

    `side` and `longer` are its sides as shares of the picture's height, `share` the patch's of the whole picture; `cut`: it
    is large, and goes from the picture's upper to its lower edge; `outside`: it goes to any edge; `square`: it is seen
    squarely. `light` is a grey level, `glare` the share of the patch, `covered` how coloured that is, 0 to 1, `smear` 0 to
    1, `steep` the mean step between neighbouring pixels as a share of the contrast.
    """

    side: float
    longer: float
    share: float
    cut: bool
    outside: bool
    square: bool
    light: float
    glare: float
    covered: float
    smear: float
    steep: float


def judge(image: Picture) -> Hint | None:
    """Say what could be done better with the code in a BGR picture in which none was read; None when nothing is plain."""
    small = _fitted(image, WIDTH, HEIGHT)
    if np.percentile(small[::SPARSE, ::SPARSE], 99) < DARK_LEVEL:
        return Hint.TOO_DARK
    patch, near = find(small), find(_fitted(small, *AFAR))
    if near is not None and (patch is None or patch.share < FRAGMENT * near.share):
        # What was found close up, if anything, is a piece of a code.
        return Hint.CODE_TOO_NEAR if near.cut else None
    if patch is None:
        return None
    if patch.cut:
        return Hint.CODE_TOO_NEAR
    if patch.light < DARK_LEVEL:
        return Hint.TOO_DARK
    if (part := _in_part(patch)) is not None:
        return part
    if patch.side < SMALL_SHARE:
        return Hint.CODE_TOO_SMALL
    if patch.glare > GLARE_SHARE and patch.covered > SKIN:
        return Hint.CODE_HIDDEN
    if patch.square and patch.glare > GLARE_SHARE:
        return Hint.TOO_BRIGHT
    if patch.smear > (SLIGHTLY_SMEARED if patch.square else SMEARED):
        return Hint.HOLD_STILL
    if patch.side < SOFT_SHARE and patch.steep < SOFT:
        return Hint.CODE_TOO_SMALL
    return None


def _in_part(patch: Patch) -> Hint | None:
    """Say what is wrong with a code that is near enough, but of which only a part can be seen, or all of it aslant."""
    if patch.longer < SMALL_SHARE or patch.smear > SMEARED:
        return None
    if patch.outside:
        return Hint.CODE_HIDDEN
    if patch.side < TURNED * patch.longer and patch.smear > ASLANT:
        return Hint.CODE_TILTED
    return Hint.CODE_HIDDEN if patch.side < HALF * patch.longer else None


def find(image: Picture) -> Patch | None:
    """Return the largest patch of a BGR picture that looks like a code, also like one that cannot be read."""
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    across = cv2.Sobel(grey, cv2.CV_16S, 1, 0, ksize=3)
    down = cv2.Sobel(grey, cv2.CV_16S, 0, 1, ksize=3)
    # Sobel adds up to four times the step in each direction.
    steps = cv2.add(cv2.convertScaleAbs(across, alpha=0.25), cv2.convertScaleAbs(down, alpha=0.25))
    light = cv2.dilate(grey, np.ones((AROUND, AROUND), np.uint8))
    edges = cv2.compare(steps, cv2.convertScaleAbs(light, alpha=EDGE_SHARE, beta=EDGE_LEVELS), cv2.CMP_GT)
    dense = np.asarray(cv2.blur(edges, (WINDOW, WINDOW)) > DENSITY, np.uint8)
    whole = cv2.morphologyEx(dense, cv2.MORPH_CLOSE, np.ones((BRIDGED, BRIDGED), np.uint8))
    patches = cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones((SMALLEST, SMALLEST), np.uint8))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(patches)
    for number in sorted(range(1, count), key=lambda one: -int(boxes[one][cv2.CC_STAT_AREA])):
        left, top, width, height, area = (int(value) for value in boxes[number])
        place = slice(top, top + height), slice(left, left + width)
        inside = labels[place] == number
        (outline, *_), _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        rectangle = cv2.minAreaRect(outline)
        shorter, longer = sorted(rectangle[1])
        filled = area / max(1.0, shorter * longer)
        if filled < FILLED or shorter < SLIMMEST * longer:
            continue
        dark, bright = (float(level) for level in np.percentile(grey[place][inside], (10, 90)))
        if bright - dark < CONTRAST * bright or _coloured(image[place]):
            continue
        rows, columns = grey.shape
        glare, covered = _glare(image[place], grey[place], rectangle)
        return Patch(
            side=shorter / rows,
            longer=longer / rows,
            share=area / (rows * columns),
            cut=height == rows and area > NEAR_SHARE * rows * columns,
            outside=left == 0 or top == 0 or left + width == columns or top + height == rows,
            square=filled > SQUARE and shorter > SQUAREST * longer,
            light=bright,
            glare=glare,
            covered=covered,
            smear=_smear(across[place][inside], down[place][inside]),
            steep=float(steps[place][inside].mean()) / (bright - dark),
        )
    return None


def _fitted(image: Picture, width: int, height: int) -> Picture:
    scale = min(width / image.shape[1], height / image.shape[0], 1.0)
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _coloured(part: Picture) -> bool:
    return _colour(part[::2, ::2]) > COLOURLESS


def _colour(part: NDArray[np.uint8]) -> float:
    """Return how far the channels of BGR pixels lie apart, as a share of the brightest."""
    few = part.astype(np.float32)
    brightest = few.max(axis=-1)
    return float((brightest - few.min(axis=-1)).mean()) / max(1.0, float(brightest.mean()))


def _glare(image: Picture, part: Picture, rectangle: tuple[Sequence[float], Sequence[float], float]) -> tuple[float, float]:
    """Return how much of the code in that rotated rectangle is one light spot, and how coloured the spot is."""
    middle, (width, height), angle = rectangle
    corners = cv2.boxPoints((middle, (max(1.0, width - RIM), max(1.0, height - RIM)), angle))
    code = cv2.fillConvexPoly(np.zeros(part.shape, np.uint8), np.rint(corners).astype(np.int32), 1)
    light = float(np.percentile(part, 99))
    lit = cv2.bitwise_and(np.asarray(part >= GLARE_LIGHT * light, np.uint8), code)
    size = max(3, round(min(width, height) / GLARE_SIDE))
    spots = cv2.morphologyEx(lit, cv2.MORPH_OPEN, np.ones((size, size), np.uint8))
    found = spots > 0
    coloured = _colour(image[found]) if found.any() else 0.0
    return float(spots.sum()) / max(1.0, float(code.sum())), coloured


def _smear(across: NDArray[np.int16], down: NDArray[np.int16]) -> float:
    """Return the coherence of the structure tensor: 0 when edges run in all directions, 1 when all are parallel."""
    x, y = across.astype(np.float32), down.astype(np.float32)
    xx, yy, xy = float((x * x).mean()), float((y * y).mean()), float((x * y).mean())
    return math.hypot(xx - yy, 2 * xy) / max(1.0, xx + yy)
