"""The ladder: ways to read a picture, in the order of what each still reads for the time it takes.

    1        the whole picture, light codes on dark ground too
    2, 3     the same with one threshold for all of it, and from farther away
    4 to 13  mostly the places alone that look like a code: with other thresholds, sharpened, stretched, larger, by the
             other engine

Chosen on photographs of the ZXing project, the same made worse, and drawn ones of sixteen kinds of trouble; how, and
how far one may believe it, is in docs/decisions/0014-the-ladder.md. The first rung reads most of what can be read
and costs 1 ms; all of them together cost about 11 ms on a picture in which nothing can be read.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import cv2
import numpy as np
import zxingcpp

from drivers.engines import QR_ONLY, Binarizer, Engine, Found, Picture, by_zbar, by_zxing
from drivers.region import Region, locate, moved, read_in, resized

MAX_WIDTH, MAX_HEIGHT = 1280, 720
AFAR_WIDTH, AFAR_HEIGHT = 480, 470
HALF_WIDTH = 640
MOST_ENLARGED = 2.0
"""Enlarged more, small pictures read worse."""
SQUARE, ASLANT, LEAST_SIDE = 420, 1.3, 8
"""To so many pixels a side a place is stretched that is so much longer than wide; less than the last is no code."""
AROUND = np.ones((21, 21), np.uint8)
GROWN = np.ones((5, 5), np.uint8)
BENT = 1.1
"""Half the angle, in radians, that a code goes around a cylinder."""


class Sight:
    """One grey picture, and what several rungs need of it, made when the first of them asks. One thread."""

    def __init__(self, grey: Picture, formats: zxingcpp.BarcodeFormats = QR_ONLY) -> None:
        self.formats = formats
        self.scale = min(1.0, MAX_WIDTH / grey.shape[1], MAX_HEIGHT / grey.shape[0])
        self.grey = resized(grey, self.scale)

    @cached_property
    def regions(self) -> tuple[Region, ...]:
        """Where a code may be, in pixels of `grey`."""
        return locate(self.grey)

    def zxing(self, grey: Picture, binarizer: zxingcpp.Binarizer = Binarizer.LocalAverage) -> tuple[Found, ...]:
        """Read dark codes of the symbologies in use."""
        return by_zxing(grey, binarizer, formats=self.formats)


Rung = Callable[[Sight], tuple[Found, ...]]


def climb(sight: Sight, rung: Rung) -> tuple[Found, ...]:
    """Read by one rung; corners are in pixels of the picture that the sight was made of."""
    found = moved(rung(sight), lambda x, y: (x / sight.scale, y / sight.scale))
    return found if rung is whole else tuple(replace(code, altered=True) for code in found)


def whole(sight: Sight) -> tuple[Found, ...]:
    """The whole picture as it is."""
    return by_zxing(sight.grey, inverted=True, formats=sight.formats)


def one_threshold(sight: Sight) -> tuple[Found, ...]:
    """The whole picture, with one threshold for all of it: it does not follow stains and shadows inside a code."""
    return sight.zxing(sight.grey, Binarizer.GlobalHistogram)


def afar(sight: Sight) -> tuple[Found, ...]:
    """The same from farther away, or enlarged where it is small: grain and dirt are averaged away."""
    return _scaled(sight, AFAR_WIDTH, AFAR_HEIGHT, lambda small: sight.zxing(small, Binarizer.GlobalHistogram))


def sharp(sight: Sight) -> tuple[Found, ...]:
    """What is small or out of focus."""
    return _in_places(sight, 360, lambda crop: sight.zxing(sharpened(crop, 9, 4.0)))


def thresholded(sight: Sight) -> tuple[Found, ...]:
    """What is grainy and badly lit."""
    return _in_places(sight, 240, lambda crop: sight.zxing(_threshold(cv2.blur(crop, (3, 3)), 31), Binarizer.BoolCast))


def other_engine(sight: Sight) -> tuple[Found, ...]:
    """What is dirty, damaged or has spots: zbar forgives more."""
    return _in_places(sight, 240, lambda crop: by_zbar(sharpened(crop, 9, 4.0)))


def afar_thresholded(sight: Sight) -> tuple[Found, ...]:
    """The whole picture made small, with a threshold for each place: where nothing looks like a code, or too much."""
    return _scaled(
        sight,
        AFAR_WIDTH,
        AFAR_HEIGHT,
        lambda small: sight.zxing(_threshold(cv2.blur(small, (3, 3)), 31), Binarizer.BoolCast),
    )


def whole_thresholded(sight: Sight) -> tuple[Found, ...]:
    """The same from nearer, and without averaging: small modules under spots and shadows."""
    return _scaled(
        sight, HALF_WIDTH, MAX_HEIGHT, lambda small: sight.zxing(_threshold(small, 21), Binarizer.BoolCast), enlarged=1.0
    )


def squared(sight: Sight) -> tuple[Found, ...]:
    """What is held aslant, and so looks much shorter one way than the other: stretched to what it is."""
    found: list[Found] = []
    for region in sight.regions:
        crop = sight.grey[region.top : region.bottom, region.left : region.right]
        height, width = crop.shape
        if min(crop.shape) >= LEAST_SIDE and max(crop.shape) > ASLANT * min(crop.shape):
            square = cv2.resize(
                crop, (SQUARE, SQUARE), interpolation=cv2.INTER_AREA if max(crop.shape) > SQUARE else cv2.INTER_CUBIC
            )
            read = sight.zxing(np.asarray(square, np.uint8))
            found += moved(read, _stretched_back(region, width / SQUARE, height / SQUARE))
    return tuple(found)


def larger(sight: Sight) -> tuple[Found, ...]:
    """Small modules of large codes."""
    return _in_places(sight, 540, lambda crop: sight.zxing(sharpened(crop, 9, 4.0)))


def halfway(sight: Sight) -> tuple[Found, ...]:
    """Light that comes and goes within a code: dark is what is nearer to the darkest around than to the lightest."""
    return _in_places(sight, 360, lambda crop: sight.zxing(_halfway(crop), Binarizer.BoolCast))


def eroded(sight: Sight) -> tuple[Found, ...]:
    """Light that has eaten into the dark, and dots that do not touch: the dark made to grow."""
    return _in_places(sight, 540, lambda crop: sight.zxing(np.asarray(cv2.erode(crop, GROWN), np.uint8)))


def unrolled(sight: Sight) -> tuple[Found, ...]:
    """What is bent around something upright, or curled."""
    return _in_places(sight, 400, lambda crop: _unrolled(crop, sight))


LADDER: tuple[Rung, ...] = (
    whole,
    one_threshold,
    afar,
    thresholded,
    sharp,
    afar_thresholded,
    squared,
    other_engine,
    whole_thresholded,
    larger,
    halfway,
    eroded,
    unrolled,
)


def sharpened(grey: Picture, reach: int, strength: float) -> Picture:
    """Add how far each pixel differs from the mean of its surroundings, `reach` pixels wide."""
    around = cv2.blur(grey, (reach, reach))
    return np.asarray(cv2.addWeighted(grey, 1 + strength, around, -strength, 0), np.uint8)


def _scaled(sight: Sight, width: int, height: int, read: Engine, enlarged: float = MOST_ENLARGED) -> tuple[Found, ...]:
    scale = min(enlarged, width / sight.grey.shape[1], height / sight.grey.shape[0])
    return moved(read(resized(sight.grey, scale)), lambda x, y: (x / scale, y / scale))


def _in_places(sight: Sight, side: int, read: Engine) -> tuple[Found, ...]:
    """Read in every place: a code in one says nothing of the other."""
    return tuple(code for region in sight.regions for code in read_in(sight.grey, region, side, read))


def _stretched_back(region: Region, across: float, down: float) -> Callable[[float, float], tuple[float, float]]:
    return lambda x, y: (x * across + region.left, y * down + region.top)


def _threshold(grey: cv2.typing.MatLike, reach: int) -> Picture:
    binary = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, reach, 0)
    return np.asarray(binary, np.uint8)


def _halfway(grey: Picture) -> Picture:
    """Threshold midway between the extremes around, evened out (Bernsen 1986)."""
    lightest = cv2.blur(cv2.dilate(grey, AROUND), AROUND.shape)
    darkest = cv2.blur(cv2.erode(grey, AROUND), AROUND.shape)
    return np.asarray(cv2.compare(grey, cv2.addWeighted(lightest, 0.5, darkest, 0.5, 0), cv2.CMP_GT), np.uint8)


def _unrolled(crop: Picture, sight: Sight) -> tuple[Found, ...]:
    """Take the crop's width for the chord of a cylinder, and lay its arc flat."""
    height, width = crop.shape
    angles = np.linspace(-BENT, BENT, width)
    columns = ((np.sin(angles) / np.sin(BENT) + 1) / 2 * (width - 1)).astype(np.float32)
    rows = np.arange(height, dtype=np.float32)
    flat = cv2.remap(crop, np.tile(columns, (height, 1)), np.tile(rows[:, None], (1, width)), cv2.INTER_LINEAR)
    found = sight.zxing(np.asarray(flat, np.uint8))
    return moved(found, lambda x, y: (float(columns[min(max(0, round(x)), width - 1)]), y))
