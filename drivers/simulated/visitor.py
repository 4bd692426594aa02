"""How a simulated visitor behaves, as pure functions of time since arrival.

walks up 1.0 s | raises the first card 0.4 s | shows the cards in turn, each `hold_s`, 0.25 s between
line active -> 0.3 s later sets off, `passage_s` later at the passage sensor, then gone
patience over -> turns and walks away 1.0 s
"""

import math
import random
from dataclasses import dataclass
from typing import Literal

from drivers.simulated.script import CardScript, VisitorScript

WALK_S = 1.0
RAISE_S = 0.4
SWAP_S = 0.25
REACTION_S = 0.3
FIELD_RAMP_S = 0.15
"""How long a forehead takes to enter or leave the thermometer's field."""
AT_SENSOR_S = 0.15
"""How long a passer-by covers the passage sensor."""
FOLLOW_S = 0.7
"""How far behind each other people slip through."""
HELD_UP = 0.98
"""A card raised so far is at rest."""


@dataclass(frozen=True, slots=True)
class HeldCard:
    """A card as held: `number` in the visitor's script, `raised` 0 to 1, `tilt` in radians, `distance` about 1."""

    number: int
    text: str
    medium: Literal["phone", "paper"]
    raised: float
    tilt: float
    distance: float
    glare: float
    torn: bool = False


@dataclass(frozen=True, slots=True)
class Posture:
    """What the camera can see of the `turn`-th visitor: `presence` 0 (absent) to 1 (at the gate), and the cards.

    `through`: on the way out through the gate, not coming or turning back.
    """

    turn: int = 0
    presence: float = 0.0
    cards: tuple[HeldCard, ...] = ()
    through: bool = False


@dataclass(frozen=True, slots=True)
class Hand:
    """One hand's habits: where it holds a card, and two slow tremors of amplitude, frequency and phase."""

    tilt: float
    distance: float
    glare: float
    tremors: tuple[tuple[float, float, float], ...]

    def sway(self, t: float) -> float:
        """Return the tremor at `t`, about -1 to 1."""
        return sum(size * math.sin(math.tau * hertz * t + phase) for size, hertz, phase in self.tremors)


