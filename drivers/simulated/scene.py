"""The picture that a gate camera would give of simulated visitors: 1280x720 BGR, with the faults of a real one.

Perspective, a trembling hand, motion blur, defocus, glare on a phone, sensor noise, and an exposure that settles
in 300 ms when a bright screen comes in. It knows nothing of decoding; the same calls give the same frames.
"""

import math
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.simulated.backdrop import (
    COATS,
    HEIGHT,
    PERSON_HEIGHT,
    PERSON_WIDTH,
    WIDTH,
    Figure,
    draw_backdrop,
    draw_person,
)
from drivers.simulated.cards import SKIN, CardFace, Image, Medium, draw_card

EXPOSURE_LAG_S = 0.1
"""An automatic exposure answers to frames that it has already given: three of them."""
EXPOSURE_TAU_S = 0.08
"""Its time constant: with the lag, nine tenths settled after 300 ms."""
BRIGHT_SCREEN_GAIN = 0.86
"""What a settled camera takes the picture down to while a phone fills much of it."""
HALATION = 2.6
"""Pixels by which the light of a wholly over-exposed screen spreads."""
SHUTTER_S = 1 / 60
MAX_BLUR = 25
NOISE_LIFT = 8
"""Grey levels that the noise adds on average, taken away before by the exposure's table."""
CARDS_KEPT = 16
HELD_AT = (640.0, 400.0)
"""Where a raised card's code is, in pixels of the frame."""
SIDE_BY_SIDE = 350.0
SOLID = 200
"""A person is drawn where their mask is above this: what is softer has the drawing's black ground in it."""
STANDS_AT, OUTSIDE = 600, 320
"""Where a person's middle is at the gate, and how far beyond the frame's edge it is when they come or have gone."""


Area = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Card:
    """A card in a hand: `raise_` 0 (below the frame) to 1 (held up); `tilt` in radians.

    `distance` is about 1, and larger is farther; `glare` 0 to 1 shows on phones alone.
    """

    text: str
    medium: Medium
    raise_: float
    tilt: float
    distance: float
    glare: float
    torn: bool = False


@dataclass(frozen=True, slots=True)
class ScenePose:
    """Somebody before the camera: `presence` 0 (nobody) to 1 (at the gate), and the cards held side by side.

    `who` is the same for as long as they are there. `through`: they walk out through the gate, on the left.
    """

    presence: float
    cards: tuple[Card, ...] = ()
    who: int = 0
    through: bool = False


@dataclass(slots=True)
class _Hand:
    """Where a card was in the frame before."""

    x: float
    y: float
    at: float


@dataclass(slots=True)
class _Person:
    """Whose look somebody has, their figure at the size last drawn, and where each of their cards was before."""

    look: int
    size: tuple[int, int] = (0, 0)
    figure: Figure | None = None
    hands: dict[int, _Hand] = field(default_factory=dict)


