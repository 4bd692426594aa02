"""The server as a process: what it prints, when it is ready, how it ends."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
import requests

from sync.central.config import CentralConfig, ServerSection, TlsSection
from sync.central.serve import url_of
from sync.wire import COMPOUND_HEADER, SIMULATED_HEADER
from tests.command_line import gatepost
from tests.sync.central.kiosks import KioskLog
from tests.sync.central.signed_in import staff_cookies

GATEPOST = Path(sys.executable).parent / "gatepost"
WAIT_S = 30.0
HEADERS = {COMPOUND_HEADER: "riverside", SIMULATED_HEADER: "1"}
"""Those of a simulated kiosk that is not enrolled."""


def configuration(folder: Path, text: str = "", *, port: int = 0, host: str = "127.0.0.1") -> Path:
    path = folder / "central.toml"
    database = f"[database]\nurl = {json.dumps('sqlite:///' + str(folder / 'central.sqlite'))}\n"
    insecure = "" if host in ("127.0.0.1", "::1") else "insecure = true\n"
    path.write_text(f"[server]\nhost = {json.dumps(host)}\nport = {port}\n{insecure}{text or database}", encoding="utf-8")
    return path


def simulated(folder: Path) -> Path:
    """A configuration that takes simulated kiosks, enrolled or not."""
    path = configuration(folder)
    path.write_text(path.read_text(encoding="utf-8") + "[simulation]\nallowed = true\n", encoding="utf-8")
    return path


class Central:
    """`gatepost central` as a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.line = process.stdout.readline()
        self.url = json.loads(self.line)["ready"]

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal; return the status, and what else was written to both outputs. It must end by itself."""
        self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=WAIT_S)
        return self.process.returncode, output, errors


@contextmanager
def central(config: Path, *arguments: str) -> Iterator[Central]:
    process = subprocess.Popen(
        [GATEPOST, "central", "--config", str(config), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Central(process)
        finally:
            if process.poll() is None:
                process.kill()


def sentence(run: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of bad usage."""
    assert run.returncode == 2, run.stderr
    assert run.stdout == ""
    assert len(run.stderr.strip().splitlines()) == 1, run.stderr
    assert run.stderr.startswith("gatepost: ")
    return run.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_ready_once_and_ends_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with central(configuration(tmp_path)) as running:
        assert list(json.loads(running.line)) == ["ready"]
        assert running.url.startswith("http://127.0.0.1:")
        assert requests.get(f"{running.url}/readyz", timeout=WAIT_S).json() == {"status": "ready"}
        status, output, errors = running.end(number)
    assert (status, output, errors) == (0, "", "")


def test_it_ends_though_pages_stay_open_and_an_upload_is_stuck(tmp_path: Path) -> None:
    with central(simulated(tmp_path)) as running, ExitStack() as stack:
        port, cookies = int(running.url.rpartition(":")[2]), staff_cookies(f"sqlite:///{tmp_path / 'central.sqlite'}")
        for _ in range(5):
            answer = stack.enter_context(
                closing(requests.get(f"{running.url}/live", cookies=cookies, stream=True, timeout=WAIT_S))
            )
            assert answer.status_code == 200
        stuck = stack.enter_context(socket.create_connection(("127.0.0.1", port), WAIT_S))
        head = "POST /api/v1/logs/gate-1/00c0ffee HTTP/1.1\r\nHost: x\r\n"
        head += "".join(f"{name}: {text}\r\n" for name, text in HEADERS.items())
        stuck.sendall(head.encode() + b"Content-Length: 500\r\n\r\n{")
        # Nobody lets go of a connection before the server has ended.
        status, _, errors = running.end()
    assert status == 0, errors
    assert "Traceback" not in errors


def test_what_was_acknowledged_is_there_after_the_process_was_killed(tmp_path: Path) -> None:
    log = KioskLog()
    log.add()
    config = simulated(tmp_path)
    with central(config) as running:
        answer = requests.post(running.url + log.path, data=log.body(), headers=HEADERS, timeout=WAIT_S)
        assert answer.status_code == 200
        running.process.kill()
        running.process.wait(WAIT_S)
    with central(config) as running:
        found = requests.get(f"{running.url}{log.path}?compound=riverside", headers=HEADERS, timeout=WAIT_S).json()
        assert found["next_seq"] == 2


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = sentence(gatepost("central", "--config", str(configuration(tmp_path, port=port))))
    assert f"127.0.0.1:{port} cannot be listened on: Address already in use" in words
    assert not (tmp_path / "central.sqlite").exists()


