"""The fonts have every character that the screens may show."""

import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from kiosk.errors import DeviceLost
from tests.ui.views import NOTICES
from ui.fonts import FOLDERS, REGULAR, Cutter, characters

ALL = characters(NOTICES)


def has(font: Path) -> set[str]:
    # Of a collection Kivy opens the first face.
    with TTFont(font, fontNumber=0) as opened:
        return {chr(code) for code in opened.getBestCmap()}


def name_of(font: Path) -> str:
    with TTFont(font) as opened:
        return str(opened["name"].getDebugName(4))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fonts")


@pytest.fixture(scope="module")
def cutter(cache: Path) -> Cutter:
    return Cutter(cache, ALL)


def test_every_character_of_every_catalogue_is_in_every_font(cutter: Cutter) -> None:
    found = cutter.find()
    assert len(ALL) > 800
    for family in (found.chinese, found.others):
        for font in (family.regular, family.bold):
            assert not ALL - has(font), font


def test_chinese_has_a_face_of_its_own(cutter: Cutter) -> None:
    found = cutter.find()
    assert name_of(found.chinese.regular) == "Noto Sans CJK SC"
    assert name_of(found.others.regular) == "Noto Sans CJK JP"
    assert name_of(found.chinese.bold) == "Noto Sans CJK SC Bold"


def test_whatever_a_policy_document_says_can_be_shown_in_the_languages_own_shapes(cutter: Cutter) -> None:
    found = cutter.find()
    assert "龘" not in found.characters
    assert name_of(found.whole_chinese.regular) == "Noto Sans CJK SC"
    for family in (found.whole_chinese, found.whole_others):
        assert "龘" in has(family.regular) & has(family.bold)


def test_a_font_is_cut_down_once_and_anew_when_the_words_change(cutter: Cutter, cache: Path) -> None:
    first = cutter.find()
    assert first.chinese.regular.stat().st_size < 400_000
    began: list[bool] = []
    assert Cutter(cache, ALL, lambda: began.append(True)).find() == first
    assert began == []
    more = Cutter(cache, ALL | {"龘"}, lambda: began.append(True)).find()
    assert began
    assert "龘" in has(more.chinese.regular)
    assert more.chinese.regular != first.chinese.regular


def test_a_cache_that_cannot_be_written_to_leaves_the_whole_font(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    found = Cutter(tmp_path / "file", {"a"}).find()
    assert found.others.regular.name == REGULAR


def test_without_a_font_the_screen_is_lost_until_there_is_one(tmp_path: Path) -> None:
    cutter = Cutter(tmp_path, {"a"})
    with pytest.raises(DeviceLost, match="install fonts-noto-cjk"):
        cutter.find(folders=(tmp_path,))
    with pytest.raises(DeviceLost, match=r"ours\.ttf: there is no such font; correct \[screen\] font"):
        cutter.find(tmp_path / "ours.ttf")


def test_a_sites_own_font_serves_all_languages(tmp_path: Path, cutter: Cutter) -> None:
    own = cutter.find().others.regular
    found = Cutter(tmp_path, {"A", "中"}).find(own)
    assert found.chinese == found.others
    assert has(found.others.bold) >= {"A", "中"}


def test_a_face_that_is_not_there_is_said(tmp_path: Path) -> None:
    source = next(folder / REGULAR for folder in FOLDERS if (folder / REGULAR).is_file())
    argv = [sys.executable, "-m", "ui.font_cutting", str(source), "Noto Sans Klingon", str(tmp_path / "x.otf")]
    done = subprocess.run(argv, input=b"a", capture_output=True, timeout=60, check=False)
    assert done.returncode != 0
    assert b"has no face 'Noto Sans Klingon'" in done.stderr
    assert not list(tmp_path.iterdir())
