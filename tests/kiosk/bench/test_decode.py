"""The measurement of the decoders: pictures and expectations are found, counted by folder, and held to what is wanted."""

import io
import json
import multiprocessing
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console

from drivers import qr
from kiosk.bench import approaches, decode, paced, photographs
from kiosk.bench.printing import print_decoding
from kiosk.errors import GatepostError, UsageError
from tests.drivers.pictured import drawn


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures that are read, one with another expectation, one with none, and two without a code."""
    folder = tmp_path_factory.mktemp("data")
    good, bad = folder / "qr" / "zxing-cpp" / "qrcode-1", folder / "qr" / "zxing-cpp" / "falsepositives-1"
    for place in (good, bad):
        place.mkdir(parents=True)
    for name, expected in (("one", "héllo\n"), ("two", "something else"), ("three", None)):
        cv2.imwrite(str(good / f"{name}.png"), drawn("héllo".encode()))
        if expected is not None:
            (good / f"{name}.txt").write_text(expected, encoding="utf-8")
    cv2.imwrite(str(bad / "wall.png"), np.full((200, 300), 128, np.uint8))
    cv2.imwrite(str(bad / "night.webp"), np.zeros((200, 300), np.uint8))
    (bad / "notes.md").write_text("no picture", encoding="utf-8")
    return folder


def test_every_picture_is_loaded_with_its_expectation(data: Path) -> None:
    loaded = {one.name: (one.folder, one.expected, one.without) for one in photographs.load(data)}
    assert loaded == {
        "one.png": ("zxing-cpp/qrcode-1", "héllo\n", False),
        "two.png": ("zxing-cpp/qrcode-1", "something else", False),
        "three.png": ("zxing-cpp/qrcode-1", None, False),
        "wall.png": ("zxing-cpp/falsepositives-1", None, True),
        "night.webp": ("zxing-cpp/falsepositives-1", None, True),
    }


def test_a_folder_without_pictures_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no pictures"):
        photographs.load(tmp_path)


def test_the_folder_is_the_one_named_or_of_the_environment_or_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEPOST_TESTDATA", "/of/environment")
    assert photographs.folder_of(Path("/named")) == Path("/named")
    assert photographs.folder_of(None) == Path("/of/environment")
    monkeypatch.delenv("GATEPOST_TESTDATA")
    assert photographs.folder_of(None) == photographs.BESIDE


def test_a_missed_expectation_is_status_1_and_everything_is_in_report_and_table(data: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    assert decode.bench_decode(data=data, rounds=1, visitors=1, report=report, picture=None) == 1
    found = json.loads(report.read_text(encoding="utf-8"))
    for engine in ("zbar", "zxing", "quick", "ladder"):
        folder = found["engines"][engine]["folders"]["zxing-cpp/qrcode-1"]
        assert (folder["n"], folder["scored"], folder["read"], folder["exact"]) == (3, 2, 3, 1)
        assert 0 < folder["median_ms"] <= folder["p95_ms"]
        assert found["engines"][engine]["without_code"]["read"] == 0
    assert [verdict["met"] for verdict in found["verdicts"]] == [False, True, True]
    out = io.StringIO()
    print_decoding(Console(file=out, width=160), found)
    assert all(word in out.getvalue() for word in ("hurried", "ladder", "zxing-cpp/qrcode-1", "1/2", "MISSED"))


@pytest.mark.parametrize(("p95", "well"), [(45.0, True), (45.1, False)])
def test_a_tracked_frame_at_another_pace_is_held_against_its_45_ms_and_shown(p95: float, well: bool) -> None:
    one = {"median": 12.5, "p95": p95, "max": 61.0}
    pace = {
        "cpu_scale": 4.5,
        "achieved_scale": 4.6,
        "achieved_scale_by_burst": {"1": 4.4, "5": None},
        **{kind: {"stream": one, "hurried": one} for kind in ("raised_ms", "empty_ms", "tracked_ms")},
    }
    figures = {"collections": {}, "folders": {}, "without_code": {"read": 0}}
    found = {"engines": {"ladder": figures}, "tracked_ms": {"stream": {"p95": 1.0}}, "approaches": {}, "at_pace": pace}
    assert decode.verdicts(found)[-1]["met"] is well
    out = io.StringIO()
    print_decoding(Console(file=out, width=160), {**found, "engines": {}, "verdicts": decode.verdicts(found)})
    assert all(word in out.getvalue() for word in ("achieved 4.6", "12.50", f"{p95:.2f}", "≤ 45:", "raised, until read"))


def test_a_process_that_ends_without_an_answer_is_said_in_a_sentence() -> None:
    here, there = multiprocessing.Pipe()
    there.close()
    with pytest.raises(GatepostError, match="ended without an answer"):
        paced._receive(here)
    here.close()


def test_a_visitor_who_comes_is_read_after_a_few_frames_and_each_frame_has_its_cost() -> None:
    came = approaches.approach(approaches.stream, turn=1)
    assert came.frames is not None
    assert 1 <= came.frames <= 15
    assert len(came.ms) == came.frames


def test_one_who_is_never_read_has_no_number_of_frames() -> None:
    blind = approaches.approach(lambda: lambda picture: (), turn=1)
    assert blind.frames is None
    assert len(blind.ms) > 20


def test_a_hurried_decoder_reads_an_easy_picture_at_once() -> None:
    read = approaches.hurried()
    assert read(drawn(b"x")) == qr.decode(drawn(b"x"))
