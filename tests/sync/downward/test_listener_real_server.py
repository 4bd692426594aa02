"""A kiosk's listener and a real server on loopback: documents by since, news by a long poll, an end at once."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.clock import SystemClock
from kiosk.in_force import DocumentRefused, Renewed
from kiosk.model import Command
from kiosk.remote import RemoteOpen
from kiosk.staleness import Kind
from kiosk.worker import Worker
from sync.central.access import Asker, Role
from sync.central.messages import fetched, issue_open
from sync.central.opening import wall_us
from sync.central.publishing import Documents
from sync.central.recipients import Recipient
from sync.central.store import Store
from sync.downward.keeper import Keeper
from sync.downward.listener import Listener
from sync.downward.orders import Order, Orders
from sync.downward.shelf import Shelf
from sync.downward.way import Way
from sync.line import Line
from tests.sync.central.documents import COMPOUND, GATE, WHO, policy
from tests.sync.central.serving import WAIT_S, Running, document_key, server
from tests.sync.downward.kiosks import CONFIGURED

Told = Renewed | DocumentRefused | Order


class Ears:
    """A listening kiosk, and what it was told."""

    def __init__(self, url: str, folder: Path, key: Ed25519PublicKey) -> None:
        clock = SystemClock()
        self.way = Way(Line(url, GATE, simulated=True), COMPOUND, GATE)
        self.told: list[Told] = []
        self._told = threading.Condition()
        self.keeper = Keeper(
            Shelf(folder, key, COMPOUND, GATE),
            self.way,
            key,
            compound=COMPOUND,
            gate=GATE,
            software="1",
            clock=clock,
            configured=CONFIGURED,
            tell=self.tell,
        )
        orders = Orders(key, (COMPOUND, GATE, GATE), self.keeper.time, clock.monotonic())
        self.worker = Worker("downward", Listener(self.keeper, orders, self.way, clock, self.tell))

    def tell(self, item: Told) -> None:
        with self._told:
            self.told.append(item)
            self._told.notify_all()

    def policy_becomes(self, name: str) -> bool:
        with self._told:
            return self._told.wait_for(
                lambda: any(isinstance(one, Renewed) and one.in_force.document.name == name for one in self.told), WAIT_S
            )

    def opens(self) -> list[Command]:
        with self._told:
            self._told.wait_for(lambda: any(isinstance(one, RemoteOpen) for one in self.told), WAIT_S)
            return [one.command for one in self.told if isinstance(one, RemoteOpen)]

    def close(self) -> None:
        self.way.hang_up()
        self.worker.close()
        self.way.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with server(tmp_path, simulation=True) as found:
        yield found


@pytest.fixture
def store(tmp_path: Path, running: Running) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'central.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def documents(tmp_path: Path, store: Store) -> Documents:
    return Documents(store.engine, document_key(tmp_path), wall_us)


@pytest.fixture
def ears(tmp_path: Path, running: Running) -> Iterator[Ears]:
    found = Ears(running.url, tmp_path / "documents", document_key(tmp_path).private().public_key())
    found.worker.start()
    yield found
    found.close()


def test_a_document_that_is_published_reaches_a_kiosk_that_waits(documents: Documents, ears: Ears) -> None:
    documents.publish(COMPOUND, Kind.POLICY, policy(7), WHO)
    assert ears.policy_becomes("normal-times@7")
    documents.publish(COMPOUND, Kind.POLICY, policy(8), WHO)
    assert ears.policy_becomes("normal-times@8")


def test_a_command_reaches_it_once_and_its_issuer_hears_of_it(
    tmp_path: Path, store: Store, documents: Documents, ears: Ears
) -> None:
    documents.publish(COMPOUND, Kind.POLICY, policy(7), WHO)
    assert ears.policy_becomes("normal-times@7")  # it has begun to wait, and knows the server's time
    asker = Asker("Wang Fang", Role.GUARD, "the courier")
    said = issue_open(store.engine, document_key(tmp_path), Recipient(COMPOUND, GATE, GATE), asker, wall_us())
    assert fetched(store.engine, said, wall_us)
    assert ears.opens() == [Command(said.id, "Wang Fang", "the courier")]
    documents.publish(COMPOUND, Kind.POLICY, policy(8), WHO)
    assert ears.policy_becomes("normal-times@8")
    assert len(ears.opens()) == 1


def test_whoever_hangs_up_waits_for_nobody(documents: Documents, ears: Ears) -> None:
    documents.publish(COMPOUND, Kind.POLICY, policy(7), WHO)
    assert ears.policy_becomes("normal-times@7")
    ears.close()
    assert not any(thread.name == "downward" for thread in threading.enumerate())
