"""Events of a schema that the server does not know yet: kept, chained, named, and read by the version that knows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from kiosk.events import SCHEMA, Draft
from kiosk.model import Answer, ClockState
from sync.central.blind import Field
from sync.central.database import open_database
from sync.central.device_pages import devices_page
from sync.central.metrics import Metrics
from sync.central.people import People
from sync.central.schema import event, personal, unread
from sync.central.store import Store
from sync.central.vault import ClosedVault
from sync.central.verification import verify_logs
from sync.central.words import LANGUAGES, WORDS
from tests.sync.central.kiosks import NOON_US, KioskLog
from tests.sync.central.serving import server
from tests.sync.central.test_devices import figures
from tests.sync.central.test_migrations import move
from tests.sync.central.test_store import send
from tests.sync.central.vaults import sealer_of, vault_in

LATER = SCHEMA + 1
HOUR_US = 3_600_000_000


@pytest.fixture
def upgraded(url: str, store: Store) -> Iterator[Store]:
    """The next version of the server, on the same database, an hour later."""
    opened = Store(url, wall_us=lambda: NOON_US + HOUR_US, schema=LATER)
    yield opened
    opened.close()


def ahead(log: KioskLog | None = None, **passage: object) -> KioskLog:
    """A log whose kiosk was brought up to date in the middle of it: one passage before, one after."""
    log = log or KioskLog()
    log.passage(Answer.ADMIT)
    draft = log.passage_draft(Answer.REFUSE, at_us=NOON_US - 5, **passage)  # type: ignore[arg-type]  # as a passage's
    log.append_newer(Draft(draft.kind, {**draft.body, "added": {"later": [1, None]}}, draft.sealed), LATER)
    return log


def test_it_takes_its_place_in_the_chain_as_it_came_and_nobody_reads_it_as_something_else(store: Store) -> None:
    log = ahead()
    log.passage(Answer.HOLD)
    assert send(store, log)[0]
    assert send(store, log) == send(store, log)
    assert [one["header"] for one in store.since("riverside", 0, 9)] == [one.header for one in log.events]
    with store.engine.connect() as connection:
        assert [(one.events, one.broken) for one in verify_logs(connection)] == [(3, "")]
    assert [one.answer for one in store.passages()] == ["hold", "admit"]
    assert store.logs()[0]["faulty"] == 0


def test_the_page_and_the_figures_name_the_device_that_is_ahead(store: Store) -> None:
    send(store, ahead())
    send(store, ahead(KioskLog("gate-2", "lakeside")))
    (found,) = store.devices("riverside")
    assert (found.device, found.newer, found.faulty, found.well) == ("gate-1", 1, 0, False)
    for language in LANGUAGES:
        assert WORDS[language]["devices"]["newer"].format(count=1) in devices_page((found,), language).decode()
    assert (
        figures(Metrics(store.engine, ClosedVault("no"), "1"))["gatepost_central_device_newer_events riverside gate-1"] == 1
    )


def test_the_version_that_knows_the_schema_reads_it(store: Store, upgraded: Store) -> None:
    send(store, ahead())
    assert store.read_unread() == 0
    changes: list[None] = []
    upgraded.watch(lambda: changes.append(None))
    assert (upgraded.read_unread(), upgraded.read_unread(), len(changes)) == (1, 0, 1)
    assert [(one.answer, one.at_us) for one in upgraded.passages()] == [("admit", NOON_US), ("refuse", NOON_US - 5)]
    assert (upgraded.devices()[0].newer, upgraded.devices()[0].well) == (0, True)
    with upgraded.engine.connect() as connection:
        assert [one.broken for one in verify_logs(connection)] == [""]
    # From now on it reads such events as they come.
    send(upgraded, ahead(KioskLog("gate-2")))
    assert (len(upgraded.passages()), upgraded.read_unread()) == (4, 0)


def test_one_that_is_later_still_goes_on_waiting(store: Store, upgraded: Store) -> None:
    log = ahead()
    log.append_newer(log.passage_draft(Answer.HOLD), LATER + 1)
    send(store, log)
    assert (store.devices()[0].newer, upgraded.read_unread(), upgraded.devices()[0].newer) == (2, 1, 1)


def test_its_time_is_corrected_by_its_boot_whichever_of_them_came_first(store: Store, upgraded: Store) -> None:
    log = KioskLog()
    log.append_newer(log.passage_draft(Answer.REFUSE, at_us=60, clock=ClockState.NEVER_SET), LATER)
    log.passage(Answer.ADMIT, at_us=NOON_US - HOUR_US)
    send(store, log)
    send(store, ahead(KioskLog("gate-2"), clock=ClockState.NEVER_SET))
    upgraded.read_unread()
    with upgraded.engine.connect() as connection:
        times = connection.execute(select(event.c.at_us).order_by(event.c.arrival)).scalars().all()
    assert times == [NOON_US - HOUR_US, NOON_US - HOUR_US, NOON_US, NOON_US]
    assert {one.uncertain for one in upgraded.devices()} == {0}


def test_it_tells_the_time_of_what_came_before_it(store: Store, upgraded: Store) -> None:
    log = KioskLog()
    log.passage(at_us=60, clock=ClockState.NEVER_SET)
    log.append_newer(log.passage_draft(at_us=NOON_US - HOUR_US), LATER)
    send(store, log)
    assert store.devices()[0].uncertain == 2
    upgraded.read_unread()
    assert [one.at_us for one in upgraded.passages()] == [NOON_US - HOUR_US] * 2


def test_who_it_is_about_is_found_and_erased_before_anybody_can_read_the_rest(url: str, tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    store = Store(url, wall_us=lambda: NOON_US, vault=vault)
    send(store, ahead(sealer=sealer_of(vault), person={"name": "Zhang Wei"}))
    people = People(store.engine, vault, lambda: NOON_US)
    assert people.find("riverside", {Field.NAME: "Zhang Wei"}) == [2]
    later = Store(url, wall_us=lambda: NOON_US, vault=vault, schema=LATER)
    later.read_unread()
    with later.engine.connect() as connection:
        # Retention counts from when it happened.
        assert connection.execute(select(personal.c.at_us)).scalars().all() == [NOON_US - 5]
    assert people.find("riverside", {Field.NAME: "Zhang Wei"}) == [2]
    for one in (store, later):
        one.close()


def test_a_pass_that_it_used_is_used_once_it_is_read(store: Store, upgraded: Store) -> None:
    for device, schema in (("gate-1", LATER), ("gate-2", SCHEMA)):
        log = KioskLog(device)
        draft = log.passage_draft(Answer.ADMIT)
        log.append_newer(Draft(draft.kind, {**draft.body, "spends": "ab" * 16}), schema)
        send(store, log)
    assert store.replays("riverside", 0) == ()
    told: list[str] = []
    upgraded.tell_uses(lambda compound, device, changes: told.append(f"{device} {changes[0].mark} {changes[0].used}"))
    upgraded.read_unread()
    (replay,) = upgraded.replays("riverside", 0)
    assert {use.device for use in replay.uses} == {"gate-1", "gate-2"}
    assert told == [f"gate-1 {'ab' * 16} True"]


def test_a_fork_of_them_is_kept_aside_like_any(store: Store, upgraded: Store) -> None:
    log = ahead()
    send(store, log)
    other = log.branch(1)
    other.append_newer(other.passage_draft(Answer.HOLD), LATER)
    assert send(store, other, 2)[1].fork
    assert (store.devices()[0].aside, store.devices()[0].newer) == (1, 1)
    assert (upgraded.read_unread(), len(upgraded.passages())) == (1, 2)


def test_down_and_up_again_they_are_still_known(store: Store, upgraded: Store, url: str) -> None:
    send(store, ahead())
    engine = open_database(url, NOON_US)
    with engine.connect() as connection:
        before = connection.execute(select(unread)).all()
    move(engine, "0013_invitations", up=False)
    move(engine, "head", up=True)
    with engine.connect() as connection:
        assert connection.execute(select(unread)).all() == before != []
    engine.dispose()
    assert upgraded.read_unread() == 1


def test_a_server_that_starts_after_its_upgrade_reads_what_its_predecessor_could_not(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'central.sqlite'}"
    predecessor = Store(url, wall_us=lambda: NOON_US, schema=SCHEMA - 1)
    log = KioskLog()
    log.passage(Answer.REFUSE)
    send(predecessor, log)
    assert (predecessor.devices()[0].newer, predecessor.passages()) == (1, ())
    with server(tmp_path):
        pass  # it does its chores at its start, and does not end before they are done
    assert (predecessor.devices()[0].newer, [one.answer for one in predecessor.passages()]) == (0, ["refuse"])
    predecessor.close()


def test_the_journal_names_a_device_that_is_ahead_once(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    log = ahead()
    log.append_newer(log.passage_draft(), LATER)
    send(store, log, 1, 2)
    send(store, log, 3)
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == ["events kept unread"]
