"""What the server answers over HTTP, to kiosks and to whoever else comes."""

import json
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from kiosk.model import Answer
from sync.central.log_routes import MAX_EVENTS
from sync.wire import COMPOUND_HEADER, MAX_BODY, WIRE, decode_standing
from tests.sync.central.kiosks import LOG_ID, KioskLog
from tests.sync.central.serving import WAIT_S, Running, server

PATH = f"/api/v1/logs/gate-1/{LOG_ID}"
ACKNOWLEDGED_LATE_S = 0.035
"""Linux acknowledges what it received 40 ms late, hoping to save a packet."""


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with server(tmp_path_factory.mktemp("central")) as running:
        yield running


def log_of(count: int, device: str) -> KioskLog:
    log = KioskLog(device)
    for number in range(1, count + 1):
        log.add(number=number)
    return log


def test_a_log_arrives_and_its_standing_can_be_asked(central: Running) -> None:
    log = log_of(5, "gate-a")
    assert central.send(log, 1, 3).next_seq == 4
    assert central.send(log, 3).next_seq == 6
    standing = decode_standing(central.get(f"{log.path}?compound=riverside").content)
    assert (standing.next_seq, standing.head) == (6, log.events[-1].hash.hex())


def test_a_gap_and_a_fork_are_conflicts(central: Running) -> None:
    log = log_of(5, "gate-b")
    gap = central.post(log.path, log.body(4))
    assert (gap.status_code, decode_standing(gap.content).next_seq) == (409, 1)
    central.send(log)
    other = log.branch(2)
    other.add(number=77)
    fork = central.post(log.path, other.body(3))
    standing = decode_standing(fork.content)
    assert (fork.status_code, standing.fork, standing.kept_to) == (409, True, 4)
    (found,) = [one for one in central.get("/api/v1/logs").json()["logs"] if one["device"] == "gate-b"]
    assert (found["next_seq"], found["faulty"], found["aside"]) == (6, 0, 1)


def test_events_are_read_page_by_page(tmp_path: Path) -> None:
    with server(tmp_path) as central:
        central.send(log_of(5, "gate-1"))
        first = central.get("/api/v1/events?compound=riverside&limit=3").json()
        second = central.get(f"/api/v1/events?compound=riverside&limit=3&after={first['next']}").json()
        assert [json.loads(event["header"])["number"] for event in first["events"] + second["events"]] == [1, 2, 3, 4, 5]
        assert second["next"] is None


def test_unknown_members_of_an_upload_are_taken(central: Running) -> None:
    log = log_of(1, "gate-c")
    body = {**json.loads(log.body()), "sent_by": {"app": "gatepost 9"}}
    assert central.post(log.path, json.dumps(body).encode()).status_code == 200


def test_simulated_kiosks_are_refused_unless_they_are_allowed(central: Running, tmp_path: Path) -> None:
    log = log_of(2, "gate-d")
    refused = central.post(log.path, log.body(), simulated=True)
    assert refused.status_code == 403
    assert refused.json() == {"error": "this server takes no simulated kiosks", "reason": "simulated"}
    assert decode_standing(central.get(f"{log.path}?compound=riverside").content).next_seq == 1
    with server(tmp_path, simulation=True) as other:
        assert other.post(log.path, log.body(), simulated=True).status_code == 200


def upload(**members: Any) -> bytes:
    return msgspec.json.encode({"wire": 1, "from_seq": 1, "prev_hash": "0" * 64, "events": [], **members})


