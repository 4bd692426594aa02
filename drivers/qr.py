"""Codes in a picture, as exact bytes: a ladder of engines, cheapest first, and a memory of where codes were.

    zxing-cpp on grey, at most 1280x720
    -> zxing-cpp with one threshold for the whole picture, brought to 640 wide -> with a threshold for each place
    -> zxing-cpp on the sharpened picture -> zbar on 320x240

The order and the sizes were measured on the photographs of the ZXing and zxing-cpp projects, the same laid into
720p frames, and simulated visitors. The first rung reads nine of ten at 1 ms a frame; the others add what is small
and grainy, badly lit, out of focus or dirty, and cost (4 ms together) only where nothing was found.
"""

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from drivers import zbar

Picture = NDArray[np.uint8]
"""Height x width (grey) or height x width x 3 (BGR)."""
Corners = tuple[tuple[int, int], ...]

MAX_WIDTH, MAX_HEIGHT = 1280, 720
COARSE_WIDTH = 640
MOST_ENLARGED = 2.0
"""Enlarged more, small pictures read worse."""
SHARPEN_PIXELS, SHARPEN = 5, 2.0
"""How far around each pixel its surroundings reach, and how much of the difference from them is added."""
ZBAR_WIDTH, ZBAR_HEIGHT = 320, 240
COMPANY_FRAMES = 15
"""Half a second: two hands come to rest, and a phone beside a sheet of paper is no longer too bright."""
KNOWN_AT_MOST = 8
"""A phone that shows ever new codes shall not be remembered for ever."""
QR = "QRCode"
FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
Binarizer = zxingcpp.Binarizer


@dataclass(frozen=True, slots=True)
class Found:
    """A code: its exact bytes, who read it, and its four corners (clockwise) in pixels of the given picture."""

    content: bytes = field(repr=False)
    engine: str
    symbology: str
    corners: Corners


def decode(image: Picture, *, thorough: bool = True) -> tuple[Found, ...]:
    """Return every code that the first successful rung finds; with `thorough` False only the first rung tries."""
    grey = _grey(image)
    for rung in LADDER if thorough else LADDER[:1]:
        if found := rung(grey):
            return _distinct(found)
    return ()


def text_of(content: bytes) -> str:
    """Return the content as text that is always valid: a code rarely says in which character set it is written.

    UTF-8; else Shift JIS if that gives kana, else GBK; else Latin-1, a QR code's own default, if that can be printed;
    else with escapes.
    """
    for encoding, plausible in CHARACTER_SETS.items():
        with contextlib.suppress(UnicodeDecodeError):
            if plausible(text := content.decode(encoding)):
                return text
    return content.decode("ascii", "backslashreplace")


def _has_kana(text: str) -> bool:
    """Say whether kana are a third of what is not ASCII. Half-width ones count only with a sound mark.

    The bytes of half-width kana are those of common Chinese characters; two marks where they belong hardly are.
    """
    kana, marked = len(_KANA.findall(text)), len(_MARKED_KANA.findall(text))
    return kana + marked >= 2 and 3 * (kana + 2 * marked) >= sum(not letter.isascii() for letter in text)


_KANA = re.compile("[ぁ-ヾ]")
_MARKED_KANA = re.compile("[ｶ-ﾄﾊ-ﾎ]ﾞ|[ﾊ-ﾎ]ﾟ")
CHARACTER_SETS: dict[str, Callable[[str], bool]] = {
    "utf-8": lambda _: True,
    "cp932": _has_kana,
    "gb18030": lambda _: True,
    "latin-1": str.isprintable,
}


def by_zxing(
    grey: Picture, binarizer: zxingcpp.Binarizer = Binarizer.LocalAverage, *, variants: bool = True
) -> tuple[Found, ...]:
    """Read with zxing-cpp; with `variants` the picture inverted and made smaller too."""
    found = []
    for code in zxingcpp.read_barcodes(
        grey,
        formats=FORMATS,
        text_mode=zxingcpp.TextMode.Plain,
        binarizer=binarizer,
        try_invert=variants,
        try_downscale=variants,
    ):
        place = code.position
        corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
        found.append(Found(code.bytes, "zxing", QR, tuple((corner.x, corner.y) for corner in corners)))
    return tuple(found)


def by_zbar(grey: Picture) -> tuple[Found, ...]:
    """Read with zbar, told to keep the bytes as they are; nothing where its library is not installed."""
    return tuple(Found(content, "zbar", QR, corners) for content, corners in zbar.read(grey))


def _plain(grey: Picture) -> tuple[Found, ...]:
    return _scaled(grey, MAX_WIDTH, MAX_HEIGHT, by_zxing)


def _coarse(grey: Picture) -> tuple[Found, ...]:
    return _scaled(grey, COARSE_WIDTH, MAX_HEIGHT, lambda small: by_zxing(small, Binarizer.GlobalHistogram), MOST_ENLARGED)


def _thresholded(grey: Picture) -> tuple[Found, ...]:
    return _scaled(grey, COARSE_WIDTH, MAX_HEIGHT, lambda small: by_zxing(_threshold(small), Binarizer.BoolCast))


