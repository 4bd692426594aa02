"""The cards of simulated visitors, seen square-on."""

import numpy as np
import pytest

from drivers import qr
from drivers.simulated.cards import CODE_SIDE, Medium, draw_card

MEDIA: tuple[Medium, ...] = ("phone", "paper")
TEXTS = {
    "shortest": "A",
    "pass": "GP1:" + "X7Q2" * 40,
    "url": "https://health.example/code?t=0123456789abcdef",
    "accent": "é",
    "chinese": "门岗通 上海",
    "japanese": "日本語テスト",
    "health-card": "HC1:" + "6BFOXN%TS3DH" * 40,
}


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_card_holds_its_text_as_utf8(text: str, medium: Medium) -> None:
    face = draw_card(text, medium)
    assert [code.content for code in qr.decode(face.image)] == [text.encode()]


@pytest.mark.parametrize("medium", MEDIA)
def test_the_codes_corners_are_where_they_are_said_to_be(medium: Medium) -> None:
    face = draw_card(TEXTS["pass"], medium)
    (found,) = qr.decode(face.image)
    assert np.abs(found.corners - face.code).max() <= 3


@pytest.mark.parametrize("medium", MEDIA)
def test_nothing_of_a_code_is_covered_and_all_of_it_is_on_the_card(medium: Medium) -> None:
    face = draw_card(TEXTS["health-card"], medium)
    (left, top), (right, bottom) = face.code[0].astype(int), face.code[2].astype(int)
    assert face.mask[top : bottom + 1, left : right + 1].min() == 255
    assert face.image.shape[:2] == face.mask.shape


def test_a_denser_code_is_held_closer_within_limits() -> None:
    sides = [float(np.ptp(draw_card(text, "phone").code[:, 0])) for text in ("A", "A" * 300, "A" * 1500)]
    assert sides == sorted(sides)
    assert sides[0] == pytest.approx(CODE_SIDE[0], abs=2)
    assert sides[-1] == pytest.approx(CODE_SIDE[1], abs=2)


def test_paper_is_duller_than_a_screen() -> None:
    def contrast(medium: Medium) -> float:
        face = draw_card(TEXTS["pass"], medium)
        (left, top), (right, bottom) = face.code[0].astype(int), face.code[2].astype(int)
        return float(np.ptp(np.percentile(face.image[top:bottom, left:right], (2, 98))))

    assert contrast("paper") < 200 < contrast("phone")


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_torn_code_cannot_be_read(text: str, medium: Medium) -> None:
    assert qr.decode(draw_card(text, medium, torn=True).image) == ()