def test_a_second_server_on_the_same_port_is_turned_away(tmp_path: Path) -> None:
    with central(configuration(tmp_path)) as running:
        port = int(running.url.rpartition(":")[2])
        other = tmp_path / "other"
        other.mkdir()
        assert "already in use" in sentence(gatepost("central", "--config", str(configuration(other, port=port))))
        assert requests.get(f"{running.url}/healthz", timeout=WAIT_S).status_code == 200


def test_a_port_is_free_again_as_soon_as_the_server_has_ended(tmp_path: Path) -> None:
    with central(configuration(tmp_path)) as running:
        port = int(running.url.rpartition(":")[2])
        requests.get(running.url, timeout=WAIT_S)
        assert running.end()[0] == 0
    with central(configuration(tmp_path, port=port)) as again:
        assert again.url.endswith(f":{port}")


@pytest.mark.parametrize(
    ("text", "host", "words"),
    [
        ("[server2]\n", "127.0.0.1", "'server2'"),
        ("[database]\nurl = 'nonsense'\n", "127.0.0.1", "[database] url"),
        ("[database]\nurl = 'mysql://x/y'\n", "127.0.0.1", "mysql is not supported"),
        ("[database]\nurl = 'sqlite:////proc/nowhere/x.sqlite'\n", "127.0.0.1", "x.sqlite: No such file"),
        ("", "192.0.2.1", "cannot be listened on"),
        ("", "no such name", "cannot be listened on"),
        ("", "\u0000", "is no name or address"),
    ],
    ids=["section", "url", "mysql", "folder", "address", "name", "NUL"],
)
def test_a_bad_configuration_is_one_sentence(tmp_path: Path, text: str, host: str, words: str) -> None:
    assert words in sentence(gatepost("central", "--config", str(configuration(tmp_path, text, host=host))))


def test_an_address_of_ip_version_6_makes_a_url(tmp_path: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IP version 6")
    with central(configuration(tmp_path, host="::1")) as running:
        assert running.url.startswith("http://[::1]:")
        assert requests.get(f"{running.url}/healthz", timeout=WAIT_S).status_code == 200


def test_nothing_of_what_people_sent_gets_into_its_output(tmp_path: Path) -> None:
    log = KioskLog()
    log.add(who="Zhang Wei")
    with central(simulated(tmp_path)) as running:
        session = requests.Session()
        session.post(running.url + log.path, data=log.body(), headers=HEADERS, timeout=WAIT_S)
        session.post(running.url + log.path, data=b'{"who": "Zhang Wei"', headers=HEADERS, timeout=WAIT_S)
        session.get(f"{running.url}/?lang=Zhang-Wei", timeout=WAIT_S)
        session.get(f"{running.url}/Zhang-Wei", timeout=WAIT_S)
        session.close()
        _, output, errors = running.end()
    assert output + errors == ""


def test_demo_data_fill_an_empty_database_and_no_other(tmp_path: Path) -> None:
    config = simulated(tmp_path)
    for _ in range(2):
        with central(config, "--demo-data") as running:
            cookies = staff_cookies(f"sqlite:///{tmp_path / 'central.sqlite'}")
            (log,) = requests.get(f"{running.url}/api/v1/logs", cookies=cookies, timeout=WAIT_S).json()["logs"]
            assert (log["compound"], log["device"]) == ("demo", "demo-gate")
            assert log["next_seq"] > 400
    (tmp_path / "central.sqlite").unlink()
    real = KioskLog()
    real.add()
    with central(config) as running:
        requests.post(running.url + real.path, data=real.body(), headers=HEADERS, timeout=WAIT_S)
        running.end()
    assert "needs an empty database" in sentence(gatepost("central", "--config", str(config), "--demo-data"))


@pytest.mark.parametrize(
    ("host", "names", "url"),
    [
        ("0.0.0.0", ["gatepost.example", "192.0.2.7"], "https://gatepost.example:8443"),
        ("::", ["2001:db8::7"], "https://[2001:db8::7]:8443"),
        ("192.0.2.7", ["gatepost.example"], "https://192.0.2.7:8443"),
        ("::1", None, "http://[::1]:8443"),
    ],
)
def test_where_it_listens_everywhere_it_goes_by_the_first_of_its_names(host: str, names: list[str] | None, url: str) -> None:
    tls = None if names is None else TlsSection(names=names)
    assert url_of(CentralConfig(server=ServerSection(host=host), tls=tls), 8443) == url
