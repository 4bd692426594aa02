"""What the configuration makes of the screen's voice and notices."""

from pathlib import Path

import pytest

from kiosk import config
from kiosk.bootstrap.screen import build_voice, load_notices
from kiosk.errors import UsageError

GOOD = '[gate]\ncompound = "riverside"\ndevice = "gate-1"\n[policy]\nfile = "shipped:normal-times"\n[screen]\n'
NOTICES = """
schema = 1
title = { zh = "一", en = "I", ja = "い", ko = "일" }
notice = [{ zh = "二", en = "II", ja = "ろ", ko = "이" }]
"""


def load(tmp_path: Path, screen: str = "") -> config.Config:
    path = tmp_path / "kiosk.toml"
    path.write_text(GOOD + screen, encoding="utf-8")
    return config.load(path)


def test_without_a_word_about_them_the_shipped_notices_suit_the_rules_in_force(tmp_path: Path) -> None:
    board = load_notices(load(tmp_path), tmp_path)
    assert board.under("normal").title.zh == "温馨提示"
    assert board.under("epidemic").title.zh == "防疫温馨提示"


def test_a_sites_own_notices_are_found_beside_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(NOTICES, encoding="utf-8")
    assert load_notices(load(tmp_path, 'notices = "ours.toml"\n'), tmp_path).under("epidemic").at(0, "ja") == ("い", "ろ")


def test_notices_that_are_not_there_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ours\.toml: cannot be read: No such file"):
        load_notices(load(tmp_path, 'notices = "ours.toml"\n'), tmp_path)


def test_recordings_that_are_not_there_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"voices: there is no such folder; correct \[screen\] recordings"):
        build_voice(load(tmp_path, 'recordings = "voices"\n'), tmp_path)


def test_a_voice_is_built_without_a_sound_and_closes_without_a_start(tmp_path: Path) -> None:
    (tmp_path / "voices").mkdir()
    voice = build_voice(load(tmp_path, 'recordings = "voices"\n'), tmp_path)
    assert voice.available
    voice.close()
