"""The picture of a measurement."""

from pathlib import Path

import pytest

from kiosk.bench import plot
from kiosk.bench.clear import clear_report
from kiosk.errors import UsageError
from tests.kiosk.bench.rows import played, row

SMALL = 60_000


def test_a_measurement_becomes_a_small_picture(tmp_path: Path) -> None:
    file = tmp_path / "clear.png"
    plot.draw(clear_report([played([row(0.2 + 0.01 * number) for number in range(60)])], 4.5, wanted=60), file)
    assert file.read_bytes().startswith(b"\x89PNG")
    assert file.stat().st_size < SMALL


def test_a_measurement_without_an_admission_can_be_drawn_too(tmp_path: Path) -> None:
    file = tmp_path / "clear.png"
    plot.draw(clear_report([played([row(None)], achieved=None)], 4.5, wanted=1), file)
    assert file.exists()


def test_without_matplotlib_it_is_said_what_to_do() -> None:
    plot.check()
    with pytest.raises(UsageError, match=r"install gatepost\[bench\]"):
        plot.check(lambda _: None)