BODIES = {
    "nothing": (b"", 400),
    "no JSON": (b"hello", 400),
    "no object": (b"[]", 400),
    "an empty object": (b"{}", 400),
    "broken UTF-8": (b'{"wire": "\xff"}', 400),
    "a lone surrogate": (b'{"wire": "\\ud800"}', 400),
    "a BOM": (b"\xef\xbb\xbf" + upload(), 400),
    "nesting without end": (b"[" * 100_000, 400),
    "an unknown member that nests without end": (upload()[:-1] + b',"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}", 400),
    "an event that nests without end": (upload()[:-3] + b"[" + b"[" * 50_000 + b"]" * 50_000 + b"]}", 400),
    "number zero": (upload(from_seq=0), 400),
    "a negative number": (upload(from_seq=-1), 400),
    "a fraction": (upload(from_seq=1.5), 400),
    "a number beyond all": (upload(from_seq=2**53), 400),
    "the greatest number": (upload(from_seq=2**53 - 1, events=[1]), 409),
    "a hash in capitals": (upload(prev_hash="A" * 64), 400),
    "a hash with a line end": (upload(prev_hash="0" * 63 + "\n"), 400),
    "events that are none": (upload(events=7), 400),
    "events of every kind": (upload(events=[None, True, 1, -1.5, "x", [], {}, {"hash": None}, {"header": 7}]), 200),
    "an infinite number": (upload()[:-3] + b"[1e999]}", 200),
    "a number of many digits": (upload()[:-3] + b"[" + b"9" * 5000 + b"]}", 200),
    "wire of tomorrow": (upload(wire=WIRE + 1), 400),
    "no events": (upload(), 200),
    "too many events": (upload(events=[1] * (MAX_EVENTS + 1)), 413),
    "too many bytes": (b" " * (MAX_BODY + 1), 413),
    "far too many bytes": (b" " * (MAX_BODY * 3), 413),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_hostile_body_is_answered_and_the_server_goes_on(central: Running, case: str) -> None:
    body, status = BODIES[case]
    device = f"hostile-{list(BODIES).index(case)}"
    answer = central.post(f"/api/v1/logs/{device}/{LOG_ID}", body)
    assert answer.status_code == status, answer.text
    if status != 409:
        assert (status == 200) == ("error" not in answer.json())
    assert central.get("/").status_code == 200
    assert central.get("/api/v1/events?compound=riverside&limit=1000").status_code == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=10,
)
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "wire": st.just(1) | JSON,
        "from_seq": st.integers(1, 3) | JSON,
        "prev_hash": st.just("0" * 64) | JSON,
        "events": st.lists(
            JSON
            | st.fixed_dictionaries(
                {"header": st.text(max_size=40) | JSON.map(json.dumps), "sealed_digest": st.just("0" * 64)},
                optional={"hash": st.just("1" * 64) | JSON, "sealed": JSON, "signature": JSON, "more": JSON},
            ),
            max_size=4,
        ),
        "more": JSON,
    },
)


@given(st.binary(max_size=200) | JSON.map(json.dumps).map(str.encode) | MEMBERS.map(json.dumps).map(str.encode))
def test_no_body_is_the_servers_fault(central: Running, body: bytes) -> None:
    assert central.post(PATH, body).status_code in (200, 400, 409)
    assert central.get("/").status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/logs/Gate/00c0ffee", 422),
        ("/api/v1/logs/gate-1/xyz", 422),
        (f"/api/v1/logs/{'g' * 64}/00c0ffee", 422),
        ("/api/v1/logs/gate-1%0a/00c0ffee", 422),
        ("/api/v1/logs/%ff%fe/00c0ffee", 422),
        ("/api/v1/logs/..%2f..%2fetc/00c0ffee", 404),
        ("/nowhere", 404),
        ("/healthz", 405),
    ],
)
def test_a_request_that_is_none_is_refused_in_one_sentence(central: Running, path: str, status: int) -> None:
    answer = central.post(path, upload())
    assert answer.status_code == status
    assert isinstance(answer.json()["error"], str)


@pytest.mark.parametrize("compound", [None, "", "lakeside", "River Side", "\xe9\xff"])
def test_a_request_that_names_another_compound_than_was_signed_is_refused(central: Running, compound: str | None) -> None:
    signed = central.signed("POST", PATH, upload())
    headers = {name: text.encode("latin-1") for name, text in signed.items() if name != COMPOUND_HEADER}
    if compound is not None:
        headers[COMPOUND_HEADER] = compound.encode("latin-1")
    answer = requests.post(central.url + PATH, data=upload(), headers=headers, timeout=WAIT_S)
    assert (answer.status_code, answer.json()["reason"]) == (401, "bad_signature")


@pytest.mark.parametrize("query", ["after=-1", "after=x", f"after={2**63}", "limit=0", "limit=1001", f"after={10**30}"])
def test_a_page_of_events_that_cannot_be_is_refused(central: Running, query: str) -> None:
    assert central.get(f"/api/v1/events?compound=riverside&{query}").status_code == 422


def test_a_refusal_repeats_nothing_of_what_was_sent(central: Running) -> None:
    answer = central.get("/api/v1/events?compound=riverside&after=Zhang-Wei")
    assert answer.status_code == 422
    assert "Zhang" not in answer.text


