"""From what a forehead radiates to a body's temperature: one formula, with the numbers of one sensor at one place. Pure.

    body = skin + share * (skin - ambient) + offset + per_metre * (distance - at)
    skin = object + sensor_offset

Without a calibration of the place the numbers are assumptions, and called `factory`. Nothing here, or anywhere, bends a
value toward normal: object and ambient are recorded as the sensor gave them, with the calibration's name.
"""

import hashlib
import math
from collections.abc import Mapping
from typing import Any

from kiosk.events import canonical
from kiosk.frozen import frozen
from kiosk.units import Celsius

SHARE = 0.184
"""Forehead skin lies below the core by a share of how far it lies above the air. An assumption, not a measurement."""
PERSON_HALF_WIDTH_C = 0.22
"""What the one formula leaves between persons indoors. Assumed, until people were measured with a clinical one."""
SENSOR_HALF_WIDTH_C = 0.2
"""Assumed for the medical grade near body temperature; to be checked against the unit's own data sheet."""
AMBIENT_C = (14.0, 32.0)
"""Where forehead skin tells of fever at all (docs/siting.md)."""
SCHEMA = 1


@frozen
class Calibration:
    """The formula's numbers. `residual_c`: the standard deviation that it left between persons; None: never measured.

    `points`: how many people, or looks at a black body, it rests on. `empty_c`: how far the empty scene lay above the
    air while it was made; None: not looked at. `ambient_c`: the air's range in which it holds.
    """

    name: str = "factory"
    version: int = 1
    kind: str = "factory"
    sensor_offset_c: float = 0.0
    share: float = SHARE
    offset_c: float = 0.0
    per_metre_c: float = 0.0
    at_m: float = 0.5
    residual_c: float | None = None
    points: int = 0
    empty_c: float | None = None
    ambient_c: tuple[float, float] = AMBIENT_C
    unit: str = ""
    made: str = ""

    @property
    def label(self) -> str:
        """What every reading carries: name, version, and the beginning of the digest of the numbers."""
        return f"{self.name}@{self.version}:{self.digest[:12]}"

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical numbers, in hexadecimal digits."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def canonical(self) -> bytes:
        """The numbers as they are signed: millikelvins, parts per million and millimetres."""
        return canonical(self.to_json()).encode()

    def body(self, object_c: float, ambient_c: float, distance_m: float | None = None) -> Celsius:
        """Return the body's temperature; without a distance it is taken to be that of the calibration."""
        skin = object_c + self.sensor_offset_c
        away = 0.0 if distance_m is None else self.per_metre_c * (distance_m - self.at_m)
        return Celsius(skin + self.share * (skin - ambient_c) + self.offset_c + away)

    def half_width(self, noise_c: float) -> Celsius:
        """95 % half-width: the mean's own noise, the sensor, and what lies between persons, as root of their squares."""
        persons = PERSON_HALF_WIDTH_C if self.residual_c is None else 1.96 * self.residual_c
        return Celsius(math.hypot(1.96 * noise_c, SENSOR_HALF_WIDTH_C, persons))

    def to_json(self) -> dict[str, Any]:
        """The numbers as integers, which have one canonical form."""
        return {
            "schema": SCHEMA,
            "name": self.name,
            "version": self.version,
            "kind": self.kind,
            "sensor_offset_mk": _milli(self.sensor_offset_c),
            "share_ppm": round(self.share * 1e6),
            "offset_mk": _milli(self.offset_c),
            "per_metre_mk": _milli(self.per_metre_c),
            "at_mm": _milli(self.at_m),
            "residual_mk": None if self.residual_c is None else _milli(self.residual_c),
            "points": self.points,
            "empty_mk": None if self.empty_c is None else _milli(self.empty_c),
            "ambient_mk": [_milli(limit) for limit in self.ambient_c],
            "unit": self.unit,
            "made": self.made,
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "Calibration":
        """Read what `to_json` gives. Raises KeyError, TypeError or ValueError for anything else."""
        if found["schema"] != SCHEMA:
            raise ValueError("it is of a newer kind")
        residual, empty = found["residual_mk"], found["empty_mk"]
        low, high = found["ambient_mk"]
        return cls(
            name=str(found["name"]),
            version=int(found["version"]),
            kind=str(found["kind"]),
            sensor_offset_c=found["sensor_offset_mk"] / 1000,
            share=found["share_ppm"] / 1e6,
            offset_c=found["offset_mk"] / 1000,
            per_metre_c=found["per_metre_mk"] / 1000,
            at_m=found["at_mm"] / 1000,
            residual_c=None if residual is None else residual / 1000,
            points=int(found["points"]),
            empty_c=None if empty is None else empty / 1000,
            ambient_c=(low / 1000, high / 1000),
            unit=str(found["unit"]),
            made=str(found["made"]),
        )


FACTORY = Calibration()


@frozen
class Residual:
    """One comparison: what the sensor saw, what the reference said, and what the formula then still missed."""

    ambient_c: float
    object_c: float
    reference_c: float
    residual_c: float

    def to_json(self) -> dict[str, int]:
        """In millikelvins of degrees Celsius."""
        return {
            "ambient_mk": round(self.ambient_c * 1000),
            "object_mk": round(self.object_c * 1000),
            "reference_mk": round(self.reference_c * 1000),
            "residual_mk": round(self.residual_c * 1000),
        }


def _milli(value: float) -> int:
    return round(value * 1000)