@dataclass(frozen=True, slots=True)
class Visit:
    """One visitor's time at the gate. `opened_s`: when he saw the line become active, seconds since arrival."""

    turn: int
    script: VisitorScript
    hands: tuple[Hand, ...]
    skin_loss: float
    skin_offset_c: float
    opened_s: float | None = None

    @property
    def turns_s(self) -> float:
        """When he sets off, one way or the other."""
        if self.opened_s is None:
            return WALK_S + self.script.patience_s
        return max(WALK_S, self.opened_s) + REACTION_S

    @property
    def passes_s(self) -> float | None:
        """When he is at the passage sensor; None if he does not pass."""
        passes = self.opened_s is not None and self.script.passes
        return self.turns_s + self.script.passage_s if passes else None

    @property
    def gone_s(self) -> float:
        """When nothing of him is left at the gate."""
        if self.passes_s is not None:
            return self.passages_s[-1] + AT_SENSOR_S
        return self.turns_s + WALK_S

    @property
    def passages_s(self) -> tuple[float, ...]:
        """When he and whoever slips in behind him are at the passage sensor; empty if he does not pass."""
        if self.passes_s is None:
            return ()
        return tuple(self.passes_s + FOLLOW_S * number for number in range(self.script.followers + 1))

    @property
    def touches_s(self) -> float | None:
        """When he touches the screen; None if he does not, or is gone before."""
        touches_s = None if self.script.touches_s is None else WALK_S + self.script.touches_s
        return touches_s if touches_s is not None and touches_s < self.turns_s else None

    def unplugged(self, part: str, t: float) -> bool:
        """Whether a part of the kiosk is unplugged at `t` seconds since arrival."""
        return any(upset.part == part and upset.after_s <= t < upset.after_s + upset.for_s for upset in self.script.upsets)

    @property
    def forehead_s(self) -> float:
        """When the forehead begins to fill the thermometer's field."""
        return WALK_S

    def in_field(self, t: float) -> float:
        """Return the share of the thermometer's field that the forehead fills, 0 to 1."""
        entering = (t - (WALK_S - FIELD_RAMP_S)) / FIELD_RAMP_S
        leaving = 1 - (t - self.turns_s) / FIELD_RAMP_S
        return max(0.0, min(1.0, entering, leaving))

    def skin_c(self, ambient_c: float) -> float:
        """Return the forehead's surface temperature in air of `ambient_c`: each person's own."""
        core = self.script.core_c
        return core - self.skin_loss * (core - ambient_c) + self.skin_offset_c

    def posture(self, t: float) -> Posture:
        """Return what the camera can see at `t` seconds since arrival."""
        leaving = self.gone_s if self.passes_s is None else self.passes_s
        if t < 0 or t >= leaving:
            return Posture(self.turn)
        arriving = _ease(t / WALK_S)
        going = 1 - _ease((t - self.turns_s) / (leaving - self.turns_s))
        through = self.passes_s is not None and t > self.turns_s
        return Posture(self.turn, min(arriving, going), self._cards(t), through)

    def _cards(self, t: float) -> tuple[HeldCard, ...]:
        shown_s = t - WALK_S
        if shown_s < 0 or not self.script.cards:
            return ()
        lowering = 1 - _ease((t - self.turns_s) / RAISE_S)
        if self.script.simultaneous:
            up = min(_ease(shown_s / RAISE_S), lowering)
            held = [(number, up) for number in range(len(self.script.cards))]
        else:
            number, up = self._in_turn(min(shown_s, self.turns_s - WALK_S))
            held = [(number, min(up, lowering))]
        return tuple(self._hold(number, up, t) for number, up in held if up > 0)

    def _in_turn(self, shown_s: float) -> tuple[int, float]:
        """Return which card is up, and how far, when they are shown one after the other, round and round."""
        cards = self.script.cards
        if len(cards) == 1 or shown_s < RAISE_S:
            return 0, _ease(shown_s / RAISE_S)
        since = (shown_s - RAISE_S) % sum(card.hold_s + SWAP_S for card in cards)
        for number, card in enumerate(cards):
            if since < card.hold_s:
                return number, 1.0
            since -= card.hold_s
            if since < SWAP_S / 2:
                return number, 1 - _ease(since / (SWAP_S / 2))
            if since < SWAP_S:
                return (number + 1) % len(cards), _ease((since - SWAP_S / 2) / (SWAP_S / 2))
            since -= SWAP_S
        return 0, 1.0

    def _hold(self, number: int, up: float, t: float) -> HeldCard:
        card: CardScript = self.script.cards[number]
        hand = self.hands[number]
        sway = hand.sway(t)
        return HeldCard(
            number,
            card.text,
            card.medium,
            raised=up,
            tilt=hand.tilt + 0.02 * sway,
            distance=min(1.4, max(0.7, hand.distance + 0.01 * sway)),
            glare=hand.glare,
            torn=card.torn,
        )


def visit_of(script: VisitorScript, seed: int, turn: int) -> Visit:
    """Give the `turn`-th visitor of a script hands and a forehead of his own, from the seed."""
    # Not for secrets: the same seed shall give the same visitor.
    lot = random.Random(f"{seed}/{turn}/{script.name}")  # noqa: S311
    hands = tuple(
        Hand(
            tilt=lot.uniform(-0.12, 0.12),
            distance=lot.uniform(0.9, 1.15),
            glare=lot.uniform(0.0, 0.3 if card.medium == "phone" else 0.08),
            tremors=tuple(
                (lot.uniform(0.2, 0.5), hertz * lot.uniform(0.8, 1.25), lot.uniform(0, math.tau)) for hertz in (0.7, 2.3)
            ),
        )
        for card in script.cards
    )
    # Assumed, not measured. The mean is the inverse of the estimator's formula (0.184 / 1.184), so a simulation
    # shows how far persons scatter, and says nothing of whether that formula is right on average.
    return Visit(turn, script, hands, skin_loss=lot.gauss(0.155, 0.003), skin_offset_c=lot.gauss(0.0, 0.07))


def _ease(share: float) -> float:
    """Go from 0 to 1 without a jerk."""
    share = max(0.0, min(1.0, share))
    return share * share * (3 - 2 * share)
