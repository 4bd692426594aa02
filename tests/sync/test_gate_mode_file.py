"""What is kept of the gate's mode: durable, and where it cannot be read the gate is in its normal mode."""

from pathlib import Path

import pytest

from kiosk.gate_mode import GateMode, Kept
from sync.gate_mode_file import ModeFile
from tests.captured_lines import capture_logs


@pytest.mark.parametrize("mode", GateMode)
@pytest.mark.parametrize("command", [None, "c0ffee"])
def test_what_was_kept_is_there_after_a_restart(tmp_path: Path, mode: GateMode, command: str | None) -> None:
    ModeFile(tmp_path / "mode").keep(Kept(GateMode.LOCKED, "before"))
    ModeFile(tmp_path / "mode").keep(Kept(mode, command))
    assert ModeFile(tmp_path / "mode").load() == Kept(mode, command)


def test_nothing_kept_is_the_normal_mode_and_nothing_to_say(tmp_path: Path) -> None:
    with capture_logs() as lines:
        assert ModeFile(tmp_path / "mode").load() == Kept()
    assert lines == []


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b"7", b"{}", b'{"mode": "ajar", "command": null}', b"x" * 5000])
def test_a_damaged_file_is_the_normal_mode_and_is_said(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "mode").write_bytes(data)
    with capture_logs() as lines:
        assert ModeFile(tmp_path / "mode").load() == Kept()
    assert [line["event"] for line in lines] == ["gate mode not known"]


def test_a_disk_that_takes_nothing_is_said_and_stops_nobody(tmp_path: Path) -> None:
    with capture_logs() as lines:
        ModeFile(tmp_path / "no folder" / "mode").keep(Kept(GateMode.LOCKED))
    assert [line["event"] for line in lines] == ["gate mode not kept"]
