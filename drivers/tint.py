"""The colour around a code: green, yellow or red, as health codes show it, with how sure that is. Pure.

Evidence, never proof: a screen can show any colour. What a camera makes of a colour depends on the light and on the
screen, so colour is judged against the code's own white, its light modules, and by its hue alone: a white that looks
bluish takes the blue out of what lies around, and a dark screen is a matter of brightness.
"""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from drivers.engines import Corners, Picture

RIM = 0.35
"""How far around the code is looked at, of its side."""
QUIET = 0.06
"""So much nearest to the code is its own quiet zone, which is white."""
BOX = 96
"""Pixels to which the code with its rim is brought."""
WHITE_PERCENTILE = 80
DARKEST = 24
"""A white darker than this, of 255, has no colour left to judge by."""
SATURATED, BRIGHT = 90, 70
"""Of 255, after the white was set right: paler and darker is no colour."""
MOST = 0.25
"""A colour of the rim covers so much of it at least."""


class Tint(StrEnum):
    """A colour that a health code has."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


HUES: dict[Tint, tuple[tuple[int, int], ...]] = {
    Tint.GREEN: ((40, 90),),
    Tint.YELLOW: ((12, 36),),
    Tint.RED: ((0, 9), (170, 180)),
}
"""In OpenCV's half degrees, from and before."""


@dataclass(frozen=True, slots=True)
class Tinted:
    """The colour that most of what is coloured has, and how sure that is, 0 to 1."""

    tint: Tint
    confidence: float


def tint_around(image: Picture, corners: Corners) -> Tinted | None:
    """Return the colour in and around a code in a BGR picture; None where there is none, or it cannot be told.

    Health codes have coloured modules or a coloured field around, so both are looked at. The confidence is the share
    of that colour among all that is coloured, times how much of it is coloured, half being enough.
    """
    if len(corners) != 4:
        return None
    code, field = _flattened(image, corners)
    white = _white_of(code)
    if white.min() < DARKEST:
        return None
    balanced = np.clip(field.astype(np.float32) * (255.0 / white), 0, 255).astype(np.uint8)
    hue, saturation, value = cv2.split(cv2.cvtColor(balanced, cv2.COLOR_BGR2HSV))
    coloured = (np.asarray(saturation) >= SATURATED) & (np.asarray(value) >= BRIGHT)
    share = float(coloured.mean())
    if share < MOST:
        return None
    hues = np.asarray(hue)[coloured]
    shares = {
        tint: float(np.mean([(hues >= low) & (hues < high) for low, high in spans], axis=1).sum())
        for tint, spans in HUES.items()
    }
    tint = max(shares, key=lambda one: shares[one])
    confidence = shares[tint] * min(1.0, 2 * share)
    return Tinted(tint, round(confidence, 3)) if shares[tint] > 0.5 else None


def _flattened(image: Picture, corners: Corners) -> tuple[Picture, Picture]:
    """Return the code laid flat, and what lies around it and its quiet zone with its dark modules, as rows of pixels."""
    inner = BOX / (1 + 2 * RIM)
    near, far = BOX * RIM / (1 + 2 * RIM), BOX * RIM / (1 + 2 * RIM) + inner
    target = np.array([[near, near], [far, near], [far, far], [near, far]], np.float32)
    warp = cv2.getPerspectiveTransform(np.array(corners, np.float32), target)
    flat = np.asarray(cv2.warpPerspective(image, warp, (BOX, BOX), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    low, high = round(near), round(far)
    quiet = round(QUIET * inner)
    code = flat[low:high, low:high]
    around = np.ones((BOX, BOX), bool)
    around[low - quiet : high + quiet, low - quiet : high + quiet] = False
    grey = np.asarray(cv2.cvtColor(code, cv2.COLOR_BGR2GRAY), np.uint8)
    dark = code[grey < (int(grey.min()) + int(grey.max())) // 2]
    rim = flat[around]
    # Whichever is coloured: a field around black modules, or coloured modules on white.
    pixels = max((rim, dark), key=_colourfulness)
    return code, np.asarray(pixels.reshape(-1, 1, 3), np.uint8)


def _white_of(code: Picture) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Return what the camera makes of white, in each channel: the code's light modules."""
    return np.asarray(np.percentile(code.reshape(-1, 3), WHITE_PERCENTILE, axis=0), np.float64)


def _colourfulness(pixels: Picture) -> float:
    if pixels.size == 0:
        return 0.0
    brightest = pixels.max(axis=1).astype(np.float32)
    return float(((brightest - pixels.min(axis=1)) / np.maximum(brightest, 1)).mean())
