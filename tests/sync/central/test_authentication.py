"""What a production server takes over HTTP: what an enrolled device signed just now, of its own logs, and nothing else."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sync.central.access import Asker, Role
from sync.central.database import changing
from sync.central.enrolled import revoke
from sync.enrolment_wire import DEVICE_PATH, TIME_PATH, decode_refusal, decode_time
from sync.signing import WINDOW_US, Message
from sync.wire import COMPOUND_HEADER, MAX_BODY, SIMULATED_HEADER
from tests.sync.central.enrolling import Device, enrol, now_us
from tests.sync.central.kiosks import LOG_ID, KioskLog
from tests.sync.central.serving import WAIT_S, Running, server

NOISE = Asker("Chen", Role.MANAGER, "stolen")


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with server(tmp_path_factory.mktemp("central")) as running:
        yield running


@pytest.fixture(scope="module")
def device(central: Running) -> Device:
    return enrol(central.engine, gate="gate-m")


def headers_of(device: Device, method: str, target: str, body: bytes, skew_us: int = 0) -> dict[str, str]:
    told = {COMPOUND_HEADER: device.place.compound, SIMULATED_HEADER: "0"}
    return device.signer.sign(Message(method, target, told), body, now_us() + skew_us)


def log_of(device: Device, log_id: str = LOG_ID) -> KioskLog:
    log = KioskLog(device.place.device, device.place.compound, log_id)
    log.add()
    return log


def refused(answer: requests.Response) -> tuple[int, str]:
    assert answer.json()["error"]
    return answer.status_code, answer.json()["reason"]


def shut_out(central: Running, device: Device) -> None:
    with changing(central.engine) as connection:
        revoke(connection, device.place.compound, device.place.device, NOISE, now_us())


def test_a_device_uploads_its_log_asks_for_it_and_is_told_who_it_is(central: Running, device: Device) -> None:
    log = log_of(device)
    sent = requests.post(central.url + log.path, data=log.body(), auth=device, timeout=WAIT_S)
    assert sent.status_code == 200
    asked = requests.get(f"{central.url}{log.path}?compound=riverside", auth=device, timeout=WAIT_S)
    assert asked.json()["next_seq"] == 2
    told = requests.get(central.url + DEVICE_PATH, auth=device, timeout=WAIT_S).json()
    assert (told["device"], told["gate"]) == (device.place.device, "gate-m")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_unsigned_is_taken(central: Running, device: Device, method: str) -> None:
    log = log_of(device)
    answer = requests.request(
        method,
        f"{central.url}{log.path}?compound=riverside",
        data=log.body(),
        headers={COMPOUND_HEADER: "riverside"},
        timeout=WAIT_S,
    )
    assert refused(answer) == (401, "unsigned")


def test_an_unknown_device_is_told_that_it_is_unknown(central: Running, device: Device) -> None:
    stranger = Device(replace(device.place, device="gate-9-00000000"), device.key)
    answer = requests.get(central.url + DEVICE_PATH, auth=stranger, timeout=WAIT_S)
    assert refused(answer) == (401, "unknown_device")


@given(
    st.sampled_from(["path", "query", "body", COMPOUND_HEADER, SIMULATED_HEADER, "Content-Digest", "Signature", "method"]),
    st.integers(0, 400),
)
def test_whatever_is_changed_on_the_way_is_refused(central: Running, device: Device, what: str, place: int) -> None:
    log = log_of(device, "c0ffee00")
    method, path, query, body = "POST", log.path, "compound=riverside", log.body()
    headers = headers_of(device, method, f"{path}?{query}", body)
    match what:
        case "path":
            path = log_of(device, f"c0ffee0{place % 9 + 1}").path
        case "query":
            query += f"&more={place}"
        case "body":
            place %= len(body)
            body = body[:place] + bytes((body[place] ^ 1,)) + body[place + 1 :]
        case "method":
            method = "GET"
        case "Signature":
            # The letters of a signature proper: its first 80, of which every bit counts.
            begin = headers[what].index(":") + 1 + place % 80
            letter = "A" if headers[what][begin] != "A" else "B"
            headers[what] = headers[what][:begin] + letter + headers[what][begin + 1 :]
        case _:
            place %= len(headers[what])
            headers[what] = headers[what][:place] + headers[what][place + 1 :]
    answer = requests.request(method, f"{central.url}{path}?{query}", data=body, headers=headers, timeout=WAIT_S)
    assert answer.status_code in (401, 403)
    with central.get("/api/v1/logs") as known:
        assert not [one for one in known.json()["logs"] if one["log_id"].startswith("c0ffee0")]


def test_what_one_device_signed_is_not_anothers_to_send(central: Running, device: Device) -> None:
    other = enrol(central.engine, gate="gate-o")
    log = log_of(device)
    # The same request under another name, and the other's own signature over the first one's log.
    headers = headers_of(device, "POST", log.path, log.body())
    named = {**headers, "Signature-Input": headers["Signature-Input"].replace(device.place.device, other.place.device)}
    assert refused(requests.post(central.url + log.path, data=log.body(), headers=named, timeout=WAIT_S)) == (
        401,
        "bad_signature",
    )
    assert refused(requests.post(central.url + log.path, data=log.body(), auth=other, timeout=WAIT_S)) == (403, "not_yours")
    asked = requests.get(f"{central.url}{log.path}?compound=riverside", auth=other, timeout=WAIT_S)
    assert refused(asked) == (403, "not_yours")


def test_a_device_of_one_compound_reads_no_log_of_another(central: Running, device: Device) -> None:
    answer = requests.get(f"{central.url}{log_of(device).path}?compound=lakeside", auth=device, timeout=WAIT_S)
    assert refused(answer) == (403, "not_yours")


def test_a_repeat_of_a_request_does_nothing_twice(central: Running) -> None:
    device = enrol(central.engine, gate="gate-r")
    log = log_of(device)
    headers = headers_of(device, "POST", log.path, log.body())
    first, second = (requests.post(central.url + log.path, data=log.body(), headers=headers, timeout=WAIT_S) for _ in "12")
    assert first.json() == second.json()
    (found,) = [one for one in central.get("/api/v1/logs").json()["logs"] if one["device"] == device.place.device]
    assert (found["next_seq"], found["aside"]) == (2, 0)


@pytest.mark.parametrize("skew_us", [WINDOW_US + 60_000_000, -WINDOW_US - 60_000_000])
def test_what_is_stale_is_refused_with_the_servers_time(central: Running, device: Device, skew_us: int) -> None:
    headers = headers_of(device, "GET", DEVICE_PATH, b"", skew_us)
    answer = requests.get(central.url + DEVICE_PATH, headers=headers, timeout=WAIT_S)
    assert refused(answer) == (401, "stale")
    told = decode_refusal(answer.content).time_us
    assert told is not None
    assert abs(told - now_us()) < 20_000_000
    assert abs(decode_time(requests.get(central.url + TIME_PATH, timeout=WAIT_S).content).time_us - now_us()) < 20_000_000


def test_a_revoked_device_is_refused_at_its_next_request(central: Running) -> None:
    device = enrol(central.engine, gate="gate-v")
    log = log_of(device)
    assert requests.post(central.url + log.path, data=log.body(), auth=device, timeout=WAIT_S).status_code == 200
    shut_out(central, device)
    assert refused(requests.post(central.url + log.path, data=log.body(), auth=device, timeout=WAIT_S)) == (403, "revoked")
    # A stranger who does not have its key is not told what became of it.
    forged = {**headers_of(device, "GET", DEVICE_PATH, b""), "Signature": "gatepost=:AAAA:"}
    assert refused(requests.get(central.url + DEVICE_PATH, headers=forged, timeout=WAIT_S)) == (401, "bad_signature")


def test_a_device_that_is_revoked_while_it_sends_is_refused(central: Running) -> None:
    device = enrol(central.engine, gate="gate-w")
    log = log_of(device)
    body = log.body()
    headers = headers_of(device, "POST", log.path, body)
    head = f"POST {log.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    head += "".join(f"{name}: {text}\r\n" for name, text in headers.items())
    with socket.create_connection(("127.0.0.1", central.port), WAIT_S) as connection:
        connection.sendall(head.encode() + b"\r\n" + body[:-1])
        _heard(central, device)
        shut_out(central, device)
        connection.sendall(body[-1:])
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 403")
    assert b'"revoked"' in answer
    assert not [one for one in central.get("/api/v1/logs").json()["logs"] if one["device"] == device.place.device]


def _heard(central: Running, device: Device) -> None:
    """What was sent before on another connection has been looked at, as this is answered after it."""
    for _ in range(20):
        assert requests.get(central.url + DEVICE_PATH, auth=device, timeout=WAIT_S).status_code == 200


def test_whoever_is_refused_with_a_long_body_gets_to_read_why(central: Running, device: Device) -> None:
    shut = enrol(central.engine, gate="gate-z")
    shut_out(central, shut)
    for _ in range(3):
        answer = requests.post(f"{central.url}{log_of(shut).path}", data=b" " * (MAX_BODY - 10), auth=shut, timeout=WAIT_S)
        assert refused(answer) == (403, "revoked")


def test_a_successor_goes_on_with_its_predecessors_log_and_the_predecessor_does_not(central: Running) -> None:
    first = enrol(central.engine, gate="gate-s")
    log = log_of(first)
    assert requests.post(central.url + log.path, data=log.body(), auth=first, timeout=WAIT_S).status_code == 200
    second = enrol(central.engine, gate="gate-s", replaces=first.place.device)
    log.add()
    assert refused(requests.post(central.url + log.path, data=log.body(2), auth=first, timeout=WAIT_S)) == (403, "replaced")
    assert requests.post(central.url + log.path, data=log.body(2), auth=second, timeout=WAIT_S).json()["next_seq"] == 3


def test_what_was_recorded_before_an_enrolment_is_brought_under_its_old_name(central: Running, device: Device) -> None:
    log = KioskLog("as-configured")
    log.add()
    assert requests.post(central.url + log.path, data=log.body(), auth=device, timeout=WAIT_S).status_code == 200


class TestWhereSimulationIsAllowed:
    """A kiosk that is not enrolled may send what it marks as simulated, and nothing in the name of one that is."""

    @pytest.fixture
    def trial(self, tmp_path: Path) -> Iterator[Running]:
        with server(tmp_path, simulation=True) as running:
            running.session.auth = None
            yield running

    def test_a_simulated_kiosk_needs_no_enrolment(self, trial: Running) -> None:
        log = KioskLog()
        log.add()
        assert trial.post(log.path, log.body(), simulated=True).status_code == 200
        standing = trial.get(f"{log.path}?compound=riverside", **{COMPOUND_HEADER: "riverside", SIMULATED_HEADER: "1"})
        assert standing.json()["next_seq"] == 2

    def test_what_is_not_marked_is_refused_all_the_same(self, trial: Running) -> None:
        log = KioskLog()
        log.add()
        assert refused(trial.post(log.path, log.body())) == (401, "unsigned")

    def test_an_enrolled_devices_name_is_not_free(self, trial: Running) -> None:
        log = log_of(enrol(trial.engine))
        assert refused(trial.post(log.path, log.body(), simulated=True)) == (403, "not_yours")
