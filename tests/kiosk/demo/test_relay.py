"""The wire between the demo's kiosk and its server."""

import socket
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from kiosk.demo.relay import CuttableWire

WAIT_S = 10.0


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(WAIT_S)
        yield listener


def connection(wire: CuttableWire) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(wire.url).port or 0), WAIT_S)


def hears(near: socket.socket) -> bytes:
    try:
        return near.recv(10)
    except ConnectionError:
        return b""


def test_a_wire_that_leads_nowhere_breaks_every_connection_until_it_leads_on_again(server: socket.socket) -> None:
    with closing(CuttableWire(server.getsockname()[1])) as wire:
        with connection(wire) as before:
            far, _ = server.accept()
            far.sendall(b"hello")
            assert hears(before) == b"hello"
            wire.lead_nowhere(True)
            assert hears(before) == b""
            far.close()
        with connection(wire) as meanwhile:
            assert hears(meanwhile) == b""
        wire.lead_nowhere(False)
        with connection(wire) as after:
            far, _ = server.accept()
            after.sendall(b"again")
            assert far.recv(10) == b"again"
            far.close()
