"""Foreheads before a thermometer, as physics: what a chip would see of thousands of people who walk up. Seeded.

Not the model of the simulated gate, and not the formula of the estimator: skin is a balance of blood, air, sun and wind;
the field is a round spot with soft edges that wanders over forehead, hair, brow and wall; radiation adds up as the fourth
power; the chip converts at its own pace. The numbers are assumptions, each with its reason, and nobody was measured.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

EMPTY_S = 0.6
"""Before anybody comes into view, so that the estimator knows the scene."""
LASTS_S = 4.0
PERIOD_S = 0.085
PERIOD_SPREAD = 0.2
WINDOW = (0.40, 0.25, 0.10)
"""Shares of a period before its end at which the scene is looked at: the object has about half of it."""
NOISE_C = 0.05
AMBIENT_NOISE_C = 0.015
SELF_HEATING_C = 0.3
LSB_C = 0.02
EMISSIVITY = 0.98
KELVIN = 273.15
BLOOD_W = 49.0
"""What blood brings to the skin, W/m2K: at rest indoors skin then lies 0.155 of the way down to the air."""
STILL_AIR_W = 9.0
WIND_W = 6.0
"""W/m2K: radiation and still air together, and what a metre a second adds (about v to the power of 0.6)."""
COLD_RECOVERS_S = 240.0
SPOT_PER_M = 0.0203
"""Standard deviation of the spot by distance: 90 % of it lie within 5 degrees."""
FOREHEAD_M = (0.11, 0.055)
GAIT_HZ = 1.9

CONDITIONS = ("plain", "hat", "glasses", "sun", "wind", "from the cold", "hot cup", "someone behind", "child or tall")
"""What may be the matter with an approach; `plain` is none of the others. Several may hold at once."""


@dataclass(frozen=True, slots=True)
class Approaches:
    """What a chip gave for each of `n` approaches, `k` values each, and what the world knows of them.

    `at_s`, `object_c`, `ambient_c`: (n, k). `core_c`, `filled_s` (the forehead fills as much of the spot as it will),
    `distance_m` where the person stands, `conditions` by name: (n,).
    """

    at_s: Values
    object_c: Values
    ambient_c: Values
    core_c: Values
    filled_s: Values
    distance_m: Values
    conditions: dict[str, Flags]


def approach(count: int, seed: int, *, plain: bool = False, fever: float = 0.2) -> Approaches:
    """Let `count` people come, a share of them with a fever. `plain`: as for a calibration, indoors and well placed."""
    lot = np.random.default_rng([seed, count, int(plain)])
    outdoors = _some(lot, count, 0.0 if plain else 0.25)
    air = np.where(outdoors, lot.uniform(10, 33, count), lot.normal(22.5, 3.0, count).clip(15, 31))
    conditions = _conditions(lot, count, outdoors, plain)
    core = np.where(lot.random(count) < fever, 38.0 + lot.exponential(0.6, count).clip(0, 2.5), lot.normal(36.7, 0.3, count))
    scene = _Scene(lot, count, air, core, conditions)
    at = _conversions(lot, count)
    # One gate, so one unit: off by a little, and by a little more the hotter it is.
    unit = np.random.default_rng([seed, 7])
    offset, gain = unit.normal(0, 0.08), unit.normal(0, 0.003)
    kelvin4 = np.mean([scene.radiance(at - share * PERIOD_S) for share in WINDOW], axis=0)
    seen = kelvin4**0.25 - KELVIN
    seen += offset + gain * (seen - 37.0) + lot.normal(0, NOISE_C, at.shape)
    chip = air[:, None] + SELF_HEATING_C + lot.normal(0, AMBIENT_NOISE_C, at.shape)
    return Approaches(
        at_s=at,
        object_c=np.round(seen / LSB_C) * LSB_C,
        ambient_c=np.round(chip / LSB_C) * LSB_C,
        core_c=core,
        filled_s=scene.filled_s,
        distance_m=scene.distance_m,
        conditions=conditions,
    )


def _conditions(lot: np.random.Generator, count: int, outdoors: Flags, plain: bool) -> dict[str, Flags]:
    often = 0.0 if plain else 1.0
    found = {
        "hat": _some(lot, count, 0.15 * often),
        "glasses": _some(lot, count, 0.25 * often),
        "sun": outdoors & _some(lot, count, 0.3 * often),
        "wind": outdoors & _some(lot, count, 0.6 * often),
        "from the cold": ~outdoors & _some(lot, count, 0.1 * often),
        "hot cup": _some(lot, count, 0.04 * often),
        "someone behind": _some(lot, count, 0.08 * often),
        "child or tall": _some(lot, count, 0.10 * often),
    }
    matter = np.any(list(found.values()), axis=0)
    return {"plain": ~matter, **found}


class _Scene:
    """What lies in the spot at any time, for all approaches at once."""

    def __init__(self, lot: np.random.Generator, count: int, air: Values, core: Values, conditions: dict[str, Flags]) -> None:
        self._air = air
        self._skin = _skin(lot, count, air, core, conditions)
        wall = air + lot.normal(0, 1.2, count) + np.where(_some(lot, count, 0.04), lot.uniform(2, 6, count), 0.0)
        self._wall = wall
        self._behind = np.where(conditions["someone behind"], lot.uniform(0.3, 0.7, count), 0.0)
        self._hair = air + lot.uniform(0.45, 0.65, count) * (self._skin - air)
        brow = self._skin - lot.uniform(0.0, 0.8, count)
        self._brow = np.where(conditions["glasses"], air + 0.65 * (self._skin - air), brow)
        self._brim = np.where(conditions["hat"], lot.uniform(0.005, 0.03, count), 0.0)
        self.distance_m = lot.uniform(0.30, 0.60, count)
        walks = lot.uniform(0.5, 1.5, count)
        self._begins = np.full(count, EMPTY_S)
        self._walks = walks
        self._side = np.where(_some(lot, count, 0.6), lot.choice([-1, 1], count) * lot.uniform(0.15, 0.4, count), 0.0)
        short_or_tall = lot.choice([-1, 1], count) * lot.uniform(0.02, 0.045, count)
        self._height = lot.normal(0, 0.008, count) + np.where(conditions["child or tall"], short_or_tall, 0.0)
        self._sway = lot.uniform(0.002, 0.010, (2, 2, count))
        self._hertz = lot.uniform(0.3, 1.8, (2, 2, count))
        self._phase = lot.uniform(0, 2 * np.pi, (2, 2, count))
        self._cup = conditions["hot cup"]
        self._cup_at = EMPTY_S + walks + lot.uniform(-0.4, 1.0, count)
        self._cup_lasts = lot.uniform(0.12, 0.4, count)
        self._cup_share = lot.uniform(0.05, 0.35, count)
        self._cup_c = lot.normal(52, 6, count)
        self.filled_s = self._filled()

    def radiance(self, at: Values) -> Values:
        """What the spot radiates, in kelvins to the fourth power."""
        distance, side, height = self._place(at)
        spot = SPOT_PER_M * distance
        half = FOREHEAD_M[1] / 2
        across = _between(-FOREHEAD_M[0] / 2 - side, FOREHEAD_M[0] / 2 - side, spot)
        above = 1 - _below((half - self._brim)[:, None] - height, spot)
        below = _below(-half - height, spot)
        # Whoever walks behind comes into view a little later.
        behind = self._behind[:, None] * ((at - self._begins[:, None] - 0.4) / 0.4).clip(0, 1)
        shares = (
            (across * (1 - above - below), self._skin),
            (across * above, self._hair),
            (across * below, self._brow),
            ((1 - across) * (1 - behind), self._wall),
            ((1 - across) * behind, np.full_like(self._wall, 33.5)),
        )
        total = sum((share * _radiated(celsius, self._air)[:, None] for share, celsius in shares), np.zeros_like(at))
        since = at - self._cup_at[:, None]
        covers = np.where(
            self._cup[:, None] & (since > 0) & (since < self._cup_lasts[:, None]), self._cup_share[:, None], 0.0
        )
        mixed: Values = total * (1 - covers) + covers * _radiated(self._cup_c, self._air)[:, None]
        return mixed

    def _place(self, at: Values) -> tuple[Values, Values, Values]:
        """Distance, and how far the middle of the forehead lies from the spot's, sideways and upward."""
        share = ((at - self._begins[:, None]) / self._walks[:, None]).clip(0, 1)
        there = share * share * (3 - 2 * share)
        on_the_way = 1 - there
        distance = self.distance_m[:, None] + 1.2 * on_the_way
        swing = np.sin(2 * np.pi * self._hertz[..., None] * at + self._phase[..., None])
        sway = np.sum(self._sway[..., None] * swing, axis=1)
        side = self._side[:, None] * on_the_way + sway[0]
        bob = 0.015 * on_the_way * np.sin(2 * np.pi * GAIT_HZ * at)
        # Nobody stands there before they come.
        side = np.where(at < self._begins[:, None], 9.0, side)
        return distance, side, self._height[:, None] + bob + 0.5 * sway[1]

    def _filled(self) -> Values:
        """When the forehead's share of the spot is within 2 % of what it comes to, on the way there without sway."""
        at = np.linspace(EMPTY_S, EMPTY_S + 1.6, 321)[None, :].repeat(len(self._walks), axis=0)
        share = ((at - self._begins[:, None]) / self._walks[:, None]).clip(0, 1)
        on_the_way = 1 - share * share * (3 - 2 * share)
        spot = SPOT_PER_M * (self.distance_m[:, None] + 1.2 * on_the_way)
        side = self._side[:, None] * on_the_way
        half = FOREHEAD_M[1] / 2
        filled = _between(-FOREHEAD_M[0] / 2 - side, FOREHEAD_M[0] / 2 - side, spot) * _between(
            -half - self._height[:, None], (half - self._brim)[:, None] - self._height[:, None], spot
        )
        enough = filled >= filled[:, -1:] - 0.02
        # The last time that it was not yet.
        late = enough.shape[1] - np.argmax(~enough[:, ::-1], axis=1)
        return np.where(enough.all(axis=1), EMPTY_S, at[0, late.clip(max=at.shape[1] - 1)])


