"""The commands around the screen, as a user calls them."""

import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from kiosk import config
from tests.command_line import gatepost
from ui.pin import matches

GATEPOST = Path(sys.executable).parent / "gatepost"
GOOD = '[gate]\ncompound = "riverside"\ndevice = "gate-1"\n[policy]\nfile = "shipped:normal-times"\n'


@pytest.fixture(autouse=True)
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have one."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


def test_a_pin_becomes_a_line_of_the_configuration(tmp_path: Path) -> None:
    run = gatepost("pin", given="24680\n")
    assert run.returncode == 0, run.stderr
    path = tmp_path / "kiosk.toml"
    path.write_text(GOOD + "[screen]\n" + run.stdout, encoding="utf-8")
    kept = config.load(path).screen.staff_pin
    assert kept is not None
    assert matches("24680", kept)
    assert "24680" not in run.stdout
    assert gatepost("pin", given="24680\n").stdout != run.stdout, "each has a salt of its own"


def test_a_guards_pin_becomes_a_line_of_their_own(tmp_path: Path) -> None:
    run = gatepost("pin", "--guard", "王 “Fang” \\ 芳", given="24680\n")
    assert run.returncode == 0, run.stderr
    path = tmp_path / "kiosk.toml"
    path.write_text(GOOD + "[screen.guards]\n" + run.stdout, encoding="utf-8")
    ((name, kept),) = config.load(path).screen.guards.items()
    assert name == "王 “Fang” \\ 芳"
    assert matches("24680", kept)


def test_what_is_no_pin_is_bad_usage() -> None:
    run = gatepost("pin", given="secret\n")
    assert run.returncode == 2
    assert run.stderr == "gatepost: a PIN has 4 to 12 digits and nothing else\n"
    assert run.stdout == ""


def test_all_screens_are_written_without_a_display(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "screens"
    argv: list[str | Path] = [GATEPOST, "screens", str(folder), "--language", "ko", "--size", "800x480"]
    run = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    written = sorted(path.name for path in folder.iterdir())
    assert {"idle-ko-800x480.png", "refuse-ko-800x480.png", "contact.png"} <= set(written)
    assert f"{len(written) - 1} pictures in " in run.stdout
    picture = cv2.imread(str(folder / "idle-ko-800x480.png"))
    assert picture is not None
    assert picture.shape == (480, 800, 3)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--language", "fr"], "gatepost: the screens do not speak 'fr'; they speak zh, en, ja, ko\n"),
        (["--size", "big"], "gatepost: 'big' is no size of a screen; write for example 800x480\n"),
    ],
    ids=["language", "size"],
)
def test_a_language_or_size_that_is_none_is_bad_usage(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    run = gatepost("screens", str(tmp_path / "x"), *arguments)
    assert (run.returncode, run.stderr) == (2, sentence)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ('theme = "none.toml"', "none.toml: cannot be read"),
        ('window = "full"', "[screen] window must be a width and a height"),
        ('staff_pin = "1234"', "[screen] staff_pin must be what `gatepost pin` prints"),
        ("diagonal_in = 0.5", "[screen] diagonal_in must be a number from 3 to 60"),
    ],
    ids=["theme", "window", "pin", "diagonal"],
)
def test_a_screen_that_is_configured_wrongly_says_so_before_it_opens(tmp_path: Path, key: str, sentence: str) -> None:
    path = tmp_path / "kiosk.toml"
    run_dir = tmp_path / "run"
    path.write_text(GOOD.replace("[policy]", f'run_dir = "{run_dir}"\n[policy]') + f"[screen]\n{key}\n", encoding="utf-8")
    run = gatepost("kiosk", "--config", str(path), "--part", "screen")
    assert run.returncode == 2
    assert sentence in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
