"""A calibration as a technician makes it, over the bytes of a simulated chip in virtual time."""

import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.mlx90614 import Mlx90614
from drivers.simulated.bus import ChipBus
from drivers.simulated.script import SensorScript
from drivers.simulated.sensor import SensorChip
from drivers.thermometer import InfraredThermometer
from kiosk.calibrate import Guide, finish, former
from kiosk.calibrating import DoesNotFit
from kiosk.calibration import FACTORY
from kiosk.calibration_file import read
from kiosk.errors import UsageError
from tests.drivers.worlds import MovedClock

SHARE = 0.2


class Room:
    """A sensor that is 0.2 too low, and answers to what is asked: whoever is called for stands there."""

    def __init__(self, cores: Iterable[float] = (), black_body_c: float = 37.0) -> None:
        self.clock = MovedClock()
        self.object_c, self.ambient_c = 22.0, 22.0
        self.cores = iter(cores)
        self.black_body_c = black_body_c
        self.core_c = math.nan
        self.said: list[str] = []
        chip = SensorChip(SensorScript(nack=0.0), 1, scene=lambda _: self.object_c - 0.2, ambient=lambda _: self.ambient_c)
        self.sensor = Mlx90614(ChipBus(chip, self.clock.monotonic), pause=self.clock.move)
        self.thermometer = InfraredThermometer(self.sensor, self.clock)
        self.guide = Guide(ask=self.ask, say=self.said.append, pause=self.clock.move, made="2026-11-24")

    def ask(self, question: str) -> str:
        if question.startswith("Let nobody"):
            self.object_c = self.ambient_c
        elif question.startswith("Let the black body"):
            self.object_c = self.black_body_c
            self.clock.move(2.0)
            return "37,0"
        elif question.startswith("Person"):
            self._step_aside()
            if (core_c := next(self.cores, None)) is None:
                return "q"
            self.core_c = core_c
            self.object_c = (core_c + SHARE * self.ambient_c) / (1 + SHARE)
        else:
            return f"{self.core_c:.1f}"
        return ""

    def _step_aside(self) -> None:
        self.object_c = self.ambient_c
        self.thermometer.observe()
        self.clock.move(0.5)
        self.thermometer.observe()


def test_a_black_body_gives_the_sensors_own_offset(tmp_path: Path) -> None:
    room = Room()
    output = tmp_path / "c.json"
    finish(room.guide.black_body(room.sensor, former(output, "gate-1")), output, room.said.append)
    found = read(output)
    assert found.sensor_offset_c == pytest.approx(0.2, abs=0.02)
    assert (found.name, found.version, found.kind, found.made) == ("gate-1", 1, "black_body", "2026-11-24")
    assert found.unit == "41f69e275c0d3a1b"
    assert any("left" in line for line in room.said)


def test_people_follow_on_the_black_body_as_the_next_version(tmp_path: Path) -> None:
    output = tmp_path / "c.json"
    first = Room()
    finish(first.guide.black_body(first.sensor, former(output, "gate-1")), output, first.said.append)
    room = Room([36.2 + 0.05 * number for number in range(18)])
    fitted = room.guide.people(room.sensor, room.thermometer, former(output, "gate-1"), tmp_path / "s")
    finish(fitted, output, room.said.append)
    found = read(output)
    assert (found.version, found.kind, found.points) == (2, "black_body+people", 18)
    assert found.body(34.0 - 0.2, 22.0) == pytest.approx(34.0 + SHARE * 12.0, abs=0.1)
    assert found.residual_c is not None
    assert found.residual_c < 0.1


def test_a_session_goes_on_on_another_day(tmp_path: Path) -> None:
    session = tmp_path / "s"
    morning = Room([36.4 + 0.1 * (number % 4) for number in range(10)])
    with pytest.raises(DoesNotFit, match="10 people are too few"):
        morning.guide.people(morning.sensor, morning.thermometer, FACTORY, session)
    noon = Room([36.4 + 0.1 * (number % 4) for number in range(10)])
    noon.ambient_c = noon.object_c = 28.0
    fitted = noon.guide.people(noon.sensor, noon.thermometer, FACTORY, session)
    assert fitted.calibration.points == 20
    assert fitted.calibration.share == pytest.approx(SHARE, abs=0.02)


def test_nobody_there_is_said_and_nothing_is_taken(tmp_path: Path) -> None:
    room = Room([22.0])
    with pytest.raises(DoesNotFit, match="0 people"):
        room.guide.people(room.sensor, room.thermometer, FACTORY, tmp_path / "s")
    assert "nobody was seen there; again" in room.said


def test_a_black_body_check_tells_how_far_the_sensor_has_drifted(tmp_path: Path) -> None:
    room = Room()
    assert room.guide.check(room.sensor, FACTORY) == pytest.approx(-0.2, abs=0.02)


def test_another_unit_does_not_go_on_with_the_file(tmp_path: Path) -> None:
    room, output = Room(), tmp_path / "c.json"
    finish(room.guide.black_body(room.sensor, former(output, "gate-1")), output, room.said.append)
    text = output.read_text(encoding="utf-8")
    assert "41f69e275c0d3a1b" in text
    onto = former(output, "gate-1")
    with pytest.raises(DoesNotFit, match="the file is of unit"):
        Room().guide.black_body(room.sensor, replace(onto, unit="other"))


def test_a_file_that_is_no_session_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("nonsense\n", encoding="utf-8")
    room = Room()
    with pytest.raises(UsageError, match="no session"):
        room.guide.people(room.sensor, room.thermometer, FACTORY, tmp_path / "s")
