from pathlib import Path

import msgspec
import pytest

from kiosk.errors import UsageError
from kiosk.units import WallTime
from sync.central.demo_data import COMPOUND, DEVICE, fill
from sync.central.store import Store
from sync.central.words import LANGUAGES, WORDS
from tests.sync.central.kiosks import NOON_US, PAST_US, KioskLog
from tests.sync.central.serving import server

NOW = WallTime(NOON_US)
DAY_US = 86_400_000_000


def events(store: Store, compound: str = COMPOUND) -> list[bytes]:
    return [found["header"] for found in store.since(compound, 0, 100_000)]


def opened(folder: Path, name: str = "central.sqlite") -> Store:
    return Store(f"sqlite:///{folder / name}", wall_us=lambda: NOON_US)


def test_an_empty_database_gets_a_day_that_the_chain_believes(store: Store) -> None:
    count = fill(store, NOW)
    (log,) = store.logs()
    assert (log["compound"], log["device"]) == (COMPOUND, DEVICE) == ("demo", "demo-gate")
    assert (log["next_seq"], log["faulty"], log["aside"]) == (count + 1, 0, 0)
    passages = store.passages(10_000)
    assert 200 < len(passages) < 400
    assert all(NOW - DAY_US <= found.at_us <= NOW and found.certain for found in passages)


def test_everything_made_up_says_so(store: Store) -> None:
    fill(store, NOW)
    for header in events(store):
        fields = msgspec.json.decode(header)
        assert fields["simulated"] is True
        assert fields["compound"] == "demo"
    assert all(found.simulated for found in store.passages(10_000))


def test_the_day_is_plausible(store: Store) -> None:
    fill(store, NOW)
    passages = store.passages(10_000)
    answers = [found.answer for found in passages]
    assert {"admit", "refuse", "hold"} == set(answers)
    assert answers.count("admit") > 0.8 * len(answers)
    admitted = [found for found in passages if found.answer == "admit"]
    assert all(found.outcome for found in admitted)
    assert sum(found.outcome == "passed" for found in admitted) > 0.9 * len(admitted)
    assert all(not found.outcome for found in passages if found.answer != "admit")
    assert {found.visitor for found in admitted} == {"resident", "guest", "courier"}
    assert all(found.body_c is not None and 35 < found.body_c < 39 for found in passages)
    # The shipped rules decided, so a fever is never let in.
    assert all(found.body_c is not None and found.body_c < 37.3 for found in admitted)
    assert all(code in WORDS[language]["reason"] for language in LANGUAGES for found in passages for code in found.reasons)


def test_events_are_in_order_of_time(store: Store) -> None:
    fill(store, NOW)
    times = [msgspec.json.decode(header)["mono_us"] for header in events(store)]
    assert times == sorted(times)


@pytest.mark.parametrize("seed", range(20))
def test_any_seed_and_any_hour_make_a_day_in_order(tmp_path: Path, seed: int) -> None:
    store = opened(tmp_path)
    fill(store, WallTime(NOON_US + seed * 4_321_000_000), seed)
    times = [msgspec.json.decode(header)["mono_us"] for header in events(store)]
    assert times == sorted(times)
    store.close()


def test_the_same_seed_makes_the_same_day_and_another_one_another(tmp_path: Path) -> None:
    stores = [opened(tmp_path, f"{number}.sqlite") for number in range(3)]
    for store, seed in zip(stores, (1, 1, 2), strict=True):
        fill(store, NOW, seed)
    assert events(stores[0]) == events(stores[1])
    assert len({len(events(store)) for store in stores} | {0}) >= 2
    assert events(stores[0]) != events(stores[2])
    for store in stores:
        store.close()


def test_a_database_that_holds_the_demos_day_is_left_as_it_is(store: Store) -> None:
    assert fill(store, NOW) > 0
    before = events(store)
    assert fill(store, WallTime(NOW + DAY_US)) == 0
    assert fill(store, NOW, seed=2) == 0
    assert events(store) == before


@pytest.mark.parametrize(("compound", "device"), [("riverside", "gate-1"), ("demo", "gate-1"), ("riverside", "demo-gate")])
def test_made_up_passages_never_come_among_real_ones(store: Store, compound: str, device: str) -> None:
    log = KioskLog(device, compound)
    log.passage()
    store.append(compound, device, log.log_id, log.upload())
    with pytest.raises(UsageError, match="--demo-data needs an empty database"):
        fill(store, NOW)
    assert len(events(store, compound)) == 1


def test_kiosks_that_come_later_are_taken_and_a_restart_changes_nothing(tmp_path: Path) -> None:
    log = KioskLog()
    log.passage(at_us=PAST_US)
    for _ in range(2):
        with server(tmp_path, demo_data=True) as central:
            central.send(log)
            (demo, real) = central.get("/api/v1/logs").json()["logs"]
            assert (demo["device"], real["device"]) == ("demo-gate", "gate-1")


def test_a_server_that_takes_no_simulated_kiosks_shows_the_demo_marked(tmp_path: Path) -> None:
    with server(tmp_path, demo_data=True, simulation=False) as central:
        html = central.get("/?lang=zh").text
        assert html.count("<i>模拟</i>") == html.count("<tr id=") == 50
        assert f'class="notice">{WORDS["zh"]["page"]["simulated_notice"]}' in html
        # A simulated kiosk is refused all the same, also under the demo's own name.
        log = KioskLog(DEVICE, COMPOUND)
        log.passage(simulated=True)
        assert central.post(log.path, log.body(), COMPOUND, simulated=True).status_code == 403
