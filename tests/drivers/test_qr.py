"""Decoding: the ladder, the memory of places, and pictures made by others."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers import qr, zbar
from drivers.charset import text_of
from drivers.ladder import LADDER, Rung, Sight, climb, squared
from drivers.pictures import fit, load_picture
from drivers.qr import COMPANY_FRAMES, KNOWN_AT_MOST, LATER_RUNGS, Decoder, decode
from tests.drivers.pictured import TESTDATA, drawn, placed
from tests.examples import examples

# A picture or two below what was measured with zxing-cpp 3.1.1, OpenCV 4.14 and zbar 0.23.92: 170 of 179 and 129 of 137.
FLOOR_ZXING = 168
FLOOR_ZXING_CPP = 128


@given(content=st.binary(min_size=1, max_size=200))
@settings(max_examples=examples(0.4))
def test_whatever_bytes_a_code_holds_come_out(content: bytes) -> None:
    assert [found.content for found in decode(drawn(content, pixels=4))] == [content]


def test_an_inverted_code_is_read() -> None:
    assert [found.content for found in decode(255 - drawn(b"light on dark"))] == [b"light on dark"]


def test_a_picture_without_a_code_gives_nothing() -> None:
    assert decode(np.full((720, 1280, 3), 128, np.uint8)) == ()


@pytest.mark.parametrize("shape", [(1, 1), (1, 100), (100, 1), (2, 2), (1, 4000)])
def test_the_smallest_pictures_give_nothing(shape: tuple[int, int]) -> None:
    assert decode(np.zeros((*shape, 3), np.uint8)) == ()


def test_corners_are_in_pixels_of_a_picture_larger_than_the_engines_see() -> None:
    code = drawn(b"large", pixels=12)
    (found,) = decode(placed(code, 1500, 900, width=2560, height=1440))
    assert np.abs(np.subtract(found.corners[0], (1500 + 48, 900 + 48))).max() <= 6


def test_without_zbars_library_the_ladder_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zbar, "_library", lambda: None)
    assert not zbar.available()
    assert decode(np.zeros((100, 100), np.uint8)) == ()


def blurred(code: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(code, (0, 0), 2.2), np.uint8)


def unevenly_lit(code: NDArray[np.uint8]) -> NDArray[np.uint8]:
    light = np.geomspace(1.0, 0.06, code.shape[1])[None, :] * np.geomspace(1.0, 0.3, code.shape[0])[:, None]
    return np.asarray(code * light, np.uint8)


def grainy(code: NDArray[np.uint8]) -> NDArray[np.uint8]:
    noise = np.random.default_rng(5).normal(0, 30, code.shape)
    return np.clip(0.5 * code + 64 + noise, 0, 255).astype(np.uint8)


SPOILT = {
    "out of focus": blurred(drawn(b"out of focus" * 12, pixels=4)),
    "badly lit": unevenly_lit(drawn(b"badly lit" * 3)),
    "grainy": grainy(drawn(b"grainy" * 4, pixels=8)),
}


@pytest.mark.parametrize("code", SPOILT.values(), ids=SPOILT.keys())
def test_what_the_first_rung_cannot_read_a_later_one_does(code: NDArray[np.uint8]) -> None:
    assert decode(code, thorough=False) == ()
    assert len(decode(code)) == 1


@pytest.mark.parametrize("rung", LADDER, ids=lambda rung: rung.__name__)
def test_every_rung_gives_corners_in_pixels_of_the_given_picture(rung: Rung) -> None:
    code = drawn(b"corners", pixels=16)
    # What is stretched is only what looks shorter one way than the other.
    down = 0.6 if rung is squared else 1.0
    grey = placed(foreshortened(code, down), 300, 250, width=1600, height=1200)[:, :, 0]
    (found,) = climb(Sight(np.ascontiguousarray(grey)), rung)
    assert np.abs(np.subtract(found.corners[0], (300 + 64, 250 + 64 * down))).max() <= 25


def test_a_code_that_is_held_far_aslant_is_read_when_it_is_stretched() -> None:
    grey = placed(foreshortened(drawn(b"held far aslant" * 4, pixels=8), 0.16), 400, 250)
    assert decode(grey, thorough=False) == ()
    assert [code.content for code in climb(Sight(qr.grey_of(grey)), squared)] == [b"held far aslant" * 4]


def foreshortened(code: NDArray[np.uint8], down: float) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(code, None, fx=1, fy=down, interpolation=cv2.INTER_AREA), np.uint8)


class TestDecoder:
    def test_follows_a_code_that_moves(self) -> None:
        decoder, code = Decoder(), drawn(b"moving")
        for step in range(12):
            (found,) = decoder.decode(placed(code, 400 + 12 * step, 200))
            assert abs(found.corners[0][0] - (420 + 12 * step)) <= 3

    def test_finds_a_code_that_jumped_away_in_the_same_frame(self) -> None:
        decoder, code = Decoder(), drawn(b"jumps")
        assert decoder.decode(placed(code, 50, 50))
        assert decoder.decode(placed(code, 1000, 450))

    def test_looks_where_codes_were_and_at_the_whole_only_now_and_then(self) -> None:
        decoder, one = Decoder(whole_every=3), drawn(b"known")
        both = placed(one, 100, 200)
        for _ in range(COMPANY_FRAMES + 1):
            decoder.decode(both)
        both[200 : 200 + one.shape[0], 900 : 900 + one.shape[1]] = drawn(b"novel")[:, :, None]
        assert sorted(len(decoder.decode(both)) for _ in range(3)) == [1, 1, 2]

    @pytest.mark.parametrize("later", [1, 4, COMPANY_FRAMES - 1])
    def test_a_code_beside_one_that_has_just_come_up_is_found_at_once(self, later: int) -> None:
        decoder, one = Decoder(whole_every=1000), drawn(b"paper")
        both = placed(one, 100, 200)
        for _ in range(later):
            decoder.decode(both)
        both[200 : 200 + one.shape[0], 900 : 900 + one.shape[1]] = drawn(b"phone")[:, :, None]
        assert {found.content for found in decoder.decode(both)} == {b"paper", b"phone"}

    def test_a_code_that_is_missed_now_and_then_has_not_just_come_up(self) -> None:
        decoder, one = Decoder(whole_every=1000), drawn(b"known")
        known = placed(one, 100, 200)
        for _ in range(COMPANY_FRAMES + 1):
            decoder.decode(known)
        assert decoder.decode(np.full_like(known, 160)) == ()
        assert len(decoder.decode(known)) == 1
        known[200 : 200 + one.shape[0], 900 : 900 + one.shape[1]] = drawn(b"novel")[:, :, None]
        assert len(decoder.decode(known)) == 1

    def test_a_phone_that_shows_ever_new_codes_is_not_remembered_for_ever(self) -> None:
        decoder = Decoder()
        for number in range(30):
            assert decoder.decode(placed(drawn(f"code {number}"), 300, 200))
        assert len(decoder._known) <= KNOWN_AT_MOST + 1

    def test_a_known_code_that_has_gone_from_its_place_is_looked_for_by_every_rung(self) -> None:
        decoder = Decoder(whole_every=100)
        decoder.decode(placed(drawn(b"sharp"), 50, 50))
        faint = placed(SPOILT["out of focus"], 700, 200)
        for _ in range(len(LADDER)):
            decoder.decode(faint)
        assert [found.content for found in decoder.decode(faint)] == [b"out of focus" * 12]

    @pytest.mark.parametrize("code", SPOILT.values(), ids=SPOILT.keys())
    def test_a_hard_code_is_read_within_as_many_frames_as_there_are_rungs_even_if_each_is_overtaken(
        self, code: NDArray[np.uint8]
    ) -> None:
        decoder = Decoder()
        seen = [bool(decoder.decode(code, overtaken=lambda: True)) for _ in range(len(LADDER) + 1)]
        assert any(seen)

    def test_what_is_read_in_a_changed_picture_counts_when_two_frames_say_the_same(self) -> None:
        decoder, readings = Decoder(), [[code.content for code in decode(SPOILT["grainy"])]]
        readings += [[code.content for code in decoder.decode(SPOILT["grainy"])] for _ in range(2 * len(LADDER))]
        assert readings[0] == [b"grainy" * 4]
        assert readings[1] == []
        assert [b"grainy" * 4] in readings[2:]

    def test_ever_new_readings_of_changed_pictures_never_count(self) -> None:
        decoder = Decoder()
        for number in range(12):
            other = grainy(drawn(f"number {number}", pixels=8))
            assert not [code for code in decoder.decode(other) if code.altered]
        assert len(decoder._doubtful) <= KNOWN_AT_MOST + 1

    def test_a_picture_that_is_overtaken_is_looked_at_by_two_rungs_and_any_by_a_few_at_most(self) -> None:
        asked: list[bool] = []
        decoder = Decoder()

        def overtaken(answer: bool) -> bool:
            asked.append(answer)
            return answer

        empty = np.full((720, 1280, 3), 160, np.uint8)
        assert decoder.decode(empty, overtaken=lambda: overtaken(True)) == ()
        assert asked == [True]
        assert decoder.decode(empty, overtaken=lambda: overtaken(False)) == ()
        assert asked == [True, *[False] * LATER_RUNGS]

    def test_a_quick_look_is_never_thorough(self) -> None:
        picture = placed(SPOILT["out of focus"], 300, 200)
        assert Decoder().decode(picture, thorough=False) == ()

    def test_finds_a_second_code_within_a_few_frames(self) -> None:
        decoder = Decoder(whole_every=4)
        one = placed(drawn(b"first"), 100, 200)
        decoder.decode(one)
        both = one.copy()
        second = drawn(b"second")
        both[200 : 200 + second.shape[0], 900 : 900 + second.shape[1]] = second[:, :, None]
        seen = [{found.content for found in decoder.decode(both)} for _ in range(5)]
        assert {b"first", b"second"} in seen[:4]
        assert seen[4] == {b"first", b"second"}

    def test_gives_each_content_once(self) -> None:
        code = drawn(b"twice")
        picture = placed(code, 100, 200)
        picture[200 : 200 + code.shape[0], 800 : 800 + code.shape[1]] = code[:, :, None]
        decoder = Decoder(whole_every=1)
        for _ in range(3):
            assert [found.content for found in decoder.decode(picture)] == [b"twice"]

    def test_forgets_a_code_that_is_gone(self) -> None:
        decoder = Decoder()
        decoder.decode(placed(drawn(b"gone"), 100, 100))
        empty = np.full((720, 1280, 3), 160, np.uint8)
        assert [decoder.decode(empty) for _ in range(6)] == [()] * 6


def photographs(folder: str) -> list[Path]:
    found = sorted(TESTDATA.glob(folder))
    if not found:
        pytest.skip("the pictures made by others are not here (GATEPOST_TESTDATA)")
    return [path for path in found if path.suffix in (".png", ".jpg", ".webp")]


def is_read(path: Path) -> bool:
    """Say whether one of the codes in a picture is read with the exact text beside it, but for the ends of lines."""
    text = path.with_suffix(".txt").read_bytes().decode()
    found = decode(fit(load_picture(path), qr.MAX_WIDTH, qr.MAX_HEIGHT))
    return any(text_of(code.content).split() == text.split() for code in found)


@pytest.mark.parametrize(
    ("folder", "floor", "total"),
    [("qr/zxing/qrcode-*/*", FLOOR_ZXING, 179), ("qr/zxing-cpp/qrcode-[1-6]/*", FLOOR_ZXING_CPP, 137)],
    ids=["zxing", "zxing-cpp"],
)
def test_photographs_are_read_at_the_measured_rate(folder: str, floor: int, total: int) -> None:
    pictures = photographs(folder)
    assert len(pictures) == total
    assert sum(is_read(path) for path in pictures) >= floor


def test_pictures_without_a_code_give_none() -> None:
    pictures = photographs("qr/zxing-cpp/falsepositives-*/*")
    assert len(pictures) == 46
    for path in pictures:
        assert decode(fit(load_picture(path), qr.MAX_WIDTH, qr.MAX_HEIGHT)) == (), path.name