def test_a_body_in_pieces_is_bounded_as_well(central: Running) -> None:
    pieces = MAX_BODY // 65536 + 8
    headers = central.signed("POST", PATH, b" " * 65536 * pieces)
    answer = requests.post(central.url + PATH, data=(b" " * 65536 for _ in range(pieces)), headers=headers, timeout=WAIT_S)
    assert answer.status_code == 413


def test_a_body_without_end_is_cut(central: Running) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{COMPOUND_HEADER}: riverside\r\nTransfer-Encoding: chunked\r\n\r\n"
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", central.port), WAIT_S) as connection:
        connection.sendall(head.encode())
        sent = 0
        with suppress(OSError):
            while sent < MAX_BODY * 32:
                connection.sendall(piece)
                sent += len(piece)
        assert sent < MAX_BODY * 32


def test_whoever_leaves_in_the_middle_of_an_upload_harms_nobody(central: Running, capfd: pytest.CaptureFixture[str]) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{COMPOUND_HEADER}: riverside\r\nContent-Length: 1000\r\n\r\n"
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", central.port), WAIT_S) as connection:
            connection.sendall(head.encode() + b'{"wire"')
    assert central.get("/healthz").json() == {"status": "ok"}
    assert "Traceback" not in capfd.readouterr().err


def test_the_server_says_whether_it_lives_and_whether_it_can_work(tmp_path: Path) -> None:
    with server(tmp_path) as central:
        assert central.get("/readyz").json() == {"status": "ready"}
        with closing(sqlite3.connect(tmp_path / "central.sqlite")) as database:
            database.execute("DROP TABLE compound")
        log = log_of(1, "gate-1")
        answer = central.post(log.path, log.body())
        assert (answer.status_code, answer.json()) == (503, {"error": "the database cannot be used now"})
        assert central.get("/").status_code == 503
        assert central.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/live",
        "/healthz",
        "/nowhere",
        "/api/v1/events",
        "/static/x/live.js",
        "/api/v1/events?compound=riverside&after=x",
    ],
)
def test_every_answer_keeps_browsers_to_our_own_files(central: Running, path: str) -> None:
    with central.session.get(central.url + path, stream=True, timeout=WAIT_S) as answer:
        rules = dict(rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; "))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
        assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
        # A page has the way out on it.
        assert rules["form-action"] == ("'self'" if path == "/" else "'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "server" not in answer.headers


def test_answers_are_not_held_back(central: Running) -> None:
    def took_s() -> float:
        began = time.monotonic()
        central.get("/healthz")
        return time.monotonic() - began

    # The first answers on a connection are acknowledged at once. Later, two writes on a socket that waits for the other
    # end's acknowledgement take 40 ms, each time and on any machine; one of a hundred that takes less was not held back.
    for _ in range(20):
        central.get("/healthz")
    assert any(took_s() < ACKNOWLEDGED_LATE_S for _ in range(100))


def test_nothing_describes_the_interface_to_strangers(central: Running) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert central.get(path).status_code == 404


def test_the_page_comes_packed_to_whoever_takes_it(central: Running) -> None:
    log = KioskLog("gate-p")
    log.passage(Answer.ADMIT, "guest_green")
    central.send(log)
    plain = central.get("/?lang=en", Accept_Encoding="identity")
    packed = central.get("/?lang=en", Accept_Encoding="gzip")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.text == packed.text
    assert "Guest with a valid pass and a green health code" in plain.text
    assert {"Accept-Encoding", "Accept-Language"} <= set(plain.headers["Vary"].split(", "))


def test_the_page_names_files_that_are_there_and_may_be_kept(central: Running) -> None:
    html = central.get("/").text
    names = [part.split('"')[0] for part in html.split('="/static/')[1:]]
    assert len(names) == 3
    for name in names:
        answer = central.get(f"/static/{name}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    stale = central.get("/static/0123456789ab/live.js")
    assert (stale.status_code, stale.headers["Cache-Control"]) == (200, "no-store")
    assert central.get("/static/x/..%2fpages.py").status_code == 404
    assert central.get("/static/x/other.js").status_code == 404


@pytest.mark.parametrize(
    ("accepted", "title"),
    [("", "最新通行记录"), ("en", "Latest passages"), ("ja;q=0.9, fr", "最新の通行記録"), ("ko-KR", "최근 통행 기록")],
)
def test_the_page_speaks_the_browsers_language(central: Running, accepted: str, title: str) -> None:
    assert title in central.get("/", Accept_Language=accepted).text
