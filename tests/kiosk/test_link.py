"""The links between the processes."""

import socket
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import DeviceLost, UsageError
from kiosk.evidence import Scan
from kiosk.link import Beat, Connection, Hello, Listener, Scanned, connect, connect_patiently, greet
from kiosk.model import Part
from kiosk.units import Monotonic


def pair() -> tuple[Connection, Connection]:
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return Connection(left), Connection(right)


@given(st.binary(max_size=4096), st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 9999)), max_size=4))
def test_a_message_arrives_as_it_was_sent(content: bytes, corners: list[tuple[int, int]]) -> None:
    here, there = pair()
    message = Scanned(Scan(content, "QRCode", "zbar", Monotonic(1.5), Monotonic(1.6), tuple(corners)))
    here.send(message)
    assert there.receive(1.0) == message
    here.close()
    there.close()


@given(st.binary(min_size=1, max_size=200))
def test_what_is_no_message_ends_the_connection(record: bytes) -> None:
    raw, endpoint = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection = Connection(endpoint)
    raw.send(record)
    with pytest.raises(DeviceLost, match="no message"):
        connection.receive(1.0)
    raw.close()
    connection.close()


def test_silence_is_not_loss() -> None:
    here, there = pair()
    assert there.receive(0.01) is None
    here.close()
    with pytest.raises(DeviceLost, match="closed"):
        there.receive(1.0)
    with pytest.raises(DeviceLost, match="gone"):
        there.send(Beat(Monotonic(1.0)))
    there.close()
    there.close()


def test_a_part_connects_and_says_who_it_is(tmp_path: Path) -> None:
    listener = Listener(tmp_path / "core.sock")
    part = connect(tmp_path / "core.sock")
    greet(part, Part.EYES, "1.0")
    core = listener.accept()
    hello = core.receive(1.0)
    assert isinstance(hello, Hello)
    assert (hello.part, hello.version) == (Part.EYES, "1.0")
    for end in (part, core, listener):
        end.close()


def test_a_second_kiosk_in_the_same_place_is_told_so(tmp_path: Path) -> None:
    listener = Listener(tmp_path / "core.sock")
    with pytest.raises(UsageError, match="another kiosk is running"):
        Listener(tmp_path / "core.sock")
    listener.close()
    Listener(tmp_path / "core.sock").close()


def test_a_file_in_the_way_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "core.sock").write_text("precious")
    with pytest.raises(UsageError, match="is not a socket"):
        Listener(tmp_path / "core.sock")
    assert (tmp_path / "core.sock").read_text() == "precious"


def test_a_patient_part_waits_for_the_core_and_gives_up_when_told(tmp_path: Path) -> None:
    stop = threading.Event()
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) == 3

    assert connect_patiently(tmp_path / "nobody.sock", wait) is None
    assert waits == [0.05] * 3
    assert not stop.is_set()
