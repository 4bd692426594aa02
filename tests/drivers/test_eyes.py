"""The eyes' loop with a core at the other end of a real socket, and a camera that the test fills."""

import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.camera import Camera
from drivers.eyes import REPEAT_S, run_eyes
from drivers.mirror import Mirror
from kiosk.errors import DeviceLost, UsageError
from kiosk.link import BEAT_LOST, AnyMessage, Attend, Beat, Coloured, Noticed, PartHealth, Scanned, SceneMoved
from kiosk.model import Part
from kiosk.preview import Corners, Preview, PreviewPublisher, PreviewSubscriber
from kiosk.units import Monotonic
from kiosk.view import Hint
from tests.captured_lines import capture_logs
from tests.drivers.pictured import RealClock, drawn, placed
from tests.drivers.watching import FPS, GREY, PATIENCE_S, Core, FrameClock, Stage, mirror_at, screen_at, watching


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    core = Core(tmp_path / "core.sock")
    yield core
    core.close()


def test_it_says_hello_and_that_the_camera_is_well(core: Core, stage: Stage) -> None:
    with watching(core.path, stage.open):
        hello = core.accept()
        assert (hello.part, hello.version) == (Part.EYES, "9.9")
        health = core.expect(PartHealth)
        assert (health.part, health.well) == (Part.CAMERA, True)


def test_a_code_is_told_with_its_exact_bytes_and_times(core: Core, stage: Stage) -> None:
    content = "通行证 é".encode("gbk", "replace") + b"\x00\x1d"
    stage.picture = placed(drawn(content), 300, 200)
    with watching(core.path, stage.open):
        core.accept()
        scan = core.expect(Scanned).scan
    assert scan.content == content
    assert (scan.engine, scan.symbology) == ("zxing", "QRCode")
    assert scan.captured_at <= scan.decoded_at <= scan.captured_at + 1.0
    assert np.abs(np.subtract(scan.corners[0], (320, 220))).max() <= 3


def test_a_code_held_up_is_told_again_but_not_with_every_frame(core: Core, stage: Stage) -> None:
    stage.picture = placed(drawn(b"held"), 300, 200)
    with watching(core.path, stage.open):
        core.accept()
        first = core.expect(Scanned)
        scans = [first, *(message for message in core.during(1.1) if isinstance(message, Scanned))]
    assert {scan.scan.content for scan in scans} == {b"held"}
    assert 2 <= len(scans) <= 4
    assert all(later - sooner >= REPEAT_S for sooner, later in pairwise(scan.scan.decoded_at for scan in scans))


def test_two_codes_are_told_each_once_a_sight(core: Core, stage: Stage) -> None:
    stage.picture = placed(drawn(b"pass"), 100, 200)
    health = drawn(b"health")
    stage.picture[200 : 200 + health.shape[0], 800 : 800 + health.shape[1]] = health[:, :, None]
    with watching(core.path, stage.open):
        core.accept()
        before: list[AnyMessage] = []
        told = [core.expect(Scanned, before).scan.content for _ in range(2)]
    assert sorted(told) == [b"health", b"pass"]
    assert [message.hint for message in before if isinstance(message, Noticed)] == [Hint.SEVERAL_CODES]


def test_the_same_code_of_the_next_visitor_is_told_at_once(core: Core, stage: Stage) -> None:
    stage.picture = placed(drawn(b"shared"), 300, 200)
    with watching(core.path, stage.open):
        core.accept()
        core.expect(Scanned)
        stage.picture = GREY
        core.during(2 * REPEAT_S)
        stage.picture = placed(drawn(b"shared"), 700, 100)
        assert core.expect(Scanned).scan.content == b"shared"


@pytest.fixture
def counted(stage: Stage) -> Stage:
    """A stage by whose frames time goes."""
    stage.clock = FrameClock(stage)
    return stage


def looked_at(core: Core, stage: Stage, frames: int, came: list[AnyMessage] | None = None) -> int:
    """How many of the next frames the eyes unpack; what they say meanwhile goes into the list."""
    first, before = stage.grabbed, stage.retrieved
    while stage.grabbed < first + frames:
        message = core.next(1 / FPS)
        if message is not None and came is not None:
            came.append(message)
    return stage.retrieved - before


