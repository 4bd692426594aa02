"""The screen's line: a display, a font, a touch panel."""

from pathlib import Path

import pytest

from kiosk.doctor import screen
from kiosk.doctor.findings import Finding, State
from kiosk.doctor.running import Answer, Running
from kiosk.model import Part
from ui.fonts import REGULAR

TOUCH = 'I: Bus=0018\nN: Name="Goodix"\nB: PROP=2\nB: EV=b\n'
PAD = 'I: Bus=0011\nN: Name="a touch pad"\nB: PROP=5\nB: EV=b\n'
NOWHERE = {"DISPLAY": ":4711"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A machine with the font and a touch panel."""
    (tmp_path / REGULAR).touch()
    (tmp_path / "inputs").write_text(f"{PAD}\n{TOUCH}\n", encoding="utf-8")
    return tmp_path


def examined(site: Path, met: Running | None = None, font: Path | None = None) -> Finding:
    seen = met or Running(Answer.RUNNING)
    (found,) = screen.examine(seen, NOWHERE, font, folders=(site,), inputs=site / "inputs")
    return found


def test_a_running_kiosk_speaks_for_its_display(site: Path) -> None:
    found = examined(site)
    assert (found.state, found.advice) == (State.FIT, "")
    assert found.measured == {"in_use": True, "touch_panels": 1}
    lost = examined(site, Running(Answer.RUNNING, lost={Part.SCREEN: "no X server answers"}))
    assert (lost.state, "no X server answers" in lost.detail) == (State.UNFIT, True)


def test_without_a_kiosk_the_display_is_looked_for(site: Path) -> None:
    found = examined(site, Running())
    assert found.state is State.ABSENT
    assert "no X server answers at DISPLAY=:4711" in found.detail
    assert not found.in_order


def test_a_panel_that_feels_no_touch_is_told_from_a_touch_pad(site: Path) -> None:
    (site / "inputs").write_text(PAD, encoding="utf-8")
    found = examined(site)
    assert (found.state, "no touch panel" in found.detail) == (State.ABSENT, True)


def test_where_the_system_does_not_list_its_inputs_none_is_missed(site: Path) -> None:
    (site / "inputs").unlink()
    assert examined(site).state is State.FIT


def test_a_font_that_is_not_there_is_named(site: Path) -> None:
    assert "house.ttf is not there" in examined(site, font=site / "house.ttf").detail
    (site / REGULAR).unlink()
    found = examined(site)
    assert "no font for Chinese" in found.detail
    assert "fonts-noto-cjk" in found.advice


def test_a_gate_that_is_to_have_no_screen_is_in_order() -> None:
    (found,) = screen.not_configured()
    assert found.in_order
