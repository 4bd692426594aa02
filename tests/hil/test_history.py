"""What is left of a disk without power: all that was flushed, and any part of the rest."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.events import ChainBroken
from tests.hil.history import ENTRY, FLUSH, MAGIC, SECTOR, SUPER, VERSION, Disk, follow
from tests.sync.logs import note, opened

BLANK = b"."


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """Four sectors: A and B written, flushed, then C and D written."""
    before, history = tmp_path / "before", tmp_path / "history"
    before.write_bytes(BLANK * 4 * SECTOR)
    entries = [(0, b"A"), (1, b"B"), None, (2, b"C"), (3, b"D")]
    parts = [SUPER.pack(MAGIC, VERSION, 0, SECTOR).ljust(SECTOR, b"\0")]
    for entry in entries:
        sector, text = entry or (0, b"")
        head = ENTRY.pack(sector, int(entry is not None), 0 if entry else FLUSH, 0)
        parts += [head.ljust(SECTOR, b"\0"), text * SECTOR]
    history.write_bytes(b"".join(parts))
    return Disk(before, history)


def left(disk: Disk, after: int, seed: int, folder: Path) -> str:
    image = disk.without_power(after, random.Random(seed), folder / "image").read_bytes()
    return "".join(chr(image[at]) for at in range(0, len(image), SECTOR))


def test_what_was_flushed_is_there_whatever_chance_says(disk: Disk, tmp_path: Path) -> None:
    assert {left(disk, 5, seed, tmp_path)[:2] for seed in range(12)} == {"AB"}


def test_of_what_came_after_the_last_flush_any_part_is_there(disk: Disk, tmp_path: Path) -> None:
    assert {left(disk, 5, seed, tmp_path)[2:] for seed in range(40)} == {"..", "C.", ".D", "CD"}


def test_nothing_of_what_was_not_yet_asked_for_is_there(disk: Disk, tmp_path: Path) -> None:
    assert {left(disk, 3, seed, tmp_path) for seed in range(12)} == {"AB.."}


def test_a_history_that_was_cut_off_is_read_as_far_as_it_goes(disk: Disk, tmp_path: Path) -> None:
    history = tmp_path / "history"
    history.write_bytes(history.read_bytes()[: -SECTOR // 2])
    assert [request.offset // SECTOR for request in Disk(tmp_path / "before", history).requests if request.length] == [
        0,
        1,
        2,
    ]


def test_a_log_that_holds_is_followed_to_its_end(tmp_path: Path) -> None:
    with opened(tmp_path / "log.sqlite") as log:
        for number in range(3):
            log.append(note(number), visit="")
    assert [one["kind"] for one in follow(tmp_path / "log.sqlite")] == ["log_opened", "note", "note", "note"]


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        pytest.param("UPDATE event SET header = replace(header, '\"number\":1', '\"number\":9')", ChainBroken, id="changed"),
        pytest.param("DELETE FROM event WHERE seq = 2", ChainBroken, id="one missing"),
        pytest.param("DELETE FROM event WHERE seq = 4", ValueError, id="the last one missing"),
    ],
)
def test_a_log_that_does_not_hold_is_noticed(tmp_path: Path, spoil: str, error: type[Exception]) -> None:
    with opened(tmp_path / "log.sqlite") as log:
        for number in range(3):
            log.append(note(number), visit="")
    with closing(sqlite3.connect(tmp_path / "log.sqlite")) as connection, connection:
        connection.execute(spoil)
    with pytest.raises(error):
        follow(tmp_path / "log.sqlite")