class SceneRenderer:
    """Renders frames in the order of time. One thread."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._backdrop = draw_backdrop(self._rng)
        self._people = [draw_person(number) for number in range(len(COATS))]
        # Noise for 720p costs 37 ms a frame when drawn afresh; windows at random places of a pool cost one.
        noise = self._rng.normal(NOISE_LIFT, 2.6, (HEIGHT + 64, WIDTH + 64, 3))
        self._noise = np.clip(noise, 0, 2 * NOISE_LIFT).astype(np.uint8)
        self._tremor = self._rng.uniform(0, math.tau, (8, 4))
        self._faces: OrderedDict[tuple[str, Medium, bool], CardFace] = OrderedDict()
        self._present: dict[int, _Person] = {}
        self._gain = 1.0
        self._wanted: deque[tuple[float, float]] = deque(maxlen=32)
        self._last_at: float | None = None

    def render(self, poses: Sequence[ScenePose], at: float) -> tuple[Image, tuple[bool, ...]]:
        """Return the frame at monotonic time `at`, and of each person whether cards are held, every code wholly inside.

        Whoever is farther from the gate is behind.
        """
        frame = self._backdrop.copy()
        self._present = {pose.who: self._person(pose.who) for pose in poses if pose.presence > 0}
        there = sorted((pose for pose in poses if pose.presence > 0), key=lambda pose: pose.presence)
        for pose in there:
            self._draw_person(frame, pose, at)
        excess = self._expose([card for pose in there for card in pose.cards], at)
        whole = dict.fromkeys((pose.who for pose in poses), False)
        for pose in there:
            whole[pose.who] = self._draw_cards(frame, pose, at, excess)
        self._last_at = at
        return self._sense(frame), tuple(whole[pose.who] for pose in poses)

    def _person(self, who: int) -> _Person:
        known = self._present.get(who)
        return known if known is not None else _Person(int(self._rng.integers(len(self._people))))

    def _draw_person(self, frame: Image, pose: ScenePose, at: float) -> None:
        """Come in from the right, growing; stand with a slight sway; go back, or through the gate to the left."""
        person = self._present[pose.who]
        scale = 0.6 + 0.4 * pose.presence
        size = round(PERSON_WIDTH * scale / 4) * 4, round(PERSON_HEIGHT * scale / 4) * 4
        if person.figure is None or person.size != size:
            whole = self._people[person.look]
            image = cv2.resize(whole.image, size, interpolation=cv2.INTER_LINEAR)
            mask = cv2.resize(whole.mask, size, interpolation=cv2.INTER_LINEAR)
            _, solid = cv2.threshold(mask, SOLID, 255, cv2.THRESH_BINARY)
            person.size, person.figure = size, Figure(np.asarray(image, np.uint8), np.asarray(solid, np.uint8))
        outside = -OUTSIDE if pose.through else WIDTH + OUTSIDE
        centre = outside + pose.presence * (STANDS_AT - outside) + 3 * math.sin(1.9 * at)
        _cover(frame, person.figure, round(centre - size[0] / 2), HEIGHT - size[1] + 10)

    def _expose(self, cards: Sequence[Card], at: float) -> float:
        """Move the exposure toward what the picture wants; return how far the screens are over-exposed."""
        screen = max((card.raise_ for card in cards if card.medium == "phone"), default=0.0)
        wanted = 1.0 - (1.0 - BRIGHT_SCREEN_GAIN) * min(1.0, max(0.0, screen))
        self._wanted.append((at, wanted))
        while len(self._wanted) > 1 and self._wanted[1][0] <= at - EXPOSURE_LAG_S:
            self._wanted.popleft()
        known = self._wanted[0][1]
        elapsed = 0.0 if self._last_at is None else max(0.0, at - self._last_at)
        self._gain = known + (self._gain - known) * math.exp(-elapsed / EXPOSURE_TAU_S)
        return max(0.0, (self._gain - wanted) / (1.0 - BRIGHT_SCREEN_GAIN))

    def _draw_cards(self, frame: Image, pose: ScenePose, at: float, excess: float) -> bool:
        person = self._present[pose.who]
        inside = [self._draw_card(frame, pose, number, at, excess) for number in range(len(pose.cards))]
        person.hands = {number: person.hands[number] for number in range(len(pose.cards))}
        return bool(inside) and all(inside)

    def _draw_card(self, frame: Image, pose: ScenePose, number: int, at: float, excess: float) -> bool:
        person = self._present[pose.who]
        card = pose.cards[number]
        face = self._face(card)
        x, y = self._place(pose, number, at)
        quad = _seen(face, card, x, y)
        corners = np.array([[0, 0], [face.image.shape[1], 0], face.image.shape[1::-1], [0, face.image.shape[0]]])
        warp = cv2.getPerspectiveTransform(corners.astype(np.float32), quad)
        code = cv2.perspectiveTransform(face.code[None], warp)[0]
        _draw_arm(frame, quad, COATS[person.look])
        blur = _blur(person.hands, number, x, y, at)
        left, top = np.floor(quad.min(axis=0)).astype(int) - MAX_BLUR
        right, bottom = np.ceil(quad.max(axis=0)).astype(int) + MAX_BLUR
        left, top, right, bottom = max(0, left), max(0, top), min(WIDTH, right), min(HEIGHT, bottom)
        if left < right and top < bottom:
            shift = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)
            size = int(right - left), int(bottom - top)
            image = np.asarray(cv2.warpPerspective(face.image, shift @ warp, size), np.uint8)
            mask = np.asarray(cv2.warpPerspective(face.mask, shift @ warp, size), np.uint8)
            sigma = 0.55 + 2.2 * abs(card.distance - 1.0)
            if card.medium == "phone":
                image = _shine(image, card, code - (left, top), excess)
                sigma += HALATION * excess
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)
            if blur != (1, 1):
                image = np.asarray(cv2.blur(image, blur), np.uint8)
                mask = np.asarray(cv2.blur(mask, blur), np.uint8)
            _blend(frame, image, mask, int(left), int(top))
        return bool((code >= 0).all() and (code[:, 0] < WIDTH).all() and (code[:, 1] < HEIGHT).all())

    def _face(self, card: Card) -> CardFace:
        key = card.text, card.medium, card.torn
        if key not in self._faces:
            self._faces[key] = draw_card(*key)
            if len(self._faces) > CARDS_KEPT:
                self._faces.popitem(last=False)
        self._faces.move_to_end(key)
        return self._faces[key]

    def _place(self, pose: ScenePose, number: int, at: float) -> tuple[float, float]:
        """Return where the code's middle is: its place beside the others, the raising, the hand's tremor."""
        phase = self._tremor[number % len(self._tremor)]
        aside = (number - (len(pose.cards) - 1) / 2) * SIDE_BY_SIDE
        slow, fast = math.tau * 0.7 * at, math.tau * 8.5 * at
        x = HELD_AT[0] + aside + 5 * math.sin(slow + phase[0]) + 0.8 * math.sin(fast + phase[1])
        y = HELD_AT[1] + 4 * math.sin(0.8 * slow + phase[2]) + 0.9 * math.sin(1.1 * fast + phase[3])
        return x, y + (1.0 - pose.cards[number].raise_) * (HEIGHT - 120)

    def _sense(self, frame: Image) -> Image:
        """Expose the whole picture and add the sensor's noise, from a random window of the pool."""
        levels = np.clip(np.arange(256) * self._gain - NOISE_LIFT, 0, 255).astype(np.uint8)
        x, y = (int(offset) for offset in self._rng.integers(0, 64, 2))
        exposed = cv2.LUT(frame, levels)
        return np.asarray(cv2.add(exposed, self._noise[y : y + HEIGHT, x : x + WIDTH]), np.uint8)


