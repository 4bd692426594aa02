"""What a camera can be: a device, a picture, a folder, a video; and what cannot be meant."""

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.camera import Camera, Frame, Replay, open_camera
from drivers.qr import decode
from kiosk.errors import DeviceLost, UsageError
from tests.drivers.pictured import RealClock, drawn
from tests.drivers.worlds import MovedClock

PATIENCE_S = 10.0
FPS = 60


def opened(source: str, *, width: int = 1280, height: int = 720) -> Camera:
    return open_camera(source, width=width, height=height, fps=FPS, clock=RealClock())


def following(camera: Camera, frame: Frame | None) -> Frame:
    later = camera.newest(0 if frame is None else frame.index, PATIENCE_S)
    assert later is not None
    return later


def level(frame: Frame) -> int:
    return round(float(frame.image.mean()))


def pictured_at(path: Path, level: int, width: int = 128) -> Path:
    assert cv2.imwrite(str(path), np.full((72, width, 3), level, np.uint8))
    return path


def filmed_at(path: Path, levels: list[int]) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (64, 48))
    assert writer.isOpened()
    for one in levels:
        writer.write(np.full((48, 64, 3), one, np.uint8))
    writer.release()
    return path


def test_a_picture_is_shown_again_and_again(tmp_path: Path) -> None:
    camera = opened(f"picture:{pictured_at(tmp_path / 'a.png', 40)}")
    first = following(camera, None)
    second = following(camera, first)
    assert level(first) == level(second) == 40
    assert second.index > first.index
    assert second.captured_at > first.captured_at
    camera.close()


def test_a_large_picture_is_made_to_fit(tmp_path: Path) -> None:
    camera = opened(f"picture:{pictured_at(tmp_path / 'a.png', 40, width=3000)}", width=640, height=480)
    assert following(camera, None).image.shape == (15, 640, 3)
    camera.close()


def test_a_folder_is_shown_in_the_order_of_names_and_round_again(tmp_path: Path) -> None:
    pictured_at(tmp_path / "b.PNG", 20)
    pictured_at(tmp_path / "a.jpg", 10)
    (tmp_path / "broken.png").write_bytes(b"nothing")
    (tmp_path / "notes.txt").write_text("no picture")
    camera = opened(f"folder:{tmp_path}")
    seen: list[int] = []
    frame = None
    while len(seen) < 3:
        frame = following(camera, frame)
        if seen[-1:] != [level(frame)]:
            seen.append(level(frame))
    assert seen == [10, 20, 10]
    camera.close()


def test_a_video_is_shown_in_order_and_round_again(tmp_path: Path) -> None:
    camera = opened(f"video:{filmed_at(tmp_path / 'film.avi', [30] * 6 + [200] * 6)}")
    seen: list[int] = []
    frame = None
    while len(seen) < 4:
        frame = following(camera, frame)
        bright = int(level(frame) > 115)
        if seen[-1:] != [bright]:
            seen.append(bright)
    assert seen == [0, 1, 0, 1]
    camera.close()


def test_a_code_in_a_video_keeps_its_pixels(tmp_path: Path) -> None:
    code = np.repeat(drawn(b"filmed")[:, :, None], 3, axis=2)
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, code.shape[1::-1])
    writer.write(code)
    writer.release()
    camera = opened(f"video:{path}")
    assert [found.content for found in decode(following(camera, None).image)] == [b"filmed"]
    camera.close()


def test_pictures_fall_due_one_a_period_and_none_is_made_up_for() -> None:
    clock = MovedClock(100.0)
    replay = Replay(lambda: iter([np.zeros((2, 2, 3), np.uint8)]), 1000.0, clock)
    clock.move(5.0)
    began = time.monotonic()
    assert [replay.grab() for _ in range(3)] == [True] * 3
    # The first was long due; the clock stands, so each of the others is waited for a period longer.
    assert time.monotonic() - began >= 0.003
    replay.release()
    assert not replay.grab()


def test_a_device_that_is_not_there_is_lost_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DeviceLost, match="cannot be opened"):
        opened("device:97")
    assert capfd.readouterr().err == ""


MEANINGLESS = {
    "webcam": "source is no camera",
    "": "source is no camera",
    "simulated": "source is no camera",
    "device:front": "name its number",
    "device:": "name its number",
    "device:-1": "name its number",
    "picture:{dir}/absent.png": "absent.png: the file is not there",
    "picture:{dir}": "this is not a file",
    "picture:{dir}/notes.png": "notes.png: this is not a picture, or it is damaged",
    "folder:{dir}/absent": "absent: this is not a folder",
    "folder:{dir}/notes.png": "notes.png: this is not a folder",
    "folder:{dir}": "there is no picture in this folder",
    "video:{dir}/absent.avi": "absent.avi: no video that can be read",
    "video:{dir}/notes.png": "notes.png: no video that can be read",
}


@pytest.mark.parametrize(("source", "words"), MEANINGLESS.items(), ids=MEANINGLESS.keys())
def test_a_source_that_cannot_be_meant_is_one_sentence(
    tmp_path: Path, source: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.png").write_text("no picture")
    with pytest.raises(UsageError) as raised:
        opened(source.format(dir=tmp_path))
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)
    assert capfd.readouterr().err == ""
