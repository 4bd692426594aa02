"""A kiosk whose files cannot be used says so before anything starts."""

import os
from pathlib import Path

import pytest

from kiosk import config
from kiosk.bootstrap.beforehand import check_files
from kiosk.errors import UsageError

GOOD = '[gate]\ncompound = "riverside"\ndevice = "gate-1"\n[policy]\nfile = "shipped:normal-times"\n'
LOG = '[log]\npath = "log/log.sqlite"\n'


def check(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(GOOD + text, encoding="utf-8")
    check_files(config.load(path), tmp_path)


def test_a_log_whose_folder_is_still_to_be_made_is_well(tmp_path: Path) -> None:
    check(tmp_path, LOG)
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (LOG + '[screen]\ntheme = "none.toml"\n', r"none\.toml: cannot be read: No such file"),
        (LOG + '[screen]\nfont = "none.ttf"\n', r"none\.ttf: there is no such font; correct \[screen\] font"),
        (LOG + '[screen]\nnotices = "none.toml"\n', r"none\.toml: cannot be read: No such file"),
        (LOG + '[screen]\nrecordings = "none"\n', r"none: there is no such folder"),
        ('[log]\npath = "kiosk.toml/log.sqlite"\n', r"kiosk\.toml: is no folder; correct \[log\] path"),
    ],
    ids=["theme", "font", "notices", "recordings", "log"],
)
def test_a_file_that_cannot_be_used_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        check(tmp_path, text)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_this_account_may_not_write_to_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir(mode=0o500)
    with pytest.raises(UsageError, match="this account may not write there"):
        check(tmp_path, LOG)
