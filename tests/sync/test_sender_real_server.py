"""The sender against the central server as it is installed: its own process, its own database."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from kiosk import events
from kiosk.events import Event
from sync.exchange import Exchange
from sync.sender import Sender
from tests.sync.central.signed_in import staff_cookies
from tests.sync.logs import ADMIT, COMPOUND, DEVICE, current, held, note, opened

GATEPOST = Path(sys.executable).parent / "gatepost"
WAIT_S = 30.0


@contextmanager
def central(folder: Path, port: int = 0, *, simulation: bool = True) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server on loopback over the database in `folder`, ready; its URL and its process."""
    config = folder / "central.toml"
    config.write_text(
        f'[server]\nport = {port}\n[database]\nurl = "sqlite:///{folder}/central.sqlite"\n'
        f"[simulation]\nallowed = {str(simulation).lower()}\n",
        encoding="utf-8",
    )
    with subprocess.Popen([GATEPOST, "central", "--config", config], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(WAIT_S, process.kill)
        watchdog.start()
        try:
            url = json.loads(process.stdout.readline())["ready"]
            watchdog.cancel()
            yield url, process
        finally:
            watchdog.cancel()
            process.kill()


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def arrived(url: str, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The headers that the server over a folder tells of, log by log, in the order of their arrival."""
    cookies = staff_cookies(f"sqlite:///{folder}/central.sqlite")
    found: dict[str, list[dict[str, Any]]] = {}
    asked: dict[str, str | int] = {"compound": COMPOUND, "after": 0, "limit": 100}
    while True:
        page = requests.get(f"{url}/api/v1/events", params=asked, cookies=cookies, timeout=WAIT_S).json()
        for event in page["events"]:
            assert not event["faulty"]
            header = events.parse(event["header"])
            found.setdefault(header["log_id"], []).append(header)
            asked["after"] = event["arrival"]
        if page["next"] is None:
            return found


def headers(log: dict[str, list[Event]]) -> dict[str, list[dict[str, Any]]]:
    return {log_id: [event.fields for event in chain] for log_id, chain in log.items()}


def test_everything_arrives_once_although_the_server_is_killed_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    health: list[bool] = []
    news = [threading.Event(), threading.Event()]

    def on_health(well: bool, _: str) -> None:
        health.append(well)
        news[well].set()

    with opened(path) as log:
        for number in range(300):
            log.append(note(number, text='你好 \U0001f600 "\\\x01'), visit="v", decision=ADMIT if number % 3 else None)
        stop = threading.Event()
        with central(tmp_path) as (url, process):
            sender = Sender(log, Exchange(url, DEVICE, simulated=True), batch=7, on_health=on_health, jitter=lambda: 0.0)
            thread = threading.Thread(target=sender.run, args=(stop, log.appended))
            thread.start()
            # Killed while the sender is busy.
            deadline = time.monotonic() + WAIT_S
            while log.unacknowledged() > 250:
                assert time.monotonic() < deadline
                news[False].wait(0.001)
            process.kill()
            process.wait(WAIT_S)
            for number in range(50):
                log.append(note(number), visit="v")
            assert news[False].wait(WAIT_S)
        assert log.unacknowledged() >= 50
        news[True].clear()
        with central(tmp_path, port_of(url)) as (again, _):
            assert again == url
            assert news[True].wait(WAIT_S)
            stop.set()
            log.appended.set()
            thread.join(WAIT_S)
            assert not thread.is_alive()
            assert sender.flush(WAIT_S) == 0
            assert arrived(url, tmp_path) == headers(held(path))
            # A second sender, a restart of the kiosk: nothing arrives twice.
            sender.close()
            log.append(note(-1), visit="v")
            fresh = Sender(log, Exchange(url, DEVICE, simulated=True))
            assert fresh.flush(WAIT_S) == 0
            fresh.close()
            assert arrived(url, tmp_path) == headers(held(path))
    assert health[-2:] == [False, True]


def test_a_restored_backup_and_a_copied_card_lose_nothing(tmp_path: Path) -> None:
    path, copied = tmp_path / "log.sqlite", tmp_path / "copy.sqlite"
    with central(tmp_path) as (url, process):
        with opened(path) as log:
            log.append(note(1), visit="v")
            old = current(log)
            sender = Sender(log, Exchange(url, DEVICE, simulated=True), batch=2)
            assert sender.flush(WAIT_S) == 0
        copied.write_bytes(path.read_bytes())
        process.kill()
        process.wait(WAIT_S)
        backup = (tmp_path / "central.sqlite").read_bytes(), (tmp_path / "central.sqlite-wal").read_bytes()
    with opened(path) as log, central(tmp_path, port_of(url)):
        for number in range(5):
            log.append(note(number), visit="v")
        with_log = Sender(log, Exchange(url, DEVICE, simulated=True), batch=2)
        assert with_log.flush(WAIT_S) == 0
        with_log.close()
        # The copy goes its own way from the third event on: kept aside, and on with a log of its own.
        with opened(copied) as other:
            for number in range(100, 109):
                other.append(note(number), visit="v")
            stranger = Sender(other, Exchange(url, DEVICE, simulated=True), batch=2)
            assert stranger.flush(WAIT_S) == 0
            stranger.close()
            assert len(held(copied)) == 2
            assert arrived(url, tmp_path) == headers({old: held(path)[old], current(other): held(copied)[current(other)]})
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"central.sqlite{suffix}").unlink(missing_ok=True)
    (tmp_path / "central.sqlite").write_bytes(backup[0])
    (tmp_path / "central.sqlite-wal").write_bytes(backup[1])
    with opened(path) as log, central(tmp_path, port_of(url)):
        log.append(note(9), visit="v")
        last = Sender(log, Exchange(url, DEVICE, simulated=True), batch=2)
        assert last.flush(WAIT_S) == 0
        last.close()
        assert arrived(url, tmp_path) == headers(held(path))


def test_a_production_server_takes_nothing_of_a_simulated_kiosk_which_keeps_it(tmp_path: Path) -> None:
    with central(tmp_path, simulation=False) as (url, _), opened(tmp_path / "log.sqlite") as log:
        health: list[str] = []
        sender = Sender(log, Exchange(url, DEVICE, simulated=True), on_health=lambda _, detail: health.append(detail))
        assert sender.flush(0.2) == 1
        sender.close()
        assert health == ["the server takes no simulated kiosks"]
        assert arrived(url, tmp_path) == {}
