"""The thermometer: what the unit says of itself, and a second of its values."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol

from drivers.forehead import AGREE_C, settling_values
from drivers.mlx90614 import RawPair, Unit
from kiosk.doctor.findings import Finding, PartName, Remark, absent, finding, fit, unfit
from kiosk.errors import DeviceFault, DeviceLost
from kiosk.ports import Clock
from kiosk.units import Seconds

LOOK_FOR = Seconds(1.1)
LOOK_EVERY = Seconds(0.02)
IIR_WANTED, FIR_WANTED = 4, 7
"""No averaging in the chip but over 1024 samples (a BAA reads 0x9FB4): the estimator does its own."""
FACTORY_EMISSIVITY = 0xFFFF
"""Stands for 1. Gatepost never writes it, and corrects in software."""
NOISY_C = AGREE_C
"""Values that scatter as far as this never agree, and no reading comes about."""
DROPOUTS = 0.1
AMBIENT_C = (14.0, 32.0)
"""Where forehead skin tells of fever (facts on siting in docs/wiring.md)."""
UPDATE_S = 0.085


class Sensor(Protocol):
    """What is needed of drivers.mlx90614.Mlx90614."""

    def probe(self) -> Unit:
        """Read identity and configuration. Raises DeviceLost or DeviceFault."""

    def read(self) -> RawPair:
        """Read object and ambient. Raises DeviceLost or DeviceFault."""

    def close(self) -> None:
        """Let go of the bus."""


@dataclass(slots=True)
class Watched:
    """What a second of looking gave: values that differ from the one before, when, and what failed."""

    pairs: list[RawPair] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    looks: int = 0
    failed: int = 0
    reason: str = ""


def examine(open_sensor: Callable[[], Sensor], clock: Clock, pause: Callable[[float], object]) -> Iterator[Finding]:
    """Probe the unit and look at it for a second."""
    try:
        sensor = open_sensor()
    except DeviceLost as error:
        yield finding(PartName.THERMOMETER, [absent("thermometer.absent", reason=error)])
        return
    try:
        unit = sensor.probe()
        watched = _watch(sensor, clock, pause)
    except DeviceLost as error:
        yield finding(PartName.THERMOMETER, [absent("thermometer.absent", reason=error)])
    except DeviceFault as error:
        yield finding(PartName.THERMOMETER, [unfit("thermometer.faulty", reason=error)])
    else:
        yield _judge(unit, watched)
    finally:
        sensor.close()


def not_configured(*, wanted: bool) -> Iterator[Finding]:
    """Say that there is to be none; `wanted`: the policy asks for the temperature all the same."""
    remark = unfit("thermometer.missing") if wanted else absent("thermometer.not_wanted")
    yield finding(PartName.THERMOMETER, [remark], wanted=wanted)


def _watch(sensor: Sensor, clock: Clock, pause: Callable[[float], object]) -> Watched:
    watched = Watched()
    ends = clock.monotonic() + LOOK_FOR
    while clock.monotonic() < ends:
        watched.looks += 1
        try:
            pair = sensor.read()
        except (DeviceLost, DeviceFault) as error:
            watched.failed += 1
            watched.reason = str(error)
        else:
            if not watched.pairs or pair != watched.pairs[-1]:
                watched.pairs.append(pair)
                watched.at.append(clock.monotonic())
        pause(LOOK_EVERY)
    return watched


def _judge(unit: Unit, watched: Watched) -> Finding:
    measured: dict[str, Any] = {
        "identity": unit.identity,
        "config": f"{unit.config:#06x}",
        "iir_code": unit.iir_code,
        "fir_code": unit.fir_code,
        "pec_right": unit.pec_right,
        "emissivity": round(unit.emissivity / FACTORY_EMISSIVITY, 3),
        "looks": watched.looks,
        "failed": watched.failed,
    }
    if not watched.pairs:
        return finding(PartName.THERMOMETER, [unfit("thermometer.faulty", reason=watched.reason)], measured)
    objects = [pair.object_c for pair in watched.pairs]
    ambient = statistics.mean(pair.ambient_c for pair in watched.pairs)
    noise = statistics.stdev(objects) if len(objects) > 1 else 0.0
    gaps = [later - earlier for earlier, later in pairwise(watched.at)]
    update_ms = statistics.median(gaps) * 1000 if gaps else None
    measured |= {
        "object_c": round(statistics.mean(objects), 2),
        "ambient_c": round(ambient, 2),
        "noise_c": round(noise, 3),
        "update_ms": None if update_ms is None else round(update_ms, 1),
    }
    if update_ms is None:
        return finding(PartName.THERMOMETER, [unfit("thermometer.stuck"), *_of_the_unit(unit)], measured)
    summary = fit("thermometer.well", identity=unit.identity, ambient_c=ambient, noise_c=noise, update_ms=update_ms)
    remarks = [summary, *_of_the_unit(unit)]
    if noise >= NOISY_C:
        remarks.append(unfit("thermometer.noisy", noise_c=noise))
    if watched.failed > DROPOUTS * watched.looks:
        remarks.append(unfit("thermometer.dropouts", failed=watched.failed, looks=watched.looks))
    if not AMBIENT_C[0] <= ambient <= AMBIENT_C[1]:
        remarks.append(unfit("thermometer.siting", ambient_c=ambient))
    return finding(PartName.THERMOMETER, remarks, measured)


def _of_the_unit(unit: Unit) -> list[Remark]:
    remarks: list[Remark] = []
    if settling := settling_values(unit.iir_code):
        remarks.append(unfit("thermometer.slow_filter", iir_code=unit.iir_code, settling_s=settling * UPDATE_S))
    if unit.fir_code != FIR_WANTED:
        remarks.append(fit("thermometer.coarse_filter", fir_code=unit.fir_code))
    if unit.emissivity != FACTORY_EMISSIVITY:
        remarks.append(unfit("thermometer.emissivity", emissivity=unit.emissivity / FACTORY_EMISSIVITY))
    if not unit.pec_right:
        remarks.append(fit("thermometer.no_pec"))
    return remarks
