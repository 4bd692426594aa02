import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.bench.cluster import Cluster
from sync.central.blind import Field
from sync.central.housekeeping import Housekeeping
from sync.central.people import People
from sync.central.store import Store
from sync.central.vault import ClosedVault, Vault
from tests.sync.central.kiosks import LOG_ID, NOON_US, KioskLog
from tests.sync.central.test_partitions import names
from tests.sync.central.test_store import rows
from tests.sync.central.vaults import sealer_of, vault_in

DAY_US = 86_400_000_000


class House:
    """A server's database and its chores; time is moved by hand."""

    def __init__(self, url: str, vault: Vault) -> None:
        self.now = NOON_US
        self.store = Store(url, wall_us=lambda: self.now)
        self.people = People(self.store.engine, vault, lambda: self.now)
        self.keeping = Housekeeping(
            self.store.engine, self.people, vault, lambda: self.now, days_of=lambda _: 30, months_ahead=3
        )


@pytest.fixture
def house(url: str, tmp_path: Path) -> Iterator[House]:
    made = House(url, vault_in(tmp_path))
    yield made
    made.store.close()


def come(house: House, tmp_path: Path) -> None:
    log = KioskLog()
    log.passage(sealer=sealer_of(vault_in(tmp_path)), person={"name": "Zhang Wei"})
    house.store.append("riverside", "gate-1", LOG_ID, log.upload())


def test_the_chores_make_keys_index_what_waited_and_erase_what_is_past_its_time(house: House, tmp_path: Path) -> None:
    come(house, tmp_path)
    assert rows(str(house.store.engine.url.render_as_string(hide_password=False)), "SELECT 1 FROM blind") == []
    assert house.keeping.once()
    months = [one.key.month for one in vault_in(tmp_path).records()]
    assert months == ["2026-10", "2026-11", "2026-12", "2027-01", "2027-02"]
    assert house.people.find("riverside", {Field.NAME: "Zhang Wei"}) == [1]
    house.now += 31 * DAY_US
    assert house.keeping.once()
    assert house.people.find("riverside", {Field.NAME: "Zhang Wei"}) == []


def test_a_closed_vault_keeps_nothing_else_from_being_done(url: str, tmp_path: Path) -> None:
    house = House(url, ClosedVault("no vault"))
    come(house, tmp_path)
    house.now += 31 * DAY_US
    assert house.keeping.once()
    assert rows(url, "SELECT 1 FROM personal") == []
    house.store.close()


def test_partitions_are_made_day_by_day(cluster: Cluster) -> None:
    url = cluster.new()
    house = House(url, ClosedVault("no vault"))
    house.now += 40 * DAY_US
    assert house.keeping.once()
    assert "y2027m04" in names(url)
    house.store.close()


def test_a_database_that_is_away_is_no_end_and_is_tried_again(tmp_path: Path) -> None:
    house = House(f"sqlite:///{tmp_path / 'central.sqlite'}", ClosedVault("no vault"))
    with house.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE compound RENAME TO elsewhere")
    assert not house.keeping.once()
    with house.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO compound")
    assert house.keeping.once()
    house.store.close()


def test_they_are_done_at_the_start_and_again_until_the_server_closes(house: House) -> None:
    seen: list[int] = []

    async def live() -> None:
        closing, loop = asyncio.Event(), asyncio.get_running_loop()

        def days_of(_: str) -> int:
            seen.append(1)
            if len(seen) == 3:
                loop.call_soon_threadsafe(closing.set)
            return 30

        log = KioskLog()
        log.add()
        house.store.append("riverside", "gate-1", LOG_ID, log.upload())
        vault = ClosedVault("no vault")
        keeping = Housekeeping(house.store.engine, house.people, vault, lambda: house.now, days_of=days_of, months_ahead=1)
        await asyncio.wait_for(keeping.run(closing, every_s=0.001), 20)

    asyncio.run(live())
    assert len(seen) == 3


def test_chores_that_are_stopped_end_after_a_part_of_their_work(house: House, tmp_path: Path) -> None:
    come(house, tmp_path)
    house.now += 31 * DAY_US
    house.keeping.stop()
    assert house.people.retain(lambda _: 30) == 0
