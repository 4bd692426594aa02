"""The server's and the issuers' examination, against real servers on loopback that answer as the test says."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kiosk.doctor import network
from kiosk.doctor.findings import Finding, State
from kiosk.units import Seconds

SOON = Seconds(0.4)
PATIENCE_S = Seconds(10.0)
WELL = (200, {"Content-Type": "application/json"}, b'{"status":"ok"}')
PORTAL = b"<!DOCTYPE html><html><title>Welcome to Riverside Wi-Fi</title></html>"


@contextmanager
def answering(status: int, headers: dict[str, str], body: bytes) -> Iterator[tuple[str, list[str]]]:
    """A server that gives this answer to everything; its URL, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="test-server", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE_S)


@contextmanager
def listening() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        yield mute.getsockname()[1]


@contextmanager
def dripping() -> Iterator[int]:
    """A server that sends its headers, and then a byte now and then for as long as anybody listens."""
    over = threading.Event()

    def serve(mute: socket.socket) -> None:
        with mute.accept()[0] as link:
            link.recv(4096)
            link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not over.wait(0.02):
                try:
                    link.sendall(b" ")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as mute:
        thread = threading.Thread(target=serve, args=(mute,), name="test-dripping", daemon=True)
        thread.start()
        try:
            yield mute.getsockname()[1]
        finally:
            over.set()
            thread.join(PATIENCE_S)


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def asked(url: str | None, within_s: Seconds = PATIENCE_S) -> Finding:
    (found,) = network.server(url, within_s)
    return found


def test_a_server_that_is_well_is_fit_and_timed() -> None:
    with answering(*WELL) as (url, paths):
        found = asked(url + "/")
    assert (found.state, found.advice) == (State.FIT, "")
    assert found.measured["answer_ms"] > 0
    assert (found.measured["status"], found.measured["tls"]) == (200, False)
    assert paths == ["/healthz"]


def test_a_server_without_tls_elsewhere_is_fit_with_advice() -> None:
    with answering(*WELL) as (url, _):
        # Linux takes this address for its own, and it is none of loopback's.
        found = asked(url.replace("127.0.0.1", "0.0.0.0"))
    assert found.state is State.FIT
    assert "[tls]" in found.advice


def test_without_a_server_the_kiosk_is_in_order() -> None:
    found = asked(None)
    assert (found.state, found.in_order, found.advice) == (State.ABSENT, True, "")


@pytest.mark.parametrize(
    ("status", "headers", "body", "said"),
    [
        (200, {"Content-Type": "text/html"}, PORTAL, "a captive portal"),
        (200, {}, PORTAL, "a captive portal"),
        (302, {"Location": "http://login.example/"}, b"", "a captive portal"),
        (511, {"Content-Type": "text/html"}, PORTAL, "a captive portal"),
        (404, {"Content-Type": "application/json"}, b'{"error":"no"}', "something else answers there (HTTP 404)"),
        (503, {"Content-Type": "application/json"}, b'{"error":"no"}', "something else answers there (HTTP 503)"),
        (200, {"Content-Type": "application/json"}, b'{"status":"sad"}', "something else answers there"),
        (200, {"Content-Type": "application/json"}, b"[1]", "something else answers there"),
        (200, {"Content-Type": "text/plain"}, b"ok", "something else answers there"),
        (200, {"Content-Type": "application/json"}, b"x" * 300_000, "something else answers there"),
    ],
    ids=["html", "html-unnamed", "redirect", "511", "404", "503", "not-ok", "list", "text", "endless"],
)
def test_a_wrong_answer_is_unfit_and_a_captive_portal_is_named(
    status: int, headers: dict[str, str], body: bytes, said: str
) -> None:
    with answering(status, headers, body) as (url, paths):
        found = asked(url)
    assert found.state is State.UNFIT
    assert said in found.detail
    assert ("Sign in" in found.advice) is ("captive" in said)
    assert paths == ["/healthz"]


def test_a_server_that_refuses_is_unfit(free_port: int) -> None:
    found = asked(f"http://127.0.0.1:{free_port}")
    assert found.state is State.UNFIT
    assert "nobody listens there" in found.detail
    assert "Start the server" in found.advice


def test_a_server_that_hangs_is_unfit_in_time() -> None:
    with listening() as port:
        found = asked(f"http://127.0.0.1:{port}", SOON)
    assert found.state is State.UNFIT
    assert "no answer within 0.4 s" in found.detail


def test_a_server_that_drips_is_unfit_in_time() -> None:
    with dripping() as port:
        found = asked(f"http://127.0.0.1:{port}", SOON)
    assert "no answer within 0.4 s" in found.detail


def test_a_server_without_tls_where_tls_is_meant_is_unfit() -> None:
    with answering(*WELL) as (url, _):
        found = asked(url.replace("http:", "https:"))
    assert found.state is State.UNFIT
    assert "certificate is not accepted" in found.detail
    assert found.measured["tls"] is True


def test_a_name_that_nobody_knows_is_said_to_be_that() -> None:
    # Longer than a name may be (RFC 1035, 2.3.4): the resolver knows without asking anybody.
    found = asked("http://" + "a." * 130 + "example")
    assert found.state is State.UNFIT
    assert "its name is not known" in found.detail


def test_issuers_are_reached_and_none_is_asked_anything() -> None:
    with answering(*WELL) as (url, paths):
        (found,) = network.issuers({"city": url}, frozenset({"city"}), wanted=True)
    assert found.state is State.FIT
    assert found.measured["issuer"] == "city"
    assert found.measured["answer_ms"] > 0
    assert paths == []


def test_each_issuer_has_a_line_of_its_own(free_port: int) -> None:
    with listening() as port:
        gateways = {
            "closed": f"http://127.0.0.1:{free_port}",
            "mute": f"https://127.0.0.1:{port}/resolve",
            "nobodys": f"http://127.0.0.1:{port}",
            "there": f"http://127.0.0.1:{port}",
        }
        listed = frozenset({"closed", "mute", "there", "without"})
        found = list(network.issuers(gateways, listed, wanted=True, within_s=Seconds(2.0)))
    assert [(one.measured["issuer"], one.state) for one in found] == [
        ("closed", State.UNFIT),
        ("mute", State.UNFIT),
        ("nobodys", State.UNFIT),
        ("there", State.FIT),
        ("without", State.ABSENT),
    ]
    words = ["nobody listens", "no answer within 0.5 s", "in no trust list", "reached in", "has no address"]
    for one, said in zip(found, words, strict=True):
        assert said in one.detail
    assert not found[-1].in_order


def test_an_issuer_whose_codes_no_rule_asks_for_may_be_without_an_address() -> None:
    (found,) = network.issuers({}, frozenset({"city"}), wanted=False)
    assert (found.state, found.in_order) == (State.ABSENT, True)


def test_without_issuers_the_kiosk_is_in_order_and_without_trust_lists_nothing_is_known() -> None:
    (none,) = network.issuers({}, frozenset(), wanted=False)
    assert (none.state, none.in_order) == (State.ABSENT, True)
    (unread,) = network.issuers({}, None, wanted=True)
    assert unread.state is State.UNKNOWN
