"""What a simulated visitor holds up: a phone or a sheet of paper with a QR code, drawn once, seen square-on."""

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Medium = Literal["phone", "paper"]

QUIET_ZONE = 4
"""Modules of white around a QR code, as ISO/IEC 18004 asks."""
CODE_SIDE = (190, 300)
"""Pixels of the frame that a code fills at distance 1, quiet zone not counted: denser codes are held closer."""
MODULE_PIXELS = 4.0
CARD_SCHEME = len("shc:/")
SKIN = (122, 158, 205)


@dataclass(frozen=True, slots=True)
class CardFace:
    """A drawn card: BGR pixels, its outline (255 inside), and its code's corners, clockwise, in its own pixels."""

    image: Image
    mask: Image
    code: NDArray[np.float32]


TORN = 0.4
"""The share of a torn code that is missing: more than error correction level M can make good (15 %)."""


def draw_card(text: str, medium: Medium, torn: bool = False) -> CardFace:
    """Draw a card. A code at error correction level M; the hand that holds it covers no part of it."""
    code, margin = _code(text)
    if torn:
        height = code.shape[0]
        code[round(height * (1 - TORN) / 2) : round(height * (1 + TORN) / 2)] = 255
    return _phone(code, margin) if medium == "phone" else _paper(code, margin)


def _code(text: str) -> tuple[Image, float]:
    """Return the code with its quiet zone, about as large as the camera will see it, and the zone's width."""
    # Told the encoding, segno takes neither Latin-1 nor kanji mode: phones write UTF-8.
    symbol = segno.make(_segments(text), error="m", micro=False, boost_error=False, encoding="utf-8")
    modules = np.array([list(row) for row in symbol.matrix_iter(border=QUIET_ZONE)], np.uint8)
    count = modules.shape[0] - 2 * QUIET_ZONE
    pixels = min(max(MODULE_PIXELS * count, CODE_SIDE[0]), CODE_SIDE[1]) / count
    side = round(pixels * modules.shape[0])
    # Drawn at whole pixels a module, then reduced: edges come out soft and even, as on a screen.
    large = np.kron(1 - modules, np.full((8, 8), 255, np.uint8))
    small = cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), side * QUIET_ZONE / modules.shape[0]


def _segments(text: str) -> Any:
    """Return the text as segno takes it: the digits of a SMART Health Card in their own mode, so that its code stays small.

    Its types do not say that it takes several segments.
    """
    scheme, digits = text[:CARD_SCHEME], text[CARD_SCHEME:]
    return [scheme, digits] if scheme == "shc:/" and digits.isdecimal() else text


def _phone(code: Image, margin: float) -> CardFace:
    side = code.shape[0]
    bezel, screen_width = 12, side + 24
    width, height = screen_width + 2 * bezel, round((screen_width + 2 * bezel) * 1.9)
    image = np.full((height, width, 3), (24, 22, 20), np.uint8)
    left, top, right, bottom = bezel, 26, width - bezel, height - 26
    cv2.rectangle(image, (left, top), (right, bottom), (248, 246, 244), -1)
    cv2.rectangle(image, (left, top), (right, top + 62), (150, 92, 28), -1)
    _write(image, "12:41", (left + 10, top + 20), 0.45, (255, 255, 255))
    _write(image, "Visitor pass", (left + 10, top + 50), 0.65, (255, 255, 255))
    cv2.rectangle(image, (right - 34, top + 9), (right - 12, top + 20), (255, 255, 255), 1)
    x, y = (width - side) // 2, top + 84
    image[y : y + side, x : x + side] = code[:, :, None]
    for line, share in enumerate((0.7, 0.5, 0.6)):
        at = y + side + 26 + 22 * line
        cv2.rectangle(image, (x, at), (x + round(side * share), at + 9), (205, 203, 200), -1)
    cv2.rectangle(image, (x, bottom - 70), (x + side, bottom - 34), (86, 160, 52), -1)
    mask = _rounded(width, height, 30)
    _thumb(image, mask, (width - 8, y + side + 64))
    return CardFace(image, mask, _corners(x, y, side, margin))


def _paper(code: Image, margin: float) -> CardFace:
    side = code.shape[0]
    width, height = side + 70, round((side + 70) * 1.38)
    shade = np.linspace(232, 206, height, dtype=np.float32)[:, None] - np.linspace(0, 12, width, dtype=np.float32)
    image = np.repeat(shade.astype(np.uint8)[:, :, None], 3, axis=2)
    x, y = (width - side) // 2, 64
    patch = image[y : y + side, x : x + side]
    # Ink is dark grey, and the paper's shading shows between.
    image[y : y + side, x : x + side] = np.maximum(cv2.multiply(patch, _bgr(code), scale=1 / 255), 38)
    _write(image, "VISITOR", (x + 6, 40), 0.8, (50, 48, 46))
    for line, share in enumerate((0.8, 0.55)):
        at = y + side + 18 + 20 * line
        cv2.rectangle(image, (x + 6, at), (x + 6 + round(side * share), at + 6), (120, 118, 116), -1)
    mask = np.full((height, width), 255, np.uint8)
    _thumb(image, mask, (width - 10, y + side + 40))
    return CardFace(image, mask, _corners(x, y, side, margin))


def _bgr(grey: Image) -> Image:
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


def _write(image: Image, text: str, place: tuple[int, int], size: float, colour: tuple[int, int, int]) -> None:
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)


def _thumb(image: Image, mask: Image, tip: tuple[int, int]) -> None:
    """Lay a thumb over the lower right edge."""
    for shape, colour in ((0, tuple(part * 0.8 for part in SKIN)), (2, SKIN)):
        cv2.ellipse(image, tip, (34 - shape, 17 - shape), 24, 0, 360, colour, -1, cv2.LINE_AA)
    cv2.ellipse(mask, tip, (34, 17), 24, 0, 360, 255, -1)


def _rounded(width: int, height: int, radius: int) -> Image:
    mask = np.zeros((height, width), np.uint8)
    cv2.rectangle(mask, (radius, 0), (width - radius, height), 255, -1)
    cv2.rectangle(mask, (0, radius), (width, height - radius), 255, -1)
    for x in (radius, width - radius - 1):
        for y in (radius, height - radius - 1):
            cv2.circle(mask, (x, y), radius, 255, -1)
    return mask


def _corners(x: float, y: float, side: float, margin: float) -> NDArray[np.float32]:
    near, far = margin, side - margin
    return np.array([[x + near, y + near], [x + far, y + near], [x + far, y + far], [x + near, y + far]], np.float32)
