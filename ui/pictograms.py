"""The pictograms, as shapes on a square of 100 by 100, the origin at the lower left. Data only; drawn by ui.widgets.

A mark is drawn in ink, or with `cut` in the colour of what lies behind it. Strokes have round ends and corners.
"""

from dataclasses import dataclass
from math import cos, pi, sin

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through points."""

    points: tuple[Point, ...]
    width: float = 7.0
    closed: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Disc:
    """A filled circle."""

    x: float
    y: float
    radius: float
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle with round corners."""

    x: float
    y: float
    width: float
    height: float
    radius: float = 0.0
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """A filled polygon, convex."""

    points: tuple[Point, ...]
    cut: bool = False


Mark = Stroke | Disc | Box | Area


def arc(x: float, y: float, radius: float, begin: float, end: float, parts: int = 24) -> tuple[Point, ...]:
    """Return the points of an arc, in degrees from the right, counterclockwise."""
    angles = (begin + (end - begin) * step / parts for step in range(parts + 1))
    return tuple((x + radius * cos(angle * pi / 180), y + radius * sin(angle * pi / 180)) for angle in angles)


def _ring(x: float, y: float, radius: float, width: float) -> Stroke:
    return Stroke(arc(x, y, radius, 0, 360, 48), width, closed=True)


_FACE: tuple[Mark, ...] = (
    Disc(42, 58, 26),
    Area(((8, 4), (76, 4), (70, 18), (58, 26), (26, 26), (14, 18))),
    Stroke(((8, 6), (14, 18), (26, 26), (58, 26), (70, 18), (76, 6)), 4),
)
_PHONE: tuple[Mark, ...] = (Box(24, 4, 52, 92, 9), Box(31, 17, 38, 67, 2, cut=True), Box(43, 8.5, 14, 4, 2, cut=True))
_QR: tuple[Mark, ...] = tuple(
    mark
    for x, y in ((35, 66), (53, 66), (35, 48))
    for mark in (Box(x, y, 13, 13, 1), Box(x + 3, y + 3, 7, 7, 0.5, cut=True), Box(x + 5, y + 5, 3, 3))
)
_DOTS: tuple[Mark, ...] = tuple(
    Box(x, y, 4.2, 4.2)
    for x, y in ((53, 57), (62, 52), (57, 48), (53, 43), (62, 43), (48, 38), (39, 38), (57, 34), (35, 30), (44, 29), (62, 34))
)
_CAMERA: tuple[Mark, ...] = (Box(8, 24, 84, 54, 9), Box(34, 72, 32, 14, 5), Disc(50, 51, 19, cut=True), Disc(50, 51, 11))
_THERMOMETER: tuple[Mark, ...] = (
    Box(38, 30, 24, 64, 12),
    Disc(50, 24, 20),
    Box(45, 36, 10, 51, 5, cut=True),
    Disc(50, 24, 12, cut=True),
    Disc(50, 24, 8),
    Box(47, 24, 6, 38, 3),
)
_STRUCK: tuple[Mark, ...] = (Stroke(((14, 10), (90, 86)), 17, cut=True), Stroke(((12, 12), (88, 88)), 8))
_CLOUD: tuple[Mark, ...] = (Disc(30, 42, 20), Disc(52, 54, 25), Disc(74, 42, 18), Box(28, 22, 48, 24, 4))
_HANDSET: tuple[Mark, ...] = (
    Stroke(arc(80, 80, 56, 182, 268), 17),
    Stroke(((22, 84), (36, 70)), 24),
    Stroke(((70, 36), (84, 22)), 24),
)