def at_ten_a_second(core: Core, stage: Stage, within_s: int) -> bool:
    """Whether the eyes come to look at no more than that."""
    return any(looked_at(core, stage, FPS) <= 11 for _ in range(within_s))


def at_every_one(core: Core, stage: Stage, came: list[AnyMessage] | None = None) -> bool:
    """Whether the eyes come to look at every frame, before motion that was seen just now is over."""
    return any(looked_at(core, stage, FPS // 3, came) >= FPS // 3 - 1 for _ in range(5))


def test_idle_it_looks_at_ten_frames_a_second_and_attending_at_all(core: Core, counted: Stage) -> None:
    with watching(core.path, counted.open, counted.clock):
        core.accept()
        core.expect(PartHealth)
        assert at_ten_a_second(core, counted, within_s=2)
        core.send(Attend(active=True))
        assert at_every_one(core, counted)
        core.send(Attend(active=False))
        assert at_ten_a_second(core, counted, within_s=2)


def test_motion_is_told_on_edges_and_wakes_the_eyes(core: Core, counted: Stage) -> None:
    with watching(core.path, counted.open, counted.clock):
        core.accept()
        core.expect(PartHealth)
        assert at_ten_a_second(core, counted, within_s=2)
        moved = GREY.copy()
        moved[100:700, 400:900] = 60
        counted.picture = moved
        assert core.expect(SceneMoved).moving
        came: list[AnyMessage] = []
        assert at_every_one(core, counted, came)
        edges = [message for message in came if isinstance(message, SceneMoved)] or [core.expect(SceneMoved)]
        assert [edge.moving for edge in edges] == [False]
        assert at_ten_a_second(core, counted, within_s=4)


def test_idle_only_the_quick_decoder_looks_and_attending_every_one(core: Core, stage: Stage) -> None:
    faint = cv2.GaussianBlur(drawn(b"out of focus" * 12, pixels=4), (0, 0), 2.2)
    stage.picture = placed(np.asarray(faint, np.uint8), 300, 200)
    with watching(core.path, stage.open):
        core.accept()
        core.expect(PartHealth)
        assert not any(isinstance(message, Scanned) for message in core.during(0.4))
        core.send(Attend(active=True))
        assert core.expect(Scanned).scan.content == b"out of focus" * 12


def beats_are_regular(came: list[AnyMessage], pace: float = 1.0) -> bool:
    beats = [message.at for message in came if isinstance(message, Beat)]
    return len(beats) >= 4 and all(later - sooner < pace * BEAT_LOST for sooner, later in pairwise(beats))


class QuickClock(RealClock):
    """Six seconds in one."""

    def monotonic(self) -> Monotonic:
        return Monotonic(6 * super().monotonic())


def test_a_camera_that_is_stuck_is_told_and_opened_again_and_the_eyes_beat_meanwhile(core: Core, stage: Stage) -> None:
    with watching(core.path, stage.open, QuickClock()):
        core.accept()
        assert core.expect(PartHealth).well
        stage.frozen.set()
        came: list[AnyMessage] = []
        lost = core.expect(PartHealth, came)
        assert (lost.well, lost.detail) == (False, "the camera is silent")
        # Its driver does not come back from the grab, so it cannot be closed yet.
        assert beats_are_regular([*came, *core.during(0.8)], pace=6)
        stage.frozen.clear()
        stage.broken.set()
        assert core.expect(PartHealth).well


def test_it_beats_while_the_camera_is_being_opened(core: Core, stage: Stage) -> None:
    hold = threading.Event()

    def slow() -> Camera:
        hold.wait(PATIENCE_S)
        return stage.open()

    with watching(core.path, slow):
        core.accept()
        came = core.during(0.8)
        hold.set()
        assert core.expect(PartHealth).well
    assert beats_are_regular(came)


def test_a_camera_that_comes_after_the_eyes_have_stopped_is_closed(core: Core, stage: Stage) -> None:
    hold, opened = threading.Event(), []

    def slow() -> Camera:
        hold.wait(PATIENCE_S)
        opened.append(stage.open())
        return opened[0]

    with watching(core.path, slow):
        core.accept()
        core.expect(Beat)
    hold.set()
    assert stage.released.wait(PATIENCE_S)
    assert opened


def test_the_colour_around_a_code_goes_with_it(core: Core, stage: Stage) -> None:
    code = drawn(b"https://health.example/code?t=1")
    stage.picture = placed(code, 500, 200)
    around = np.full_like(stage.picture, (60, 170, 40))
    near = slice(200 + 12, 200 + code.shape[0] - 12), slice(500 + 12, 500 + code.shape[1] - 12)
    around[near] = stage.picture[near]
    stage.picture = around
    with watching(core.path, stage.open):
        core.accept()
        # The code goes ahead: no decision waits for a colour.
        core.expect(Scanned)
        told = core.expect(Coloured)
    assert told.colour == "green"
    assert told.confidence > 0.7


def test_a_lost_camera_is_told_and_opened_again(core: Core, stage: Stage) -> None:
    with watching(core.path, stage.open):
        core.accept()
        assert core.expect(PartHealth).well
        stage.broken.set()
        lost = core.expect(PartHealth)
        assert not lost.well
        assert lost.detail
        assert core.expect(PartHealth).well


def test_a_camera_that_never_opens_is_told_once(core: Core) -> None:
    tries = []

    def absent() -> Camera:
        tries.append(RealClock().monotonic())
        raise DeviceLost("no camera")

    with watching(core.path, absent):
        core.accept()
        health = [message for message in core.during(1.0) if isinstance(message, PartHealth)]
    assert [(message.well, message.detail) for message in health] == [(False, "no camera")]
    gaps = [later - sooner for sooner, later in pairwise(tries)]
    assert 1 <= len(gaps) <= 2
    assert gaps == sorted(gaps)


def test_a_core_that_comes_back_is_greeted_and_told_again(core: Core, stage: Stage) -> None:
    stage.picture = placed(drawn(b"again"), 300, 200)
    with watching(core.path, stage.open):
        core.accept()
        core.expect(Scanned)
        core.hang_up()
        assert core.accept().part is Part.EYES
        assert core.expect(PartHealth).well
        assert core.expect(Scanned).scan.content == b"again"


def test_the_eyes_say_once_that_the_core_is_lost_and_leave_the_camera_to_it(core: Core, stage: Stage) -> None:
    with capture_logs() as said, watching(core.path, stage.open):
        for _ in range(2):
            core.accept()
            core.hang_up()
        core.accept()
        core.send(Attend(active=False))
        assert core.expect(PartHealth).well
        stage.broken.set()
        assert not core.expect(PartHealth).well
        assert core.expect(PartHealth).well
    assert [line["event"] for line in said] == ["core lost", "core back"]


def test_it_waits_for_a_core_that_is_not_there_yet_and_stops_when_told(tmp_path: Path, stage: Stage) -> None:
    with watching(tmp_path / "later.sock", stage.open) as stop:
        assert not stop.wait(0.2)


def test_a_source_that_cannot_be_meant_ends_the_eyes(core: Core) -> None:
    def wrong() -> Camera:
        raise UsageError("no such source")

    ended: list[Exception] = []

    def run() -> None:
        try:
            run_eyes(core.path, wrong, RealClock(), threading.Event(), mirror=mirror_at(core.path), idle_fps=10, version="1")
        except UsageError as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    core.accept()
    thread.join(PATIENCE_S)
    assert [str(error) for error in ended] == ["no such source"]


def test_the_largest_code_passes(core: Core, stage: Stage) -> None:
    content = bytes(number % 251 for number in range(2953))
    stage.picture = placed(drawn(content, pixels=4, error="l"), 100, 20, width=1280, height=1000)
    with watching(core.path, stage.open):
        core.accept()
        assert core.expect(Scanned).scan.content == content


def mirrored(core: Core, screen: PreviewSubscriber, shows: bool = True) -> Preview | None:
    """Wait until the mirror shows a picture, or none any more."""
    end = RealClock().monotonic() + PATIENCE_S
    while screen.live() is not shows:
        core.during(0.05)
        assert RealClock().monotonic() < end
    return screen.newest()


def test_the_mirror_shows_what_is_there_while_somebody_is_and_nothing_afterwards(core: Core, stage: Stage) -> None:
    stage.picture = placed(drawn(b"mirrored"), 300, 200)
    screen = screen_at(core.path)
    with watching(core.path, stage.open):
        core.accept()
        core.send(Attend(active=True))
        shown = mirrored(core, screen)
        assert shown is not None
        assert (shown.width, shown.height) == (640, 360)
        (corners,) = shown.codes
        assert np.abs(np.subtract(corners[0], (160, 110))).max() <= 3
        stage.picture = GREY
        core.send(Attend(active=False))
        assert mirrored(core, screen, shows=False) is None
    assert not [path for path in core.path.parent.iterdir() if path.name.startswith("gatepost-")]
    screen.close()


def test_nobody_is_mirrored_while_nobody_is_here(core: Core, stage: Stage) -> None:
    with watching(core.path, stage.open):
        core.accept()
        core.expect(PartHealth)
        core.during(0.5)
        assert not screen_at(core.path).live()


def test_the_mirror_is_taken_away_when_the_core_is_gone_and_when_the_eyes_end(core: Core, stage: Stage) -> None:
    screen = screen_at(core.path)
    with watching(core.path, stage.open):
        core.accept()
        core.send(Attend(active=True))
        assert mirrored(core, screen) is not None
        core.hang_up()
        core.accept()
        assert not screen.live()
        core.send(Attend(active=True))
        assert mirrored(core, screen) is not None
    assert not screen.live()
    screen.close()


class NotingPublisher(PreviewPublisher):
    """Notes when each picture was published, by when it was captured."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.parent, directory=path.parent)
        self.published: dict[float, float] = {}

    def publish(
        self,
        rgb: memoryview,
        size: tuple[int, int],
        captured_at: Monotonic,
        codes: tuple[Corners, ...] = (),
        hint: Hint | None = None,
    ) -> None:
        self.published[captured_at] = RealClock().monotonic()
        super().publish(rgb, size, captured_at, codes, hint)


def test_the_mirror_never_delays_a_code(core: Core, stage: Stage) -> None:
    publisher = NotingPublisher(core.path)
    with watching(core.path, stage.open, mirror=Mirror(publisher, every_s=0.0)):
        core.accept()
        core.send(Attend(active=True))
        core.during(0.3)
        stage.picture = placed(drawn(b"first"), 300, 200)
        scans = [message.scan for message in core.during(2.0) if isinstance(message, Scanned)]
    shown = [
        (scan.decoded_at, publisher.published[scan.captured_at]) for scan in scans if scan.captured_at in publisher.published
    ]
    assert shown
    assert all(published >= decoded for decoded, published in shown)


def test_whoever_holds_up_a_code_too_small_is_told_so_a_few_times_a_second(core: Core, stage: Stage) -> None:
    far = cv2.resize(drawn(b"GP1:" + b"0123456789ABCDEF" * 8), (100, 100), interpolation=cv2.INTER_AREA)
    stage.picture = placed(np.asarray(cv2.GaussianBlur(far, (0, 0), 1.2), np.uint8), 600, 300)
    with watching(core.path, stage.open):
        core.accept()
        core.send(Attend(active=True))
        core.expect(Noticed)
        told = [message for message in core.during(1.5) if isinstance(message, Noticed | Scanned)]
    assert {message.hint for message in told if isinstance(message, Noticed)} == {Hint.CODE_TOO_SMALL}
    assert 3 <= len(told) <= 7


def test_whoever_holds_up_a_code_well_is_told_nothing(core: Core, stage: Stage) -> None:
    stage.picture = placed(drawn(b"well held"), 600, 300)
    with watching(core.path, stage.open):
        core.accept()
        core.send(Attend(active=True))
        core.expect(Scanned)
        assert not [message for message in core.during(1.5) if isinstance(message, Noticed)]
