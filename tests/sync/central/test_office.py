"""The waiting room: news at once, nobody kept for nothing, and a thousand who wait at the cost of one reader."""

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from kiosk.gate_mode import GateMode
from sync.central.access import Asker, NotAllowed, Role, recorded
from sync.central.database import changing
from sync.central.enrolled import revoke
from sync.central.messages import fetched, issue_mode, issue_open, snapshot, take
from sync.central.office import Full, Office
from sync.central.recipients import Recipient
from sync.central.schema import message
from sync.central.store import Store
from sync.downward.message import EXPIRES_US, Message, News
from sync.downward.signing import Purpose, verified
from tests.sync.central.documents import COMPOUND, GATE, Site
from tests.sync.central.enrolling import enrol

MANAGER = Asker("Wang Fang", Role.MANAGER, "it was stolen")
HERE = Recipient(COMPOUND, GATE, GATE)
GUARD = Asker("Wang Fang", Role.GUARD, "the courier at the north gate")


@pytest.fixture
def site(store: Store, tmp_path: Path) -> Site:
    return Site(store, tmp_path)


def opened(site: Site, device: str = GATE, asker: Asker = GUARD) -> Message:
    return issue_open(site.engine, site.key, Recipient(COMPOUND, GATE, device), asker, site.now_us)


async def ask(office: Office, device: str = GATE, after: str = "", number: int = 0, wait_s: float = 0.0) -> News:
    with office.place(Recipient(COMPOUND, GATE, device), after, number) as waiter:
        return await office.news(waiter, wait_s)


def said(site: Site, news: News) -> list[Message]:
    return [verified(one, Purpose.MESSAGE, site.public, Message) for one in news.messages]


def test_a_command_reaches_its_device_and_no_other_at_the_same_gate(site: Site) -> None:
    async def both() -> tuple[News, News]:
        office = Office(site.engine, lambda: site.now_us)
        return await ask(office), await ask(office, "gate-1-out")

    command = opened(site)
    ours, theirs = asyncio.run(both())
    assert said(site, ours) == [command]
    assert theirs.messages == []
    assert command.body == {"issuer": "Wang Fang", "role": "guard", "reason": "the courier at the north gate"}


def test_an_answer_that_was_lost_is_given_again_and_one_that_came_is_not(site: Site) -> None:
    async def thrice() -> list[News]:
        office = Office(site.engine, lambda: site.now_us)
        first = await ask(office)
        return [first, await ask(office), await ask(office, after=first.next)]

    opened(site)
    first, again, after = asyncio.run(thrice())
    assert first.messages == again.messages
    assert (after.messages, after.next) == ([], first.next)


def test_a_command_that_has_expired_is_never_given(site: Site) -> None:
    command = opened(site)
    site.now_us = command.expires_us
    assert asyncio.run(ask(Office(site.engine, lambda: site.now_us))).messages == []


def test_one_that_expires_while_its_answer_is_made_is_not_given(site: Site) -> None:
    command = opened(site)
    assert take(site.engine, HERE, [command.id], command.expires_us) == set()


def test_a_device_that_is_revoked_while_it_waits_hears_of_no_command(site: Site) -> None:
    device = enrol(site.engine, COMPOUND, GATE).place.device

    async def revoked_meanwhile() -> News:
        office = Office(site.engine, lambda: site.now_us, every_s=0.01)
        running = asyncio.create_task(office.run())
        waiting = asyncio.create_task(ask(office, device, wait_s=3600.0))
        while not office.waiting:
            await asyncio.sleep(0)
        with changing(site.engine) as connection:
            revoke(connection, COMPOUND, device, MANAGER, site.now_us)
        opened(site, device)
        heard = await waiting
        office.close()
        await running
        return heard

    assert asyncio.run(revoked_meanwhile()).messages == []
    waiting = snapshot(site.engine, site.now_us).messages
    assert [len(some) for some in waiting.values()] == [1]  # it is there, and nobody has fetched it
    with site.engine.connect() as connection:
        assert connection.execute(select(message.c.fetched_us)).scalars().all() == [None]


def test_its_issuer_learns_whether_it_was_fetched(site: Site) -> None:
    command = opened(site)
    asyncio.run(ask(Office(site.engine, lambda: site.now_us)))
    assert fetched(site.engine, command, lambda: site.now_us)


