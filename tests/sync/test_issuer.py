import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from drivers.simulated.issuer import opaque_token, run_issuer
from kiosk.errors import ServiceRefused, ServiceUnavailable
from kiosk.evidence import HealthStatus
from kiosk.units import Seconds
from sync.issuer import MAX_ANSWER, HttpHealthIssuer
from tests.captured_lines import capture_logs
from tests.sync.bare_server import WAIT_S, BareServer

STATUSES = {"green": HealthStatus.GREEN, "red": HealthStatus.RED, "1": HealthStatus.GREEN}
TABLE = {"tok-green": "green", "tok-red": "red", "tok-odd": "turquoise"}
SOON = Seconds(0.3)
PATIENTLY = Seconds(5)


@contextmanager
def service(
    latency_s: Callable[[], float] = lambda: 0.0,
    outage: threading.Event | None = None,
    table: dict[str, str] = TABLE,
) -> Iterator[str]:
    stop, ready, urls = threading.Event(), threading.Event(), list[str]()

    def on_ready(url: str) -> None:
        urls.append(url)
        ready.set()

    thread = threading.Thread(
        target=run_issuer, args=(table, 0, on_ready, stop), kwargs={"latency_s": latency_s, "outage": outage}
    )
    thread.start()
    try:
        assert ready.wait(WAIT_S)
        yield urls[0]
    finally:
        stop.set()
        thread.join(WAIT_S)
        assert not thread.is_alive()


@contextmanager
def gateway(url: str, ca_file: str | None = None) -> Iterator[HttpHealthIssuer]:
    issuer = HttpHealthIssuer(url, STATUSES, ca_file=ca_file)
    try:
        yield issuer
    finally:
        issuer.close()


