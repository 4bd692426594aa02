"""The downward routes of a real server: bounds, refusals, and a thousand kiosks that wait at once."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kiosk.staleness import Kind
from sync.central.opening import wall_us
from sync.central.publishing import Documents
from sync.central.store import Store
from sync.downward.message import News
from sync.downward.publication import GivenBack, Page, Sent
from sync.wire import COMPOUND_HEADER, SIMULATED_HEADER
from tests.sync.central.documents import COMPOUND, NONCE, WHO, policy
from tests.sync.central.enrolling import enrol
from tests.sync.central.serving import Running, document_key, server

ASKED = f"compound={COMPOUND}&gate=gate-1"
KIOSKS = 1000


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A server, asked by the device that is enrolled at `gate-1`."""
    with server(tmp_path, simulation=True) as found:
        found.session.auth = enrol(found.engine, COMPOUND, "gate-1")
        yield found


@pytest.fixture
def documents(tmp_path: Path, running: Running) -> Iterator[Documents]:
    store = Store(f"sqlite:///{tmp_path / 'central.sqlite'}")
    yield Documents(store.engine, document_key(tmp_path), wall_us)
    store.close()


def test_an_answer_has_what_is_new_and_is_the_same_for_a_repeat(running: Running, documents: Documents) -> None:
    documents.publish(COMPOUND, Kind.POLICY, policy(7), WHO)
    path = f"/api/v1/documents?{ASKED}&since=0&nonce={NONCE}"
    first, again = (msgspec.json.decode(running.get(path).content, type=Page) for _ in range(2))
    assert first.documents == again.documents
    assert [one.body for one in first.documents] == [policy(7)]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/documents?compound=riverside&gate=gate-1",
        f"/api/v1/documents?{ASKED}&nonce=x",
        f"/api/v1/documents?{ASKED}&nonce={NONCE}&since=-1",
        f"/api/v1/documents?{ASKED}&nonce={NONCE}&since=9999999999999999999",
        f"/api/v1/documents?compound=../etc&gate=gate-1&nonce={NONCE}",
        f"/api/v1/now?{ASKED}&wait=3600",
        f"/api/v1/now?{ASKED}&wait=nan",
        f"/api/v1/now?{ASKED}&after=x",
        f"/api/v1/now?{ASKED}&number=-1",
    ],
)
def test_what_is_not_as_it_must_be_is_refused(running: Running, path: str) -> None:
    assert running.get(path).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        msgspec.json.encode(GivenBack(documents=[Sent(statement="{}", signature=bytes(64), body=b"")])),
    ],
    ids=["nothing", "empty", "noise", "deep", "unsigned"],
)
def test_what_is_no_document_of_this_server_is_not_taken_back(running: Running, body: bytes) -> None:
    assert running.post(f"/api/v1/documents?{ASKED}", body).status_code == 422


@pytest.mark.parametrize(
    "asked", [f"documents?compound={COMPOUND}&gate=gate-2&nonce={NONCE}", f"now?compound={COMPOUND}&gate=gate-2&wait=0"]
)
def test_what_is_for_another_gate_is_told_to_nobody_else(running: Running, asked: str) -> None:
    assert running.get(f"/api/v1/{asked}").status_code == 403
    running.session.auth = None
    assert running.get(f"/api/v1/{asked}").status_code == 401


def test_a_poll_without_news_ends_in_its_time(running: Running) -> None:
    news = msgspec.json.decode(running.get(f"/api/v1/now?{ASKED}&wait=0.1").content, type=News)
    assert (news.messages, news.number) == ([], 0)


def test_a_document_key_that_cannot_be_used_is_a_503_and_kiosks_come_again(running: Running, tmp_path: Path) -> None:
    (tmp_path / "document-key").write_bytes(b"none")
    (tmp_path / "document-key").chmod(0o600)
    assert running.get(f"/api/v1/documents?{ASKED}&nonce={NONCE}").status_code == 503


def test_a_thousand_kiosks_wait_at_one_worker_and_hear_of_it_together(running: Running, documents: Documents) -> None:
    async def poll(number: int, waiting: asyncio.Semaphore, there: asyncio.Event) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        path = f"/api/v1/now?compound={COMPOUND}&gate=gate-{number}&wait=50"
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\n{COMPOUND_HEADER}: {COMPOUND}\r\n{SIMULATED_HEADER}: 1\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode())
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        await reader.readexactly(len(b"1\r\n \r\n"))  # it is heard, and waits
        waiting.release()
        rest = await reader.read()
        writer.close()
        await writer.wait_closed()
        assert there.is_set(), "an answer came before there was any news"
        return msgspec.json.decode(rest.split(b"\r\n")[1], type=News).number

    async def all_of_them() -> tuple[list[int], int]:
        waiting, there = asyncio.Semaphore(0), asyncio.Event()
        polls = [asyncio.create_task(poll(number, waiting, there)) for number in range(KIOSKS)]
        for _ in range(KIOSKS):
            await waiting.acquire()
        threads = threading.active_count()
        there.set()
        await asyncio.to_thread(documents.publish, COMPOUND, Kind.POLICY, policy(7), WHO)
        return list(await asyncio.gather(*polls)), threads

    numbers, threads = asyncio.run(all_of_them())
    assert len(numbers) == KIOSKS
    assert len(set(numbers)) == 1
    assert numbers[0] > 0
    assert threads < KIOSKS / 10  # whoever waits holds none; those that looked who asks are still about
