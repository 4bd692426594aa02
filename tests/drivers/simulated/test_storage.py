"""The simulated card takes as long as a card does, and says how long that was."""

import statistics
from pathlib import Path

import pytest

from drivers.simulated.storage import MEDIAN_S, P99_S, SdCard, notes_beside, read_notes
from kiosk.errors import UsageError
from tests.kiosk.fakes import FakeClock


def card(tmp_path: Path, clock: FakeClock, seed: int = 1) -> SdCard:
    return SdCard(clock, seed, notes_beside(tmp_path / "log.sqlite"), pause=clock.advance)


def notes(tmp_path: Path) -> list[tuple[float, float]]:
    return read_notes(notes_beside(tmp_path / "log.sqlite"))


def test_the_times_of_many_fsyncs_are_those_of_a_card(tmp_path: Path) -> None:
    clock = FakeClock()
    slow = card(tmp_path, clock)
    took = []
    for _ in range(4000):
        began = clock.monotonic()
        with slow.fsync():
            pass
        took.append(clock.monotonic() - began)
    slow.close()
    assert statistics.median(took) == pytest.approx(MEDIAN_S, rel=0.05)
    assert statistics.quantiles(took, n=100)[98] == pytest.approx(P99_S, rel=0.2)
    assert [length for _, length in notes(tmp_path)] == pytest.approx(took, abs=1e-4)


def test_the_time_of_the_real_commit_is_part_of_the_cards(tmp_path: Path) -> None:
    clock = FakeClock()
    slow = card(tmp_path, clock)
    began = clock.monotonic()
    with slow.fsync():
        clock.advance(5.0)
    assert clock.monotonic() == began + 5.0
    slow.close()
    assert notes(tmp_path) == [(began + 5.0, 5.0)]


def test_the_same_seed_gives_the_same_card(tmp_path: Path) -> None:
    found: list[list[float]] = []
    for seed in (1, 1, 2):
        folder = tmp_path / str(len(found))
        folder.mkdir()
        slow = card(folder, FakeClock(), seed)
        for _ in range(5):
            with slow.fsync():
                pass
        slow.close()
        found.append([length for _, length in notes(folder)])
    assert found[0] == found[1] != found[2]


def test_a_commit_that_fails_is_not_waited_for(tmp_path: Path) -> None:
    clock = FakeClock()
    slow = card(tmp_path, clock)
    began = clock.monotonic()
    with pytest.raises(OSError, match="no space"), slow.fsync():
        raise OSError("no space")
    assert clock.monotonic() == began
    slow.close()
    assert notes(tmp_path) == []


def test_a_half_written_note_is_left_out(tmp_path: Path) -> None:
    path = notes_beside(tmp_path / "log.sqlite")
    path.write_text("1.000000 0.020000\n2.0", encoding="ascii")
    assert read_notes(path) == [(1.0, 0.02)]


def test_without_a_card_there_are_no_notes(tmp_path: Path) -> None:
    assert notes(tmp_path) == []


def test_a_place_that_cannot_be_written_to_is_bad_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write there"):
        SdCard(FakeClock(), 1, tmp_path / "nowhere" / "notes")