def _blur(hands: dict[int, _Hand], number: int, x: float, y: float, at: float) -> tuple[int, int]:
    """Return the motion blur in pixels: how far the card goes while the shutter is open."""
    before = hands.get(number)
    hands[number] = _Hand(x, y, at)
    if before is None or at <= before.at:
        return 1, 1
    share = SHUTTER_S / (at - before.at)
    return (
        1 + min(MAX_BLUR - 1, round(abs(x - before.x) * share)),
        1 + min(MAX_BLUR - 1, round(abs(y - before.y) * share)),
    )


def _draw_arm(frame: Image, quad: NDArray[np.float32], coat: tuple[int, int, int]) -> None:
    """A sleeve from the lower edge, and the hand behind the card."""
    hand = quad[2] * 0.75 + quad[1] * 0.25
    grip = (round(float(hand[0])) - 14, round(float(hand[1])))
    colour = tuple(part * 0.7 for part in coat)
    cv2.line(frame, (grip[0] + 90, HEIGHT + 40), (grip[0] + 24, grip[1] + 70), colour, 92, cv2.LINE_AA)
    cv2.ellipse(frame, grip, (46, 66), -16, 0, 360, tuple(part * 0.88 for part in SKIN), -1, cv2.LINE_AA)


def _seen(face: CardFace, card: Card, x: float, y: float) -> NDArray[np.float32]:
    """Return the card's corners in the frame: turned about two axes by its tilt, through a pinhole."""
    height, width = face.image.shape[:2]
    middle = face.code.mean(axis=0)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64) - middle
    roll, lean = 0.35 * card.tilt, card.tilt
    cos, sin = math.cos(roll), math.sin(roll)
    turned = corners @ np.array([[cos, sin], [-sin, cos]])
    # The focal length is about the picture's width; the card leans back by its tilt and turns half as far.
    depth = 1.0 + (turned[:, 1] * math.sin(lean) + turned[:, 0] * math.sin(lean / 2)) / WIDTH
    flat = turned * (math.cos(lean / 2), math.cos(lean))
    return np.asarray(flat / (depth * card.distance)[:, None] + (x, y), np.float32)