def _sharpened(grey: Picture) -> tuple[Found, ...]:
    return _scaled(grey, MAX_WIDTH, MAX_HEIGHT, lambda small: by_zxing(_sharpen(small), variants=False))


def _small(grey: Picture) -> tuple[Found, ...]:
    return _scaled(grey, ZBAR_WIDTH, ZBAR_HEIGHT, by_zbar)


LADDER: tuple[Callable[[Picture], tuple[Found, ...]], ...] = (_plain, _coarse, _thresholded, _sharpened, _small)


class Decoder:
    """Decodes a stream of frames: looks first where codes were last, and at the whole picture often enough.

    While a code has just come up the whole picture is looked at in every frame, for a code that is held up beside it
    is often read a frame or two later; after that every `whole_every` frames. Not for several threads.
    """

    def __init__(self, whole_every: int = 4) -> None:
        self._whole_every = whole_every
        self._places: tuple[Corners, ...] = ()
        self._known: frozenset[bytes] = frozenset()
        self._since_whole = 0
        self._since_new = COMPANY_FRAMES
        self._rung = 0

    def decode(
        self, image: Picture, *, thorough: bool = True, overtaken: Callable[[], bool] = lambda: False
    ) -> tuple[Found, ...]:
        """Return the codes in this frame, each content once, with corners in its pixels.

        Of the later rungs one is tried, and more until one finds something or `overtaken` says that a newer frame is
        there; that one goes on with the rung that is next. A slow processor would else look at an old picture, rung
        by rung, while the first rung could read the new one.
        """
        grey = _grey(image)
        self._since_whole += 1
        self._since_new += 1
        found = tuple(code for place in self._places for code in _near(grey, place))
        missed = len(found) < max(1, len(self._places))
        if missed or self._since_new <= COMPANY_FRAMES or self._since_whole >= self._whole_every:
            self._since_whole = 0
            found += self._climb(grey, overtaken) if thorough and not found else decode(grey, thorough=False)
        found = _distinct(found)
        if found:
            self._note(found)
        elif self._since_whole == 0:
            self._places = ()
        return found

    def _note(self, found: tuple[Found, ...]) -> None:
        """Remember where codes are, and whether one has just come up. One that is missed now and then is not new."""
        self._places = tuple(code.corners for code in found if len(code.corners) == 4)
        contents = frozenset(code.content for code in found)
        if not contents <= self._known:
            self._since_new = 0
            self._known = contents if len(self._known) > KNOWN_AT_MOST else self._known | contents

    def _climb(self, grey: Picture, overtaken: Callable[[], bool]) -> tuple[Found, ...]:
        first, *later = LADDER
        if found := first(grey):
            return found
        for _ in later:
            if found := later[self._rung](grey):
                # What made this picture hard makes the next one hard as well: the same rung is tried first.
                return found
            self._rung = (self._rung + 1) % len(later)
            if overtaken():
                break
        return ()


def _near(grey: Picture, place: Corners) -> tuple[Found, ...]:
    """Read around where a code was: half its size of margin, for it moves between frames."""
    xs, ys = [x for x, _ in place], [y for _, y in place]
    margin = max(max(xs) - min(xs), max(ys) - min(ys), 16) // 2
    left, top = max(0, min(xs) - margin), max(0, min(ys) - margin)
    crop = grey[top : max(ys) + margin, left : max(xs) + margin]
    if crop.size == 0:
        return ()
    found = by_zxing(np.ascontiguousarray(crop))
    return tuple(replace(code, corners=tuple((x + left, y + top) for x, y in code.corners)) for code in found)


def _scaled(
    grey: Picture, width: int, height: int, read: Callable[[Picture], tuple[Found, ...]], enlarged: float = 1.0
) -> tuple[Found, ...]:
    """Read a picture made to fit, and give the corners back in its own pixels. Enlarges `enlarged` times at most."""
    scale = min(enlarged, width / grey.shape[1], height / grey.shape[0])
    if scale == 1.0:
        return read(grey)
    size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    found = read(np.asarray(cv2.resize(grey, size, interpolation=method), np.uint8))
    return tuple(
        replace(code, corners=tuple((round(x / scale), round(y / scale)) for x, y in code.corners)) for code in found
    )


def _threshold(grey: Picture) -> Picture:
    binary = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 21, 5)
    return np.asarray(binary, np.uint8)


def _sharpen(grey: Picture) -> Picture:
    around = cv2.blur(grey, (SHARPEN_PIXELS, SHARPEN_PIXELS))
    return np.asarray(cv2.addWeighted(grey, 1 + SHARPEN, around, -SHARPEN, 0), np.uint8)


def _grey(image: Picture) -> Picture:
    if image.ndim == 2:
        return np.ascontiguousarray(image)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def _distinct(found: tuple[Found, ...]) -> tuple[Found, ...]:
    first: dict[bytes, Found] = {}
    for code in found:
        first.setdefault(code.content, code)
    return tuple(first.values())