PICTOGRAMS: dict[str, tuple[Mark, ...]] = {
    "temperature": (
        *_FACE,
        Box(79, 54, 17, 28, 4),
        Stroke(((70, 64), (77, 66)), 3),
        Stroke(((70, 72), (77, 70)), 3),
    ),
    "code": (*_PHONE, *_QR, *_DOTS),
    "form": (
        Box(14, 6, 62, 82, 7),
        Box(21, 13, 48, 66, 2, cut=True),
        Box(31, 80, 28, 14, 5),
        Stroke(((30, 64), (60, 64)), 5),
        Stroke(((30, 49), (52, 49)), 5),
        Stroke(((30, 34), (44, 34)), 5),
        Stroke(((60, 22), (88, 58)), 17, cut=True),
        Stroke(((62, 24), (88, 58)), 10),
        Area(((57, 16), (67, 20), (59, 27))),
    ),
    "enter": (
        Stroke(((54, 90), (90, 90), (90, 10), (54, 10)), 9),
        Stroke(((8, 50), (64, 50)), 10),
        Stroke(((44, 28), (66, 50), (44, 72)), 10),
    ),
    "tick": (Stroke(((14, 50), (40, 24), (86, 76)), 15),),
    "cross": (Stroke(((20, 20), (80, 80)), 14), Stroke(((20, 80), (80, 20)), 14)),
    "hand": (
        Box(24, 30, 11, 46, 5.5),
        Box(37.5, 34, 11, 58, 5.5),
        Box(51, 34, 11, 60, 5.5),
        Box(64.5, 34, 11, 50, 5.5),
        Box(24, 5, 51.5, 40, 17),
        Box(24, 26, 51.5, 14, 0.5),
        Stroke(((68, 20), (90, 48)), 11.5),
    ),
    "phone": _HANDSET,
    "ringing": (
        *_HANDSET,
        Stroke(arc(50, 50, 22, 8, 82), 6),
        Stroke(arc(50, 50, 38, 8, 82), 6),
    ),
    "arrow": (Stroke(((12, 50), (84, 50)), 15), Stroke(((54, 20), (86, 50), (54, 80)), 15)),
    "back": (Stroke(((16, 50), (86, 50)), 11), Stroke(((44, 22), (16, 50), (44, 78)), 11)),
    "globe": (
        _ring(50, 50, 40, 6),
        Stroke(((10, 50), (90, 50)), 5),
        Stroke(((17, 71), (83, 71)), 5),
        Stroke(((17, 29), (83, 29)), 5),
        Stroke(tuple((50 + 18 * cos(a * pi / 24), 50 + 40 * sin(a * pi / 24)) for a in range(49)), 5, closed=True),
        Stroke(((50, 10), (50, 90)), 5),
    ),
    "large_type": (
        Stroke(((4, 18), (27, 84), (50, 18)), 9),
        Stroke(((13, 42), (41, 42)), 8),
        Stroke(((62, 18), (77, 58), (92, 18)), 7),
        Stroke(((67, 32), (87, 32)), 6),
    ),
    "contrast": (
        _ring(50, 50, 40, 7),
        Area(((50, 12), *arc(50, 50, 38, -90, 90))),
    ),
    "time": (
        _ring(46, 48, 36, 8),
        Stroke(((46, 70), (46, 48), (60, 38)), 8),
        Stroke(((88, 72), (88, 98)), 8),
        Stroke(((75, 85), (100, 85)), 8),
    ),
    "barrier": (
        Box(12, 4, 18, 66, 4),
        Box(24, 48, 72, 18, 4),
        Stroke(((44, 50), (52, 64)), 7, cut=True),
        Stroke(((64, 50), (72, 64)), 7, cut=True),
        Stroke(((84, 50), (90, 62)), 5, cut=True),
        Disc(21, 78, 11),
    ),
    "warning": (
        Area(((50, 92), (94, 12), (6, 12))),
        Stroke(((50, 90), (92, 13), (8, 13)), 8, closed=True),
        Stroke(((50, 64), (50, 40)), 9, cut=True),
        Disc(50, 24, 5.5, cut=True),
    ),
    "no_camera": (*_CAMERA, *_STRUCK),
    "no_thermometer": (*_THERMOMETER, *_STRUCK),
    "offline": (*_CLOUD, *_STRUCK),
    "moment": (Disc(18, 50, 11), Disc(50, 50, 11), Disc(82, 50, 11)),
    "dash": (Stroke(((24, 50), (76, 50)), 13),),
    "question": (
        Stroke((*arc(50, 66, 20, 170, -60), (50, 38)), 11),
        Disc(50, 18, 7),
    ),
    "person": _FACE,
    "delete": (
        Stroke(((34, 82), (92, 82), (92, 18), (34, 18), (6, 50)), 8, closed=True),
        Stroke(((48, 36), (76, 64)), 8),
        Stroke(((48, 64), (76, 36)), 8),
    ),
}
