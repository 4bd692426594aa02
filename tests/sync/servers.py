"""A central server as a model, the transport that leads to it, and the turns of a sender: no socket, no waiting."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from kiosk.events import GENESIS, Event
from sync import wire
from sync.exchange import Exchange
from sync.log import SqliteLog
from sync.sender import IDLE_S, Outbox, Sender
from sync.wire import BEGIN_NEW, Standing, Upload
from tests.sync.logs import DEVICE, held, note

URL = "http://server.invalid"


@dataclass(frozen=True)
class Request:
    """A request as it reached the server."""

    method: str
    log_id: str
    upload: Upload | None
    body: bytes
    headers: Mapping[str, str]

    @property
    def seqs(self) -> list[int]:
        """The numbers of the events that it carries."""
        if self.upload is None:
            return []
        return list(range(self.upload.from_seq, self.upload.from_seq + len(self.upload.events)))


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def standing(next_seq: int, head: bytes, status: int = 200, **more: Any) -> Reply:
    return Reply(status, wire.encode_standing(Standing(next_seq=next_seq, head=head.hex(), **more)))


class ModelServer:
    """What a central server promises (sync.wire), in its plainest form. `takes` bounds the events taken of one upload."""

    def __init__(self) -> None:
        self.logs: dict[str, list[Event]] = {}
        self.aside: dict[str, list[Event]] = {}
        self.takes: int | None = None

    def answer(self, request: Request) -> Reply:
        held = self.logs.get(request.log_id, [])
        if request.upload is None:
            return self._end(held)
        held = self.logs.setdefault(request.log_id, [])
        arrived = [one.event for one in wire.arrivals(request.upload)]
        assert all(event is not None for event in arrived)
        sent = [event for event in arrived if event is not None][: self.takes]
        before = request.upload.from_seq - 1
        aside = self.aside.get(request.log_id, [])
        if before > len(held):
            # The rest of a log that forked follows what was kept aside of it.
            follows = bool(sent) and sent[0].prev_hash in [event.hash for event in aside]
            return self._keep_aside(request, sent) if follows else self._end(held, 409)
        for number, event in enumerate(sent, start=before):
            if number == len(held) and event.prev_hash == (held[-1].hash if held else GENESIS):
                held.append(event)
            elif number == len(held) or held[number].hash != event.hash:
                return self._keep_aside(request, sent)
        sent_to = request.upload.from_seq + len(sent)
        return self._end(held, **({"kept_to": sent_to} if sent_to <= len(held) else {}))

    def _keep_aside(self, request: Request, sent: list[Event]) -> Reply:
        assert request.upload is not None
        aside = self.aside.setdefault(request.log_id, [])
        aside += [event for event in sent if event not in aside and event not in self.logs[request.log_id]]
        kept_to = request.upload.from_seq + len(sent)
        return self._end(self.logs[request.log_id], 409, fork=True, log=BEGIN_NEW, kept_to=kept_to)

    def _end(self, held: list[Event], status: int = 200, **more: Any) -> Reply:
        return standing(len(held) + 1, held[-1].hash if held else GENESIS, status, **more)


class Transport(BaseAdapter):
    """Carries requests to `answer`. An answer that is an error is raised: a connection that breaks."""

    def __init__(self, answer: Callable[[Request], Reply | Exception]) -> None:
        super().__init__()
        self.answer = answer
        self.requests: list[Request] = []

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        assert isinstance(request.url, str)
        body = request.body if isinstance(request.body, bytes) else b""
        assert len(body) <= wire.MAX_BODY
        assert request.method in ("GET", "POST")
        address = urlsplit(request.url)
        log_id = address.path.removeprefix(f"/api/v1/logs/{DEVICE}/")
        compound = request.headers[wire.COMPOUND_HEADER]
        assert request.method == "POST" or parse_qs(address.query) == {"compound": [compound]}
        upload = wire.decode_upload(body)[0] if request.method == "POST" else None
        arrived = Request(request.method, log_id, upload, body, request.headers)
        self.requests.append(arrived)
        reply = self.answer(arrived)
        if isinstance(reply, Exception):
            raise reply
        response = Response()
        response.status_code = reply.status
        response.headers.update(reply.headers)
        response.raw = HTTPResponse(BytesIO(reply.body), reply.headers, reply.status, preload_content=False)
        response.url = request.url
        response.request = request
        return response

    def close(self) -> None:
        pass


def exchange_over(transport: Transport, **settings: Any) -> Exchange:
    session = Session()
    session.mount("http://", transport)
    return Exchange(URL, DEVICE, session=session, **settings)


def sender_over(transport: Transport, log: Outbox, *, simulated: bool = False, **settings: Any) -> Sender:
    timed = {name: value for name, value in settings.items() if name == "monotonic"}
    exchange = exchange_over(transport, simulated=simulated, **timed)
    return Sender(log, exchange, **{"jitter": lambda: 1.0, **settings})


@dataclass
class Site:
    """A log, a model server, and the way between them; `interfere` may answer in the server's place."""

    path: Path
    log: SqliteLog
    server: ModelServer = field(default_factory=ModelServer)
    interfere: Callable[[Request], Reply | Exception | None] = lambda _: None
    health: list[tuple[bool, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.transport = Transport(self._answer)
        self.sender = self.new_sender()

    def new_sender(self, batch: int = 200, **settings: Any) -> Sender:
        return sender_over(self.transport, self.log, batch=batch, on_health=self._note_health, **settings)

    def append(self, count: int) -> None:
        for number in range(count):
            self.log.append(note(number), visit="v")

    def well_again(self) -> None:
        self.interfere = lambda _: None

    def arrived_whole(self) -> bool:
        """Whether the server's copy is the log: everything once, in order."""
        return self.server.logs == held(self.path) and self.log.unacknowledged() == 0

    def _note_health(self, well: bool, detail: str) -> None:
        self.health.append((well, detail))

    def _answer(self, request: Request) -> Reply | Exception:
        reply = self.interfere(request)
        return self.server.answer(request) if reply is None else reply


class _Turns(threading.Event):
    """Counts waits down instead of waiting, and is set after the last."""

    def __init__(self, turns: int) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self._turns = turns

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.pauses.append(timeout)
        if len(self.pauses) >= self._turns:
            self.set()
        return self.is_set()


class _Wake(threading.Event):
    def __init__(self, turns: _Turns) -> None:
        super().__init__()
        self._turns_of_both = turns

    def wait(self, timeout: float | None = None) -> bool:
        self._turns_of_both.wait(timeout)
        return self.is_set()


def turns(sender: Sender, count: int) -> list[float]:
    """Let the sender's loop turn `count` times; return how long it would have paused after each."""
    stop = _Turns(count)
    sender.run(stop, _Wake(stop))
    return stop.pauses


IDLE = [IDLE_S]
BROKEN = requests.ConnectionError("the line is cut")
