"""The mirror's pictures between eyes and screen: newest only, and never of somebody who has gone."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.frame_ring import shared_path
from kiosk.preview import MOST_CODES, STALE_AFTER, Corners, PreviewPublisher, PreviewSubscriber, preview_name
from kiosk.units import Monotonic
from kiosk.view import Hint
from tests.examples import examples
from tests.kiosk.fakes import FakeClock

RUN_DIR = Path("run")
SIZE = (4, 2)
ROOT = Path(__file__).parents[2]


def picture(level: int) -> memoryview:
    return memoryview(bytes([level]) * 24)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[PreviewPublisher]:
    publisher = PreviewPublisher(RUN_DIR, directory=tmp_path)
    yield publisher
    publisher.close()


@pytest.fixture
def subscriber(tmp_path: Path, clock: FakeClock) -> Iterator[PreviewSubscriber]:
    subscriber = PreviewSubscriber(RUN_DIR, clock.monotonic, directory=tmp_path)
    yield subscriber
    subscriber.close()


def test_the_newest_picture_is_shown_once_with_its_size_and_time(
    publisher: PreviewPublisher, subscriber: PreviewSubscriber, clock: FakeClock
) -> None:
    for level in (1, 2):
        publisher.publish(picture(level), SIZE, clock.now)
    shown = subscriber.newest()
    assert shown is not None
    assert (shown.width, shown.height, shown.captured_at) == (4, 2, clock.now)
    assert shown.rgb == bytearray([2]) * 24
    assert (shown.codes, shown.hint) == ((), None)
    assert subscriber.live()
    assert subscriber.newest(shown.index) is None


coordinate = st.integers(-(2**15) + 1, 2**15 - 1)
corners = st.tuples(*[st.tuples(coordinate, coordinate)] * 4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(0.5))
@given(codes=st.lists(corners, max_size=MOST_CODES).map(tuple), hint=st.sampled_from([None, *Hint]))
def test_where_codes_are_and_what_is_wrong_with_them_comes_along(
    publisher: PreviewPublisher, subscriber: PreviewSubscriber, codes: tuple[Corners, ...], hint: Hint | None
) -> None:
    publisher.publish(picture(1), SIZE, Monotonic(1000.0), codes, hint)
    shown = subscriber.newest()
    assert shown is not None
    assert (shown.codes, shown.hint) == (codes, hint)


def test_more_codes_than_there_is_room_for_and_corners_far_outside_break_nothing(
    publisher: PreviewPublisher, subscriber: PreviewSubscriber, clock: FakeClock
) -> None:
    far: Corners = ((10**9, -(10**9)), (0, 0), (1, 1), (2, 2))
    publisher.publish(picture(1), SIZE, clock.now, (far,) * (MOST_CODES + 5))
    shown = subscriber.newest()
    assert shown is not None
    assert len(shown.codes) == MOST_CODES
    assert shown.codes[0][0] == (2**15 - 1, -(2**15) + 1)
    publisher.publish(picture(1), SIZE, clock.now, ((), ((1, 1),)))
    shown = subscriber.newest(shown.index)
    assert shown is not None
    assert shown.codes == ()


def test_eyes_that_fall_silent_are_noticed_by_the_age_of_their_last_picture(
    publisher: PreviewPublisher, subscriber: PreviewSubscriber, clock: FakeClock
) -> None:
    publisher.publish(picture(1), SIZE, clock.now)
    assert subscriber.live()
    clock.advance(STALE_AFTER + 0.01)
    assert not subscriber.live()
    assert subscriber.newest() is None
    publisher.publish(picture(2), SIZE, clock.now)
    assert subscriber.live()


def test_killed_eyes_leave_a_memory_that_their_successors_replace(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from kiosk.preview import PreviewPublisher\n"
        "publisher = PreviewPublisher(Path('run').absolute(), directory=Path(sys.argv[1]))\n"
        "publisher.publish(memoryview(bytes(24)), (4, 2), 1000.0); print('ready', flush=True); sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    clock = FakeClock()
    subscriber = PreviewSubscriber(ROOT / "run", clock.monotonic, directory=tmp_path)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        first = subscriber.newest()
        process.kill()
    assert first is not None
    clock.advance(2.0)
    assert not subscriber.live()
    successor = PreviewPublisher(ROOT / "run", directory=tmp_path)
    successor.publish(picture(7), SIZE, clock.now)
    assert not subscriber.live(), "the first look finds the dead one's"
    shown = subscriber.newest(first.index)
    assert shown is not None
    assert shown.rgb[0] == 7
    successor.close()
    subscriber.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("folder", "memory"), [(0o700, 0o600), (0o750, 0o640), (0o755, 0o640)], ids=oct)
def test_who_may_enter_the_folder_where_the_processes_meet_may_see_the_pictures_and_nobody_else(
    tmp_path: Path, folder: int, memory: int
) -> None:
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    run_dir.chmod(folder)
    publisher = PreviewPublisher(run_dir, directory=tmp_path)
    publisher.publish(picture(1), SIZE, Monotonic(1.0))
    assert shared_path(preview_name(run_dir), tmp_path).stat().st_mode & 0o777 == memory
    publisher.close()


def test_without_eyes_there_is_no_picture_and_no_error(subscriber: PreviewSubscriber) -> None:
    assert subscriber.newest() is None
    assert not subscriber.live()


def test_a_picture_that_is_taken_away_is_gone(
    publisher: PreviewPublisher, subscriber: PreviewSubscriber, clock: FakeClock, tmp_path: Path
) -> None:
    publisher.publish(picture(1), SIZE, clock.now)
    shown = subscriber.newest()
    assert shown is not None
    publisher.close()
    assert not subscriber.live()
    assert list(tmp_path.iterdir()) == []
    publisher.publish(picture(2), SIZE, clock.now)
    again = subscriber.newest()
    assert again is not None
    assert again.rgb[0] == 2


def test_what_is_no_picture_of_ours_is_none(subscriber: PreviewSubscriber, tmp_path: Path) -> None:
    shared_path(preview_name(RUN_DIR), tmp_path).write_bytes(b"GATEPRV9" + bytes(8192))
    assert subscriber.newest() is None
    assert not subscriber.live()


def test_two_kiosks_share_no_picture_and_nobody_else_sees_it(publisher: PreviewPublisher, tmp_path: Path) -> None:
    assert preview_name(RUN_DIR) != preview_name(Path("other"))
    assert preview_name(RUN_DIR) == preview_name(RUN_DIR.absolute())
    publisher.publish(picture(1), SIZE, Monotonic(1.0))
    (memory,) = tmp_path.iterdir()
    assert memory.stat().st_mode & 0o777 == 0o600