class Odd(BareServer):
    """A server that answers every question with the same pieces, a pause between them."""

    def __init__(
        self,
        *pieces: bytes,
        pause_s: float = 0.0,
        drip: bytes = b"",
        questions: int = 1,
        context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(context, "/ask")
        self.pieces, self.pause_s, self.drip, self.per_connection = pieces, pause_s, drip, questions
        self.questions: list[bytes] = []

    def answer(self, connection: socket.socket) -> None:
        for _ in range(self.per_connection):
            self.questions.append(_question(connection))
            for piece in self.pieces:
                connection.sendall(piece)
        while self.drip and not self.stop.wait(self.pause_s):
            connection.sendall(self.drip)
        if not self.pieces:
            # Say nothing until the other end goes.
            connection.recv(1)


def _question(connection: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"}") and (more := connection.recv(65536)):
        data += more
    return data


def answer(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


@pytest.mark.parametrize(
    ("token", "status"),
    [
        ("tok-green", HealthStatus.GREEN),
        ("tok-red", HealthStatus.RED),
        ("tok-odd", HealthStatus.UNKNOWN),
        ("never given out", HealthStatus.UNKNOWN),
    ],
)
def test_the_issuers_answer_is_mapped_and_the_rest_is_unknown(token: str, status: HealthStatus) -> None:
    with service() as url, gateway(url) as issuer:
        assert issuer.resolve(token, PATIENTLY).status is status


def test_a_status_in_numbers_is_mapped_as_well() -> None:
    with Odd(answer(b'{"status": 1, "more": [1]}')) as odd, gateway(odd.url) as issuer:
        assert issuer.resolve("t", PATIENTLY).status is HealthStatus.GREEN


def test_an_answer_says_whose_the_code_is_and_how_long_it_holds() -> None:
    said = '{"status": "green", "valid_s": 90, "name": "王*芳", "id": "310***********1234"}'.encode()
    with Odd(answer(said)) as odd, gateway(odd.url) as issuer:
        found = issuer.resolve("t", PATIENTLY)
    assert (found.status, found.valid_s) == (HealthStatus.GREEN, Seconds(90))
    assert found.person is not None
    assert (found.person.family, found.person.masked_id, found.person.guessed) == ("WANG FANG", "*" * 14 + "1234", True)


def test_a_service_that_could_not_find_out_has_given_no_answer() -> None:
    with Odd(answer(b'{"status": 7}')) as odd:
        issuer = HttpHealthIssuer(odd.url, STATUSES, no_answer={"7"})
        try:
            with pytest.raises(ServiceUnavailable, match="could not find out"):
                issuer.resolve("t", PATIENTLY)
        finally:
            issuer.close()


@pytest.mark.parametrize(
    ("status", "again"), [("403 Forbidden", False), ("429 Too Many Requests", False), ("502 Bad Gateway", True)]
)
def test_only_where_it_may_help_is_it_worth_asking_again(status: str, again: bool) -> None:
    with Odd(answer(b"", status)) as odd, gateway(odd.url) as issuer, pytest.raises(ServiceUnavailable) as caught:
        issuer.resolve("t", PATIENTLY)
    assert isinstance(caught.value, ServiceRefused) is not again


def test_one_connection_serves_many_questions() -> None:
    with Odd(answer(b'{"status": "green"}'), questions=5) as odd, gateway(odd.url) as issuer:
        for _ in range(5):
            assert issuer.resolve("t", PATIENTLY).status is HealthStatus.GREEN
        assert odd.connections == 1


def test_the_token_travels_in_the_body_alone() -> None:
    with Odd(answer(b'{"status": "green"}')) as odd, gateway(odd.url) as issuer:
        issuer.resolve("tok-secret", PATIENTLY)
        head, _, body = odd.questions[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /ask HTTP/1.1\r\n")
    assert b"secret" not in head
    assert body == b'{"token": "tok-secret"}'


ODD_ANSWERS = {
    "an error": answer(b'{"status": "green"}', "500 Internal Server Error"),
    "our own fault": answer(b'{"status": "green"}', "401 Unauthorized"),
    "too many questions": answer(b'{"status": "green"}', "429 Too Many Requests"),
    "another success": answer(b'{"status": "green"}', "202 Accepted"),
    "a redirect": answer(b"", "307 Temporary Redirect", "Location: /elsewhere\r\n"),
    "no JSON": answer(b"green"),
    "JSON of another form": answer(b'["green"]'),
    "no status": answer(b'{"state": "green"}'),
    "a status that is true": answer(b'{"status": true}'),
    "a status that is null": answer(b'{"status": null}'),
    "broken UTF-8": answer(b'{"status": "\xff"}'),
    "a long answer": answer(b'{"status": "green", "pad": "' + b"x" * MAX_ANSWER + b'"}'),
    "an endless answer": b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (MAX_ANSWER * 2),
    "a cut answer": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
    "compressed": answer(b'{"status": "green"}', headers="Content-Encoding: gzip\r\n")[:-1],
    "a bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "a bad length": b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n{}",
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
}


@pytest.mark.parametrize("case", ODD_ANSWERS)
def test_an_odd_answer_is_no_answer(case: str) -> None:
    with Odd(ODD_ANSWERS[case]) as odd, gateway(odd.url) as issuer, pytest.raises(ServiceUnavailable) as caught:
        issuer.resolve("tok-secret", PATIENTLY)
    assert "secret" not in str(caught.value)
    assert not isinstance(caught.value.__context__, requests.RequestException)
    assert odd.connections == 1


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "410 Gone", "422 Unprocessable Content"])
def test_a_refusal_of_the_token_is_an_answer_and_never_green(status: str) -> None:
    with Odd(answer(b'{"status": "green"}', status), questions=2) as odd, gateway(odd.url) as issuer:
        assert issuer.resolve("made-up", PATIENTLY).status is HealthStatus.UNKNOWN
        assert issuer.resolve("made-up", PATIENTLY).status is HealthStatus.UNKNOWN


def test_the_simulated_service_refuses_a_made_up_token_and_answers_the_next_question() -> None:
    with service() as url, gateway(url) as issuer:
        assert requests.post(url, json={"token": "MADE-UP"}, timeout=WAIT_S).status_code == 404
        assert issuer.resolve("MADE-UP", PATIENTLY).status is HealthStatus.UNKNOWN
        assert issuer.resolve("tok-green", PATIENTLY).status is HealthStatus.GREEN


def test_nobody_listening_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    with gateway(url) as issuer, pytest.raises(ServiceUnavailable):
        issuer.resolve("t", PATIENTLY)


DRIPS = {
    "silence": ((), b""),
    "a header now and then": ((b"HTTP/1.1 200 OK\r\n",), b"X-Wait: 1\r\n"),
    "a byte of the head now and then": ((b"HTTP/1.1 200 OK\r\nX: ",), b"x"),
    "a byte of the body now and then": ((b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n",), b" "),
}


@pytest.mark.parametrize("case", DRIPS)
def test_the_time_limit_is_for_the_whole_answer(case: str) -> None:
    pieces, drip = DRIPS[case]
    with ExitStack() as stack:
        odd = stack.enter_context(Odd(*pieces, drip=drip, pause_s=0.02))
        issuer = stack.enter_context(gateway(odd.url))
        began = time.monotonic()
        with pytest.raises(ServiceUnavailable):
            issuer.resolve("t", SOON)
        # Whoever only bounds each piece listens for ever, or for minutes.
        assert time.monotonic() - began < WAIT_S
        # The connection is cut, not only given up: its other end sees it go.
        assert odd.left.wait(WAIT_S)


def test_after_a_slow_answer_the_next_visitor_is_served() -> None:
    delays = iter([1.5])
    with service(latency_s=lambda: next(delays, 0.0)) as url, gateway(url) as issuer:
        with pytest.raises(ServiceUnavailable):
            issuer.resolve("tok-red", Seconds(0.1))
        assert issuer.resolve("tok-green", Seconds(1)).status is HealthStatus.GREEN


def test_a_gateway_logs_nothing_its_outages_are_told_by_the_core() -> None:
    outage = threading.Event()
    with service(outage=outage) as url, gateway(url) as issuer, capture_logs() as logged:
        outage.set()
        with pytest.raises(ServiceUnavailable, match="HTTP 503"):
            issuer.resolve("tok-green", PATIENTLY)
        outage.clear()
        issuer.resolve("tok-green", PATIENTLY)
    assert logged == []


def test_a_service_that_ended_its_connection_is_asked_on_a_new_one() -> None:
    with Odd(answer(b'{"status": "green"}')) as odd, gateway(odd.url) as issuer:
        assert issuer.resolve("t", PATIENTLY).status is HealthStatus.GREEN
        assert odd.left.wait(WAIT_S)
        assert issuer.resolve("t", PATIENTLY).status is HealthStatus.GREEN
        assert odd.connections == 2


def test_closing_wakes_a_question_under_way_and_is_idempotent() -> None:
    asked = threading.Event()
    failed: list[BaseException] = []

    def slow() -> float:
        asked.set()
        return WAIT_S

    with service(latency_s=slow) as url:
        issuer = HttpHealthIssuer(url, STATUSES)

        def ask() -> None:
            try:
                issuer.resolve("tok-green", Seconds(3 * WAIT_S))
            except ServiceUnavailable as error:
                failed.append(error)

        asker = threading.Thread(target=ask)
        asker.start()
        assert asked.wait(WAIT_S)
        issuer.close()
        asker.join(WAIT_S)
        # Neither its time was over nor was it answered: it was woken.
        assert len(failed) == 1
        issuer.close()
        with pytest.raises(ServiceUnavailable, match="closed"):
            issuer.resolve("tok-green", SOON)


def test_tokens_are_opaque_and_repeat_with_their_seed() -> None:
    chance = random.Random(7)
    tokens = {opaque_token(chance) for _ in range(100)}
    assert len(tokens) == 100
    assert opaque_token(random.Random(7)) in tokens
    assert all(token.isalnum() and len(token) == 24 for token in tokens)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"token": []}', b'{"token": 1}', b"\xff", b"[" * 4000], ids=repr)
def test_the_simulated_service_outlives_questions_that_are_none(body: bytes) -> None:
    with service() as url:
        assert requests.post(url, data=body, timeout=WAIT_S).status_code in (400, 404)
        assert requests.post(url, json={"token": "tok-red"}, timeout=WAIT_S).json() == {"status": "red"}


def test_a_token_added_later_is_known_to_the_simulated_service() -> None:
    table: dict[str, str] = {}
    token = opaque_token(random.Random(1))
    with service(table=table) as url:
        assert requests.post(url, json={"token": token}, timeout=WAIT_S).json() == {"status": "absent"}
        table[token] = "green"
        assert requests.post(url, json={"token": token}, timeout=WAIT_S).json() == {"status": "green"}


def certificate(folder: Path) -> Path:
    """Write a self-signed certificate for 127.0.0.1 and its key into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "issuer.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def tls(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_a_service_whose_certificate_nobody_vouches_for_is_not_asked(tmp_path: Path) -> None:
    with Odd(answer(b'{"status": "green"}'), context=tls(certificate(tmp_path))) as odd, gateway(odd.url) as issuer:
        with pytest.raises(ServiceUnavailable, match="SSLError"):
            issuer.resolve("t", PATIENTLY)
        assert odd.questions == []


def test_a_certificate_of_the_named_authority_is_believed(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with Odd(answer(b'{"status": "green"}'), context=tls(pem)) as odd, gateway(odd.url, ca_file=str(pem)) as issuer:
        assert issuer.resolve("t", PATIENTLY).status is HealthStatus.GREEN


def test_the_time_limit_holds_inside_tls_too(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with (
        Odd(b"HTTP/1.1 200 OK\r\nX: ", drip=b"x", pause_s=0.02, context=tls(pem)) as odd,
        gateway(odd.url, ca_file=str(pem)) as issuer,
    ):
        began = time.monotonic()
        with pytest.raises(ServiceUnavailable):
            issuer.resolve("t", SOON)
        assert time.monotonic() - began < WAIT_S
        assert odd.left.wait(WAIT_S)


def test_the_time_limit_holds_before_tls_is_agreed() -> None:
    with Odd() as odd, gateway(odd.url.replace("http://", "https://")) as issuer:
        began = time.monotonic()
        with pytest.raises(ServiceUnavailable):
            issuer.resolve("t", SOON)
        assert time.monotonic() - began < WAIT_S
        assert odd.left.wait(WAIT_S)
