"""`gatepost calibrate`, guided: takes comparisons with a reference, fits them, shows what is left, writes the file.

Whoever is asked answers on one line; an empty answer repeats the measurement, `q` ends. Comparisons with people are kept
in a session file as they come, so that a second day in warmer air goes on where the first one ended.
"""

import json
import statistics
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Protocol

from drivers.mlx90614 import RawPair, Unit
from kiosk.calibrating import Comparison, DoesNotFit, Fitted, fit_black_body, fit_people
from kiosk.calibration import FACTORY, Calibration
from kiosk.calibration_file import Sign, read, write
from kiosk.errors import DeviceFault, DeviceLost, UsageError
from kiosk.evidence import Doubt, Observation, Reading
from kiosk.ports import Thermometer

LOOKS = 10
LOOK_S = 1.0
LOOK_EVERY_S = 0.1
READING_WITHIN_S = 10.0
REFINED_S = 1.0
"""After the first reading the person stands still for so long: later values refine it."""
CHECK_C = 0.2
"""A sensor that has drifted by more is to be calibrated anew."""
SPOILT = frozenset({Doubt.WARMING_UP, Doubt.UNSTEADY, Doubt.PARTIAL, Doubt.FAR})
QUIT = "q"


class Sensor(Protocol):
    """What is needed of drivers.mlx90614.Mlx90614."""

    def probe(self) -> Unit:
        """Read identity and configuration. Raises DeviceLost or DeviceFault."""

    def read(self) -> RawPair:
        """Read object and ambient. Raises DeviceLost or DeviceFault."""


class Guide:
    """One calibration. `ask` puts a question and returns the line; `say` tells; `pause` waits."""

    def __init__(
        self, *, ask: Callable[[str], str], say: Callable[[str], None], pause: Callable[[float], object], made: str
    ) -> None:
        self._ask = ask
        self._say = say
        self._pause = pause
        self._made = made

    def black_body(self, sensor: Sensor, onto: Calibration) -> Fitted:
        """Compare with a black body. Raises DoesNotFit, DeviceLost, DeviceFault."""
        unit = sensor.probe()
        empty_c = self._empty(sensor)
        return self._made_of(fit_black_body(self._looks(sensor), onto), onto, unit, empty_c)

    def check(self, sensor: Sensor, calibration: Calibration) -> float:
        """Return how far the calibrated sensor is off a black body: its own minus the reference."""
        looks = self._looks(sensor)
        return statistics.fmean(one.object_c + calibration.sensor_offset_c - one.reference_c for one in looks)

    def people(self, sensor: Sensor, thermometer: Thermometer, onto: Calibration, session: Path) -> Fitted:
        """Compare with a clinical thermometer on people, after those of the session. Raises as `black_body`."""
        unit = sensor.probe()
        empty_c = self._empty(sensor)
        comparisons = _resumed(session)
        if comparisons:
            self._say(f"{session} holds {len(comparisons)} people already; they count too")
        while True:
            number = len(comparisons) + 1
            if self._ask(f"Person {number}: stand before the sensor, forehead bare, and press Enter (q: no more)") == QUIT:
                break
            reading = self._reading(thermometer)
            if reading is None:
                continue
            reference = self._degrees("The clinical thermometer says (°C, empty: measure again)")
            if reference is None:
                continue
            comparisons.append(Comparison(reading.object_c, reading.ambient_c, reference))
            _keep(session, comparisons[-1])
        return self._made_of(fit_people(comparisons, onto), onto, unit, empty_c)

    def _empty(self, sensor: Sensor) -> float:
        self._ask("Let nobody stand before the sensor, and press Enter")
        pairs = self._watch(sensor)
        return round(statistics.fmean(pair.object_c - pair.ambient_c for pair in pairs), 3)

    def _looks(self, sensor: Sensor) -> list[Comparison]:
        reference = self._degrees("Let the black body fill the whole field. Its temperature (°C)")
        if reference is None:
            raise DoesNotFit("without the black body's temperature there is nothing to compare with")
        found = []
        for _ in range(LOOKS):
            pairs = self._watch(sensor)
            object_c = statistics.fmean(pair.object_c for pair in pairs)
            found.append(Comparison(object_c, statistics.fmean(pair.ambient_c for pair in pairs), reference))
        return found

    def _watch(self, sensor: Sensor) -> list[RawPair]:
        """Look for a second."""
        pairs = []
        for _ in range(round(LOOK_S / LOOK_EVERY_S)):
            pairs.append(sensor.read())
            self._pause(LOOK_EVERY_S)
        return pairs

    def _reading(self, thermometer: Thermometer) -> Reading | None:
        """Wait for a reading and let it be refined; None, and said why, if none comes that can be used."""
        waited, first = 0.0, None
        seen: Observation | None = None
        while waited < READING_WITHIN_S and (first is None or waited - first < REFINED_S):
            try:
                seen = thermometer.observe()
            except (DeviceLost, DeviceFault) as error:
                self._say(f"{error}; again")
                return None
            if seen.reading is not None and first is None:
                first = waited
            rest = thermometer.rest_s()
            self._pause(rest)
            waited += rest
        reading = None if seen is None else seen.reading
        if reading is None:
            self._say("nobody was seen there; again")
            return None
        spoilt = sorted(SPOILT & set(reading.quality))
        if spoilt:
            self._say(f"this measurement cannot be used ({', '.join(spoilt)}); again")
            return None
        self._say(f"object {reading.object_c:.2f} °C, ambient {reading.ambient_c:.2f} °C")
        return reading

    def _degrees(self, question: str) -> float | None:
        """A temperature, asked for until it is one; None for an empty answer."""
        while True:
            answer = self._ask(question).strip().replace(",", ".")
            if not answer:
                return None
            try:
                return float(answer)
            except ValueError:
                self._say(f"{answer!r} is no number of degrees, such as 36.6")

    def _made_of(self, fitted: Fitted, onto: Calibration, unit: Unit, empty_c: float) -> Fitted:
        if onto.unit and onto.unit != unit.identity:
            raise DoesNotFit(f"the file is of unit {onto.unit} and this is {unit.identity}; name another --output")
        return replace(fitted, calibration=replace(fitted.calibration, unit=unit.identity, empty_c=empty_c, made=self._made))


def former(output: Path, name: str) -> Calibration:
    """What a new calibration goes on from: the file's next version, or the factory's numbers. Raises UsageError."""
    if not output.exists():
        return replace(FACTORY, name=name, version=1)
    found = read(output)
    return replace(found, name=name, version=found.version + 1)


def finish(fitted: Fitted, output: Path, say: Callable[[str], None], sign: Sign | None = None) -> None:
    """Show what is left of each comparison, and write the file."""
    for number, one in enumerate(fitted.residuals, start=1):
        say(
            f"{number:3d}  object {one.object_c:6.2f}  ambient {one.ambient_c:6.2f}  reference {one.reference_c:6.2f}  "
            f"left {one.residual_c:+.2f} °C"
        )
    write(output, fitted.calibration, fitted.residuals, sign)
    say(f"{output}: {fitted.calibration.label}; name it in [thermometer] calibration")


def _resumed(session: Path) -> list[Comparison]:
    if not session.exists():
        return []
    try:
        return [Comparison(**json.loads(line)) for line in session.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{session}: is no session of a calibration; name another with --session") from error


def _keep(session: Path, comparison: Comparison) -> None:
    try:
        with session.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(comparison)) + "\n")
    except OSError as error:
        raise UsageError(f"{session}: cannot be written: {error.strerror}") from error
