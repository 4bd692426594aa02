"""Which display there is."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.errors import DeviceLost
from ui.display import NoVirtualDisplay, find_display, virtual_display, x_size


@pytest.fixture
def sockets(tmp_path: Path) -> Iterator[Path]:
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(str(tmp_path / "X7"))
        server.listen()
        yield tmp_path


def test_an_x_server_is_believed_only_when_it_answers(sockets: Path, tmp_path: Path) -> None:
    assert find_display({"DISPLAY": ":7.0"}, sockets=sockets, cards=tmp_path) == "x11"
    with pytest.raises(DeviceLost, match="no X server answers at DISPLAY=:8"):
        find_display({"DISPLAY": ":8"}, sockets=sockets, cards=tmp_path)


def test_wayland_comes_first(sockets: Path, tmp_path: Path) -> None:
    environment = {"DISPLAY": ":8", "WAYLAND_DISPLAY": "X7", "XDG_RUNTIME_DIR": str(tmp_path)}
    assert find_display(environment, sockets=sockets, cards=tmp_path) == "wayland"


def test_a_bare_graphics_card_is_a_display_too(tmp_path: Path) -> None:
    (tmp_path / "card1").touch()
    assert find_display({}, sockets=tmp_path, cards=tmp_path) == "kmsdrm"


def test_without_any_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(DeviceLost, match="neither Wayland, nor X, nor a graphics card"):
        find_display({}, sockets=tmp_path, cards=tmp_path)


def test_a_virtual_display_takes_a_free_number_and_leaves_nothing_behind() -> None:
    with virtual_display(320, 200) as one, virtual_display(320, 200) as other:
        assert one != other
        assert find_display({"DISPLAY": one}) == "x11"
        assert x_size(one) == (320, 200)
    assert x_size(one) is None
    with pytest.raises(DeviceLost):
        find_display({"DISPLAY": one})


def test_without_xvfb_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    with pytest.raises(NoVirtualDisplay, match="make setup"), virtual_display(320, 200):
        pass
