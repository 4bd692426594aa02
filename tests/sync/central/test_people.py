"""What names a person: found, revealed with a record, exported and erased, on both databases."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.exc import DBAPIError

from kiosk.errors import UsageError
from sync.central.access import Asker, NotAllowed, Role, recorded
from sync.central.blind import Field
from sync.central.database import changing
from sync.central.file_vault import FileVault
from sync.central.holdings import EventName, NoSuchEvent
from sync.central.people import People
from sync.central.store import Store
from sync.central.vault import ClosedVault, Vault, VaultClosed
from sync.central.verification import verify_logs
from sync.sealing import MonthSealer
from tests.sync.central.kiosks import LOG_ID, NOON_US, KioskLog
from tests.sync.central.test_store import rows
from tests.sync.central.vaults import sealer_of, vault_in

DAY_US = 86_400_000_000
ZHANG = {"name": "Zhang Wei", "phone": "138 0013 8000", "plate": "沪A·12345", "unit": "12-301"}
LI = {"name": "Li Na", "phone": "13900139000", "unit": "12-301"}
MANAGER = Asker("Wang Fang", Role.MANAGER, "a complaint at the gate")


@dataclass
class Site:
    """A server with a vault, and a kiosk that seals to its keys."""

    url: str
    vault: FileVault
    now: list[int] = field(default_factory=lambda: [NOON_US])
    log: KioskLog = field(default_factory=KioskLog)

    def __post_init__(self) -> None:
        self.sealer: MonthSealer = sealer_of(self.vault)
        self.open(self.vault)

    def open(self, vault: Vault) -> None:
        self.store = Store(self.url, wall_us=lambda: self.now[0], vault=vault)
        self.people = People(self.store.engine, vault, lambda: self.now[0])

    def comes(self, person: dict[str, str], at_us: int = NOON_US) -> EventName:
        self.log.passage(at_us=at_us, sealer=self.sealer, person=person)
        seq = len(self.log.events)
        assert self.store.append("riverside", "gate-1", LOG_ID, self.log.upload(seq))[0]
        return EventName("riverside", "gate-1", LOG_ID, seq)

    def accesses(self) -> list[tuple[str, str, str]]:
        with self.store.engine.connect() as connection:
            return [(one["act"], one["who"], one["reason"]) for one in recorded(connection, "riverside")]

    def broken(self) -> list[str]:
        with self.store.engine.connect() as connection:
            return [found.broken for found in verify_logs(connection)]

    def held(self) -> tuple[int, int]:
        """How many sealed parts and digests there are."""
        return len(rows(self.url, "SELECT 1 FROM personal")), len(rows(self.url, "SELECT 1 FROM blind"))


@pytest.fixture
def site(url: str, tmp_path: Path) -> Iterator[Site]:
    made = Site(url, vault_in(tmp_path))
    yield made
    made.store.close()


def erase(site: Site, **wanted: str) -> list[str]:
    return site.people.erase("riverside", {Field(name): value for name, value in wanted.items()}, MANAGER)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({Field.NAME: "zhang-wei"}, [1, 3]),
        ({Field.PHONE: "+86 13800138000"}, [1, 3]),
        ({Field.PHONE_TAIL: "9000"}, [2]),
        ({Field.PLATE: "沪a12345"}, [1, 3]),
        ({Field.UNIT: "12-301"}, [1, 2, 3]),
        ({Field.UNIT: "12-301", Field.NAME: "Li Na"}, [2]),
        ({Field.NAME: "Zhang"}, []),
        ({Field.NAME: "13800138000"}, []),
        ({Field.HOLDER: "r-7f3a"}, []),
    ],
    ids=str,
)
def test_people_are_found_by_what_is_sealed_however_it_is_spelt(
    site: Site, wanted: dict[Field, str], expected: list[int]
) -> None:
    for person in (ZHANG, LI, ZHANG):
        site.comes(person)
    assert site.people.find("riverside", wanted) == expected
    site.vault.create("lakeside", ["2026-11"], 1)
    assert site.people.find("lakeside", wanted) == []


def test_nothing_that_names_a_person_is_in_the_database_in_clear(site: Site) -> None:
    site.comes(ZHANG)
    for table in ("event", "personal", "blind", "log", "envelope"):
        found = repr([tuple(row) for row in rows(site.url, f"SELECT * FROM {table}")])
        for word in ("Zhang", "zhangwei", "13800138000", "8000", "12345", "12-301"):
            assert word not in found.replace(str(NOON_US), "")


def test_to_search_by_nothing_is_refused(site: Site) -> None:
    with pytest.raises(UsageError, match="nothing in this phone to search by"):
        site.people.find("riverside", {Field.PHONE: "unknown"})


def test_what_came_while_the_vault_was_closed_is_found_once_it_is_open(site: Site) -> None:
    site.store.close()
    site.open(ClosedVault("the passphrase was not there"))
    site.comes(ZHANG)
    with pytest.raises(VaultClosed, match="passphrase was not there"):
        site.people.find("riverside", {Field.NAME: "Zhang Wei"})
    site.store.close()
    site.open(site.vault)
    site.comes(LI)
    assert site.people.find("riverside", {Field.UNIT: "12-301"}) == [1, 2]
    assert site.people.index_rest("riverside") == 0


def test_a_sealed_part_that_nobody_can_open_holds_up_nothing(site: Site) -> None:
    vault_in_use = site.vault
    stranger = KioskLog("gate-2")
    for text in (b"\1" + b"x" * 200, b"?", b""):
        event = stranger.append_sealed(text)
        assert site.store.append("riverside", "gate-2", LOG_ID, stranger.upload(len(stranger.events)))[0], event
    name = site.comes(ZHANG)
    assert site.people.find("riverside", {Field.NAME: "Zhang Wei"}) == [4]
    assert site.people.reveal(name, MANAGER)["state"] == "revealed"
    assert vault_in_use.records()


def test_a_reveal_is_recorded_before_it_is_told(site: Site) -> None:
    name = site.comes(ZHANG)
    told = site.people.reveal(name, MANAGER)
    assert (told["event"], told["state"], told["person"]) == (f"riverside/gate-1/{LOG_ID}/1", "revealed", ZHANG)
    assert told["header"]["answer"] == "admit"
    assert site.accesses() == [("reveal", "Wang Fang", "a complaint at the gate")]
    (row,) = rows(site.url, "SELECT number, role, subject FROM access")
    assert (row.number, row.role, msgspec.json.decode(row.subject)) == (1, "manager", {"event": str(name)})


@pytest.mark.parametrize(
    ("role", "seen"),
    [(Role.MANAGER, set(ZHANG)), (Role.COMMITTEE, set(ZHANG)), (Role.GUARD, {"name", "plate", "unit"})],
)
def test_a_role_sees_what_it_may_and_no_more(site: Site, role: Role, seen: set[str]) -> None:
    name = site.comes(ZHANG)
    assert set(site.people.reveal(name, Asker("x", role, "y"))["person"]) == seen


def test_who_may_see_nothing_is_told_nothing(site: Site) -> None:
    name = site.comes(ZHANG)
    with pytest.raises(NotAllowed, match="a technician may not see"):
        site.people.reveal(name, Asker("x", Role.TECHNICIAN, "y"))
    for role in (Role.GUARD, Role.TECHNICIAN):
        with pytest.raises(NotAllowed, match="may not export or erase"):
            site.people.export("riverside", {Field.NAME: "Zhang Wei"}, Asker("x", role, "y"))
        with pytest.raises(NotAllowed, match="may not export or erase"):
            site.people.erase("riverside", {Field.NAME: "Zhang Wei"}, Asker("x", role, "y"))
        with pytest.raises(NotAllowed, match="may not export or erase"):
            site.people.erase_events([name], Asker("x", role, "y"))
    assert site.accesses() == []
    assert site.held()[0] == 1


@pytest.mark.parametrize(("who", "reason"), [("", "y"), ("x", " "), ("x" * 201, "y"), ("x", "y" * 401), ("x\0", "y")])
def test_nobody_sees_anything_without_a_name_and_a_reason(who: str, reason: str) -> None:
    with pytest.raises(UsageError):
        Asker(who, Role.MANAGER, reason)


def test_what_is_recorded_of_accesses_can_be_neither_changed_nor_deleted(site: Site) -> None:
    site.people.reveal(site.comes(ZHANG), MANAGER)
    for statement in ("UPDATE access SET who = 'nobody'", "DELETE FROM access"):
        with pytest.raises(DBAPIError, match="access is only appended to"), changing(site.store.engine) as connection:
            connection.exec_driver_sql(statement)
    assert len(site.accesses()) == 1


def test_a_closed_vault_reveals_nothing_and_records_nothing(site: Site) -> None:
    name = site.comes(ZHANG)
    site.store.close()
    site.open(ClosedVault("no vault is configured"))
    with pytest.raises(VaultClosed):
        site.people.reveal(name, MANAGER)
    assert site.accesses() == []


def test_an_event_that_is_not_there_or_no_event_is_named(site: Site) -> None:
    with pytest.raises(NoSuchEvent, match="has no event riverside/gate-1/00c0ffee/7"):
        site.people.reveal(EventName.read("riverside/gate-1/00c0ffee/7"), MANAGER)
    for written in ("", "gate-1/00c0ffee/7", "a/b/c/x", "a/b/c/-1", "a/b/c/٣", "a/b/c/" + "9" * 17):
        with pytest.raises(NoSuchEvent):
            EventName.read(written)


def test_a_person_gets_all_that_is_held_of_them(site: Site) -> None:
    for person in (ZHANG, LI, ZHANG):
        site.comes(person)
    told = site.people.export("riverside", {Field.PHONE: "13800138000"}, MANAGER)
    assert [one["event"].rpartition("/")[2] for one in told] == ["1", "3"]
    assert all(one["person"] == ZHANG for one in told)
    assert msgspec.json.decode(msgspec.json.encode(told)) == told
    assert site.accesses() == [("export", "Wang Fang", "a complaint at the gate")]
    assert "138" not in rows(site.url, "SELECT subject FROM access")[0].subject


def test_what_is_erased_is_gone_and_the_chain_holds(site: Site) -> None:
    names = [site.comes(person) for person in (ZHANG, LI, ZHANG)]
    assert erase(site, name="Zhang Wei") == [str(names[0]), str(names[2])]
    assert site.people.reveal(names[0], MANAGER)["state"] == "erased"
    assert site.people.reveal(names[1], MANAGER)["person"] == LI
    assert site.held() == (1, 4)
    assert site.people.find("riverside", {Field.NAME: "Zhang Wei"}) == []
    assert site.broken() == [""]
    assert [act for act, _, _ in site.accesses()] == ["erase", "reveal", "reveal"]
    # The kiosk sends them again, as it does when an answer is lost: they are known, and stay erased.
    assert site.store.append("riverside", "gate-1", LOG_ID, site.log.upload())[0]
    assert site.held() == (1, 4)
    site.comes(ZHANG)
    assert site.broken() == [""]


def test_events_are_erased_by_name_though_the_vault_is_closed(site: Site) -> None:
    name = site.comes(ZHANG)
    site.store.close()
    site.open(ClosedVault("no vault"))
    absent = EventName("riverside", "gate-1", LOG_ID, 9)
    assert site.people.erase_events([name, absent], MANAGER) == [str(name)]
    assert site.held() == (0, 0)


def test_what_was_erased_is_nowhere_in_sqlites_files(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'central.sqlite'}"
    site = Site(url, vault_in(tmp_path))
    for _ in range(50):
        site.comes(ZHANG)
    parts = [event.sealed for event in site.log.events]

    def there() -> list[bytes]:
        data = b"".join(path.read_bytes() for path in tmp_path.glob("central.sqlite*"))
        return [part for part in parts if part is not None and part in data]

    with closing(sqlite3.connect(tmp_path / "central.sqlite")) as database:
        database.execute("PRAGMA wal_checkpoint")
    assert len(there()) == 50
    assert len(erase(site, name="Zhang Wei")) == 50
    assert there() == []
    site.store.close()
    assert there() == []


def test_what_is_older_than_it_is_kept_goes_day_by_day(site: Site) -> None:
    for days in (40, 31, 29, 0):
        site.comes(ZHANG, NOON_US - days * DAY_US)
    assert site.people.retain(lambda _: 30) == 2
    assert site.held() == (2, 10)
    site.now[0] += 2 * DAY_US
    assert site.people.retain(lambda _: 30) == 1
    assert site.people.retain(lambda _: 30) == 0
    assert site.broken() == [""]
    assert site.accesses() == [("retention", "gatepost", "older than 30 days")] * 2


def test_each_compound_keeps_as_long_as_it_says(site: Site) -> None:
    site.comes(ZHANG, NOON_US - 20 * DAY_US)
    other = KioskLog(compound="lakeside")
    other.passage(at_us=NOON_US - 20 * DAY_US, sealer=sealer_of(site.vault, "lakeside"), person=ZHANG)
    site.store.append("lakeside", "gate-1", LOG_ID, other.upload())
    assert site.people.retain({"lakeside": 14, "riverside": 30}.__getitem__) == 1
    assert rows(site.url, "SELECT compound FROM personal") == [("riverside",)]


def test_what_could_not_be_read_goes_with_the_rest(site: Site) -> None:
    log = KioskLog("gate-2")
    log.add(number=1)
    site.store.append("riverside", "gate-2", LOG_ID, log.upload(mended=[(1, b'{"name": "Zhang Wei"}')]))
    unknown = {"witness": "Zhang Wei"}
    other = KioskLog("gate-3")
    other.add(number=1)
    site.store.append("riverside", "gate-3", LOG_ID, other.upload(), unknown)
    site.now[0] += 31 * DAY_US
    assert site.people.retain(lambda _: 30) == 1
    assert rows(site.url, "SELECT 1 FROM personal") == []
    assert rows(site.url, "SELECT 1 FROM envelope") == []


def test_destroying_a_months_key_leaves_nothing_to_reveal_and_the_chain_holds(site: Site) -> None:
    old = site.comes(ZHANG, NOON_US - 30 * DAY_US)
    new = site.comes(ZHANG)
    (key,) = [one for one in site.vault.records() if one.key.month == "2026-10"]
    site.vault.destroy(key.key.id, NOON_US)
    assert site.people.reveal(old, MANAGER)["state"] == "key destroyed"
    assert site.people.reveal(new, MANAGER)["person"] == ZHANG
    assert site.broken() == [""]
    # What was sealed to it and comes only now is taken, and never found.
    late = site.comes(ZHANG, NOON_US - 29 * DAY_US)
    assert site.people.find("riverside", {Field.NAME: "Zhang Wei"}) == [1, 2]
    assert site.people.reveal(late, MANAGER)["state"] == "key destroyed"
