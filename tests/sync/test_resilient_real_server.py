"""The log without its disk against the central server as it is installed."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.errors import Unacknowledged
from kiosk.model import GateOutcome
from sync.exchange import Exchange
from sync.log import SqliteLog
from sync.resilient import ResilientLog
from sync.sender import Sender
from sync.standby import Standby
from tests.captured_lines import capture_logs
from tests.sync.logs import ADMIT, COMPOUND, DEVICE, LogClock, held, note
from tests.sync.test_log_durability import no_file_larger_than
from tests.sync.test_sender_real_server import arrived, central, headers, port_of

WAIT_S = 10.0
PATIENCE_S = 0.3


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with capture_logs():
        yield


def resilient(path: Path, url: str, patience_s: float = WAIT_S) -> tuple[ResilientLog, SqliteLog]:
    disk = SqliteLog(path, compound=COMPOUND, device=DEVICE, clock=LogClock())
    exchange = Exchange(url, DEVICE, timeout_s=patience_s, simulated=True)
    standby = Standby(exchange, compound=COMPOUND, device=DEVICE, clock=LogClock(), patience_s=patience_s)
    return ResilientLog(disk, standby, try_every_s=3600), disk


def test_everything_is_there_once_although_disk_and_server_fail_in_turn(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    vouched = []
    with central(tmp_path) as (url, process):
        log, disk = resilient(path, url)
        vouched.append(log.append(note(1), visit="v", decision=ADMIT))
        with no_file_larger_than(0):
            vouched.append(log.append(note(2), visit="v", decision=ADMIT))
            log.append(note(3), visit="v")
            vouched.append(log.append(note(4), visit="v", decision=ADMIT))
        process.kill()
        process.wait(WAIT_S)
        with pytest.raises(Unacknowledged) as refused:
            log.append(note(5), visit="v", decision=ADMIT)
        assert refused.value.event is not None
        log.record_outcome(refused.value.event, GateOutcome.NOT_OPENED, note(6))
    with central(tmp_path, port_of(url)), closing(log):
        # The server that came back vouches at once, for all that it had missed as well.
        vouched.append(log.append(note(7), visit="v", decision=ADMIT))
        there = [event["number"] for chain in arrived(url, tmp_path).values() for event in chain if "number" in event]
        assert there == [2, 3, 4, 5, 6, 7]
        assert log.mend()
        vouched.append(log.append(note(8), visit="v", decision=ADMIT))
        with closing(Sender(disk, Exchange(url, DEVICE, simulated=True))) as sender:
            assert sender.flush(WAIT_S) == 0
        assert arrived(url, tmp_path) == headers(held(path))
        ids = [event.id for chain in held(path).values() for event in chain]
        assert set(ids) >= {*vouched, refused.value.event}
        assert len(set(ids)) == len(ids) == 10
        assert refused.value.event not in [one.event for one in log.unresolved()]


class SilentPort:
    """Takes connections and says nothing, until it is closed."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def close(self) -> None:
        self._listener.close()


def test_a_server_that_says_nothing_is_waited_for_no_longer_than_said(tmp_path: Path) -> None:
    with closing(SilentPort()) as silent:
        log, _ = resilient(tmp_path / "log.sqlite", f"http://127.0.0.1:{silent.port}", PATIENCE_S)
        ended = threading.Event()

        def decide() -> None:
            with no_file_larger_than(0), pytest.raises(Unacknowledged):
                log.append(note(1), visit="v", decision=ADMIT)
            ended.set()

        thread = threading.Thread(target=decide)
        thread.start()
        assert ended.wait(WAIT_S)
        thread.join(WAIT_S)
        log.close()
