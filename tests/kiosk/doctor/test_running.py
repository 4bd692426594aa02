"""Whether a kiosk runs is asked of its core, which takes no note; what it has lost is read in its log."""

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kiosk.doctor import running
from kiosk.doctor.findings import PartName, State
from kiosk.doctor.running import Answer, Running
from kiosk.events import Draft
from kiosk.inbox import Inbox
from kiosk.model import Part
from kiosk.switchboard import Switchboard
from kiosk.units import Seconds
from sync.log import SqliteLog
from tests.captured_lines import capture_logs
from tests.kiosk.fakes import FakeClock

SOON = Seconds(0.2)
PATIENCE_S = Seconds(10.0)


@contextmanager
def core(path: Path) -> Iterator[Inbox]:
    """A core's end of the links, at this socket."""
    inbox = Inbox()
    board = Switchboard(path, inbox=inbox, clock=FakeClock(), passage_s=Seconds(1.0))
    board.start()
    try:
        yield inbox
    finally:
        board.close()


@contextmanager
def deaf(path: Path, backlog: int) -> Iterator[None]:
    """A process that listens and never accepts, as one that hangs."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        listener.listen(backlog)
        yield


def test_a_core_that_lives_answers_and_takes_no_note_of_it(tmp_path: Path) -> None:
    with core(tmp_path / "core.sock") as inbox, capture_logs() as said:
        for _ in range(3):
            met = running.ask(tmp_path / "core.sock", PATIENCE_S)
            assert (met.answer, met.pid) == (Answer.RUNNING, os.getpid())
            assert met.answer_s is not None
            assert met.answer_s < PATIENCE_S
        assert inbox.take(0.0) is None
    assert [line for line in said if line["log_level"] != "debug"] == []


def test_without_a_socket_or_with_a_stale_one_the_kiosk_is_stopped(tmp_path: Path) -> None:
    assert running.ask(tmp_path / "no" / "core.sock").answer is Answer.STOPPED
    with deaf(tmp_path / "core.sock", 1):
        pass
    assert stat.S_ISSOCK((tmp_path / "core.sock").stat().st_mode)
    assert running.ask(tmp_path / "core.sock").answer is Answer.STOPPED
    assert not Running().has_devices


def test_a_socket_of_another_kind_is_no_core(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(str(tmp_path / "core.sock"))
        other.listen()
        assert running.ask(tmp_path / "core.sock").answer is Answer.STOPPED


def test_a_core_that_hangs_is_silent_and_keeps_its_devices(tmp_path: Path) -> None:
    with deaf(tmp_path / "core.sock", 8):
        met = running.ask(tmp_path / "core.sock", SOON)
        assert (met.answer, met.has_devices) == (Answer.SILENT, True)


def test_a_core_that_hangs_with_callers_waiting_is_silent_too(tmp_path: Path) -> None:
    with deaf(tmp_path / "core.sock", 0), closing(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)) as waiting:
        waiting.connect(str(tmp_path / "core.sock"))
        assert running.ask(tmp_path / "core.sock", SOON).answer is Answer.SILENT


@pytest.mark.parametrize(
    ("number", "answer", "held"),
    [
        (errno.ENOENT, Answer.STOPPED, False),
        (errno.ECONNREFUSED, Answer.STOPPED, False),
        (errno.EACCES, Answer.FORBIDDEN, True),
        (errno.EPERM, Answer.FORBIDDEN, True),
        (errno.EAGAIN, Answer.SILENT, True),
        (errno.ETIMEDOUT, Answer.SILENT, True),
        (errno.ENOBUFS, Answer.SILENT, True),
    ],
    ids=lambda value: errno.errorcode[value] if type(value) is int else "",
)
def test_devices_are_free_only_where_it_is_known_that_nobody_listens(number: int, answer: Answer, held: bool) -> None:
    met = Running(running.refusal(OSError(number, os.strerror(number))))
    assert (met.answer, met.has_devices) == (answer, held)


class Kept:
    """A kiosk's log, with events of its parts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log = SqliteLog(path, compound="riverside", device="gate-1", clock=FakeClock())

    def started(self) -> "Kept":
        self._log.append(Draft("started", {}), visit="")
        return self

    def heard(self, part: str, well: bool, detail: str = "") -> "Kept":
        self._log.append(Draft("part_health", {"part": part, "well": well, "detail": detail}), visit="")
        return self

    def lost(self) -> dict[Part, str]:
        try:
            return dict(running.lost_parts(self.path))
        finally:
            self._log.close()


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "log.sqlite").started()


def test_a_part_that_was_lost_and_not_found_again_is_lost_for_its_latest_reason(kept: Kept) -> None:
    kept.heard("camera", False, "unplugged").heard("camera", True).heard("camera", False, "silent")
    kept.heard("thermometer", False, "gone").heard("thermometer", True)
    assert kept.lost() == {Part.CAMERA: "silent"}


def test_what_was_lost_before_the_last_start_is_forgotten(kept: Kept) -> None:
    kept.heard("camera", False, "unplugged").started()
    assert kept.lost() == {}


def test_a_part_of_a_newer_version_is_passed_over(kept: Kept) -> None:
    kept.heard("barrier", False, "bent").heard("log", False, "the disk is full")
    assert kept.lost() == {Part.LOG: "the disk is full"}


def test_a_log_that_cannot_be_read_leaves_the_kiosk_as_it_was_met(tmp_path: Path) -> None:
    met = Running(Answer.RUNNING, 0.001, 1)
    assert running.note_losses(met, tmp_path / "none.sqlite") == met
    (tmp_path / "bad.sqlite").write_bytes(b"no database")
    assert running.note_losses(met, tmp_path / "bad.sqlite") == met


@pytest.mark.parametrize(
    ("met", "state", "said"),
    [
        (Running(Answer.RUNNING), State.FIT, "in use by the running kiosk"),
        (Running(Answer.RUNNING, lost={Part.CAMERA: "unplugged"}), State.UNFIT, "has lost it: unplugged"),
        (Running(Answer.RUNNING, lost={Part.EYES: "it ended"}), State.UNFIT, "whose process for it is lost: it ended"),
        (Running(Answer.RUNNING, lost={Part.THERMOMETER: "away"}), State.FIT, "in use"),
        (Running(Answer.SILENT), State.UNKNOWN, "does not answer"),
        (Running(Answer.FORBIDDEN), State.UNKNOWN, "does not answer"),
    ],
    ids=["well", "lost", "its-process-lost", "another-lost", "silent", "forbidden"],
)
def test_a_device_in_use_is_judged_by_what_the_kiosk_says(met: Running, state: State, said: str) -> None:
    found = running.in_use(PartName.CAMERA, met, Part.EYES, Part.CAMERA)
    assert found.state is state
    assert said in found.detail
    assert found.measured == {"in_use": True}
    assert bool(found.advice) is (state is not State.FIT)


def test_a_process_that_is_gone_sends_nobody_to_look_at_a_cable() -> None:
    found = running.in_use(PartName.GATE_LINE, Running(Answer.RUNNING, lost={Part.GATE: "it ended"}), Part.GATE)
    assert "cable" not in found.advice