def _shine(image: Image, card: Card, code: NDArray[np.float32], excess: float) -> Image:
    """Make the card a lit screen: too bright until the exposure has settled, with a lamp's reflection."""
    if excess > 0.02:
        # Over-exposed, the dark modules drown in stray light: contrast goes down to an eighth.
        contrast = 1.0 - 0.88 * min(1.0, excess)
        image = np.asarray(cv2.convertScaleAbs(image, alpha=contrast, beta=255 * (1 - contrast) + 10), np.uint8)
    if card.glare > 0.02:
        side = float(np.linalg.norm(code[1] - code[0]))
        middle = code.mean(axis=0) + side * np.array([0.42 + 0.3 * card.tilt, -0.40])
        radius = max(2, round(side * 0.34))
        _add_spot(image, (int(middle[0]), int(middle[1])), radius, card.glare)
    return image


def _add_spot(image: Image, middle: tuple[int, int], radius: int, strength: float) -> None:
    x, y = middle
    left, top = max(0, x - radius), max(0, y - radius)
    right, bottom = min(image.shape[1], x + radius), min(image.shape[0], y + radius)
    if left >= right or top >= bottom:
        return
    across = np.arange(left, right, dtype=np.float32) - x
    down = np.arange(top, bottom, dtype=np.float32) - y
    far = (across[None, :] ** 2 + (down[:, None] * 1.4) ** 2) / (radius * radius)
    spot = (np.clip(1.0 - far, 0, 1) ** 2 * (255 * min(1.0, strength))).astype(np.uint8)
    part = image[top:bottom, left:right]
    cv2.add(part, cv2.cvtColor(spot, cv2.COLOR_GRAY2BGR), dst=part)


def _cover(frame: Image, figure: Figure, left: int, top: int) -> None:
    """Put a person into the frame: a copy, for a soft edge as cards have it costs five times as much at this size."""
    if (cut := _cut(figure.mask.shape, left, top)) is not None:
        inside, seen = cut
        cv2.copyTo(figure.image[seen], figure.mask[seen], frame[inside])


def _blend(frame: Image, image: Image, mask: Image, left: int, top: int) -> None:
    """Lay an image over the frame where its mask covers, cut at the frame's edge."""
    if (cut := _cut(mask.shape, left, top)) is not None:
        inside, seen = cut
        part = frame[inside]
        weight = mask[seen].astype(np.float32) * np.float32(1 / 255)
        part[:] = cv2.blendLinear(np.ascontiguousarray(image[seen]), np.ascontiguousarray(part), weight, 1 - weight)


def _cut(shape: tuple[int, ...], left: int, top: int) -> tuple[Area, Area] | None:
    """Return the part of the frame that something at this place covers, and that part of it; None when it is outside."""
    height, width = shape
    x0, y0, x1, y1 = max(0, left), max(0, top), min(WIDTH, left + width), min(HEIGHT, top + height)
    if x0 >= x1 or y0 >= y1:
        return None
    return (slice(y0, y1), slice(x0, x1)), (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
