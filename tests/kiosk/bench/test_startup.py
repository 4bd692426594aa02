"""Starts, cold and warm and again, against what a restart may take."""

import importlib.util
import mmap
import os
from pathlib import Path

import pytest

import kiosk.entry
from kiosk.bench.startup import Round, compile_code, forget, libraries, startup_report

COLD = [Round({"gate": 1.0, "core": 3.0, "eyes": 4.0}), Round({"gate": 1.2, "core": 3.2, "eyes": 4.2})]
WARM = Round({"gate": 0.5, "core": 0.9, "eyes": 0.8}, 1.5, {"gate": 0.4, "core": 1.9, "eyes": 0.9})


def test_the_three_kinds_of_start_stand_side_by_side() -> None:
    found = startup_report(COLD, [WARM], 4.5)
    assert found["processes"]["core"] == {
        "cold_s": {"p50": 3.0, "max": 3.2},
        "warm_s": {"p50": 0.9, "max": 0.9},
        "restart_s": {"p50": 1.9, "max": 1.9},
        "at_most_s": 2.0,
        "met": True,
    }
    assert found["first_clear_s"] == {"p50": 1.5, "max": 1.5}
    assert (found["cpu_scale"], found["rounds"]) == (4.5, 1)


@pytest.mark.parametrize(("part", "seconds"), [("core", 2.1), ("eyes", 1.1)])
def test_one_slow_restart_misses_what_is_asked_for(part: str, seconds: float) -> None:
    slow = Round(WARM.ready_s, 1.5, {**WARM.restart_s, part: seconds})
    found = startup_report(COLD, [WARM, slow], 1.0)
    assert [name for name, row in found["processes"].items() if not row["met"]] == [part]


def test_a_part_whose_restart_was_not_seen_does_not_meet_it() -> None:
    found = startup_report(COLD, [Round(WARM.ready_s)], 1.0)
    assert [name for name, row in found["processes"].items() if not row["met"]] == ["core", "eyes"]


def test_the_page_cache_can_be_told_to_forget_without_any_right(tmp_path: Path) -> None:
    file = tmp_path / "below" / "library.so"
    file.parent.mkdir()
    file.write_bytes(b"x" * 10 * mmap.PAGESIZE)
    (tmp_path / "link").symlink_to(file)
    os.mkfifo(tmp_path / "pipe")
    assert forget([tmp_path, tmp_path / "nowhere"]) == 10 * mmap.PAGESIZE


def test_starts_are_those_of_an_installation_which_has_its_byte_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    code = Path(kiosk.entry.__file__)
    compile_code()
    assert Path(importlib.util.cache_from_source(code)).is_file()
    assert any(code.is_relative_to(place) for place in libraries())