def _skin(lot: np.random.Generator, count: int, air: Values, core: Values, conditions: dict[str, Flags]) -> Values:
    """Forehead skin: what blood brings and air takes, the sun, and what is left of the way here."""
    blood = BLOOD_W * np.exp(lot.normal(0, 0.10, count))
    chill = (core > 37.8) & _some(lot, count, 0.3)
    blood = np.where(chill, blood * lot.uniform(0.8, 1.0, count), blood)
    wind = np.where(conditions["wind"], lot.rayleigh(1.0, count), 0.0)
    taken = STILL_AIR_W + WIND_W * wind**0.6
    sun_w = np.where(conditions["sun"], lot.uniform(30, 120, count), 0.0)
    steady = (blood * core + taken * air + sun_w) / (blood + taken)
    outside = lot.uniform(-2, 12, count)
    cold = (blood * core + 2 * STILL_AIR_W * outside) / (blood + 2 * STILL_AIR_W)
    left = np.exp(-lot.exponential(300.0, count) / COLD_RECOVERS_S)
    return np.where(conditions["from the cold"], steady + (cold - steady) * left, steady)


def _conversions(lot: np.random.Generator, count: int) -> Values:
    """When the chip has a new value: at its own pace, at any phase."""
    period = PERIOD_S * lot.uniform(1 - PERIOD_SPREAD, 1 + PERIOD_SPREAD, (count, 1))
    steps = np.arange(int(LASTS_S / (PERIOD_S * (1 - PERIOD_SPREAD))))
    return period * (lot.random((count, 1)) + steps) + lot.normal(0, 0.001, (count, len(steps))).cumsum(axis=1) * 0.3


def _some(lot: np.random.Generator, count: int, share: float) -> Flags:
    return lot.random(count) < share


def _radiated(celsius: Values, air: Values) -> Values:
    """What a surface sends: its own, and what it mirrors of the surroundings."""
    sent: Values = EMISSIVITY * (celsius + KELVIN) ** 4 + (1 - EMISSIVITY) * (air + KELVIN) ** 4
    return sent


def _below(edge: Values, spot: Values) -> Values:
    """The share of a round soft spot below an edge: a logistic curve, within 0.01 of the normal distribution's."""
    share: Values = 1 / (1 + np.exp((-1.702 * edge / spot).clip(-60, 60)))
    return share


def _between(low: Values, high: Values, spot: Values) -> Values:
    return _below(high, spot) - _below(low, spot)
