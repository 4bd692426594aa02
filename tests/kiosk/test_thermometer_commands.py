"""`gatepost thermometer`, over the bytes of a simulated world."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drivers.simulated.script import Script, SensorScript
from kiosk.thermometer_commands import app
from tests.drivers.worlds import living_world


@pytest.fixture
def configured(tmp_path: Path) -> Iterator[Path]:
    world = tmp_path / "world.sock"
    file = tmp_path / "kiosk.toml"
    file.write_text(
        '[gate]\ncompound = "c"\ndevice = "d"\n[policy]\nfile = "shipped:normal-times"\n'
        f'[thermometer]\nsource = "simulated"\n[simulation]\nworld = "{world}"\n',
        encoding="utf-8",
    )
    with living_world(Script(sensor=SensorScript(config=0x9FB0, nack=0.0)), world):
        yield file


def said(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, standalone_mode=False)
    assert result.exception is None, result.exception
    return result.output


def test_a_unit_says_what_it_is_and_what_it_sees(configured: Path) -> None:
    output = said("show", "--config", str(configured))
    assert "configuration 0x9fb0: IIR code 0, FIR code 7" in output
    assert "emissivity 1.000, checksums right" in output
    assert "EEPROM well, started" in output


def test_its_filter_is_stored_once(configured: Path) -> None:
    assert "was 0x9fb0 and is 0x9fb4" in said("filter", "--config", str(configured))
    assert "nothing was written" in said("filter", "--iir", "4", "--config", str(configured))
    assert "IIR code 4" in said("show", "--config", str(configured))