def test_its_issuer_learns_that_nobody_came_for_it(site: Site) -> None:
    command = opened(site)

    def wait(_: float) -> None:
        site.now_us += 1_000_000

    assert not fetched(site.engine, command, lambda: site.now_us, wait)
    assert site.now_us == command.issued_us + EXPIRES_US


def test_who_opened_which_gate_and_why_is_on_record(site: Site) -> None:
    command = opened(site)
    with site.engine.connect() as connection:
        (row,) = recorded(connection, COMPOUND)
    assert (row["who"], row["role"], row["act"], row["reason"]) == (GUARD.who, "guard", "open_gate", GUARD.reason)
    assert command.id in row["subject"]


def test_a_mode_is_ordered_on_record_and_with_its_time(site: Site) -> None:
    order = issue_mode(site.engine, site.key, HERE, GUARD, site.now_us, GateMode.HELD_OPEN, lasts_s=300, second="Li Wei")
    ours = asyncio.run(ask(Office(site.engine, lambda: site.now_us)))
    assert said(site, ours) == [order]
    body = {"issuer": GUARD.who, "role": "guard", "reason": GUARD.reason, "second": "Li Wei"}
    assert order.body == body | {"mode": "held_open", "lasts_s": 300}
    with site.engine.connect() as connection:
        (row,) = recorded(connection, COMPOUND)
    assert (row["who"], row["act"]) == (GUARD.who, "gate_mode")
    assert "held_open" in row["subject"]


def test_a_technician_opens_no_gate(site: Site) -> None:
    with pytest.raises(NotAllowed):
        opened(site, asker=Asker("Li Na", Role.TECHNICIAN, "a test"))
    assert snapshot(site.engine, site.now_us).messages == {}


def test_a_message_is_gone_a_minute_after_its_time(site: Site) -> None:
    opened(site)
    site.now_us += EXPIRES_US + 61_000_000
    command = opened(site)
    assert [one.id for one in snapshot(site.engine, 0).messages[HERE]] == [command.id]


def test_documents_that_changed_are_news(site: Site) -> None:
    published = site.publish()
    news = asyncio.run(ask(Office(site.engine, lambda: site.now_us), wait_s=30.0))
    assert news.number == published.number


def test_another_gates_document_is_no_news(site: Site) -> None:
    site.publish(gate="gate-2")
    assert asyncio.run(ask(Office(site.engine, lambda: site.now_us))).number == 0


def test_nobody_is_let_in_beyond_the_places(site: Site) -> None:
    async def crowd() -> None:
        office = Office(site.engine, lambda: site.now_us, places=1)
        with office.place(HERE, "", 0), pytest.raises(Full), office.place(Recipient(COMPOUND, GATE, "other"), "", 0):
            pass
        assert office.waiting == 0

    asyncio.run(crowd())


def test_a_server_on_its_way_down_lets_everybody_go(site: Site) -> None:
    async def ending() -> News:
        office = Office(site.engine, lambda: site.now_us)
        running = asyncio.create_task(office.run())
        waiting = asyncio.create_task(ask(office, wait_s=3600.0))
        while not office.waiting:
            await asyncio.sleep(0)
        office.close()
        await running
        return await waiting

    assert asyncio.run(ending()).messages == []


def test_a_thousand_wait_on_no_threads_and_each_hears_its_own(site: Site) -> None:
    async def thousand() -> tuple[int, list[News]]:
        office = Office(site.engine, lambda: site.now_us, every_s=0.01)
        running = asyncio.create_task(office.run())
        gates = [asyncio.create_task(ask(office, f"gate-{number}", wait_s=60.0)) for number in range(1000)]
        while office.waiting < 1000:
            await asyncio.sleep(0)
        before = threading.active_count()
        for number in (0, 999):
            opened(site, f"gate-{number}")
        heard = await asyncio.gather(gates[0], gates[999])
        assert office.waiting == 998
        office.close()
        await running
        await asyncio.gather(*gates)
        return before, list(heard)

    threads, heard = asyncio.run(thousand())
    assert threads < 10
    assert [one.device for news in heard for one in said(site, news)] == ["gate-0", "gate-999"]
