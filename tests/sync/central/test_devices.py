import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from kiosk.cases import Cause
from kiosk.model import ClockState
from sync.central.device_pages import devices_page
from sync.central.devices import Device
from sync.central.metrics import Metrics
from sync.central.store import Store
from sync.central.vault import ClosedVault
from sync.central.words import LANGUAGES, WORDS
from tests.sync.central.kiosks import NOON_US, KioskLog
from tests.sync.central.test_cases import opens
from tests.sync.central.test_store import log_of, send


def test_a_device_in_order_says_where_its_log_ends(store: Store) -> None:
    log = KioskLog()
    for _ in range(3):
        log.passage()
    send(store, log)
    (found,) = store.devices()
    assert (found.device, found.log_id, found.next_seq, found.events, found.logs) == ("gate-1", "00c0ffee", 4, 3, 1)
    assert (found.received_us, found.uncertain, found.corrected) == (NOON_US, 0, 0)
    assert found.well


def test_what_is_missing_kept_aside_faulty_or_of_uncertain_time_is_counted(store: Store) -> None:
    log = log_of(9)
    send(store, log, 1, 4)
    send(store, log, 8)
    other = log.branch(2)
    other.add(number=77)
    send(store, other, 3)
    (found,) = store.devices()
    assert (found.missing, found.missing_since_us, found.aside, found.uncertain) == (3, NOON_US, 1, 5)
    assert not found.well
    send(store, log, 5, 9, mended=[(9, b"17")])
    (found,) = store.devices()
    assert (found.missing, found.missing_since_us, found.faulty) == (0, 0, 1)


def test_a_device_with_a_new_log_shows_that_one_and_counts_both(url: str) -> None:
    now = [NOON_US]
    store = Store(url, wall_us=lambda: now[0])
    send(store, log_of(5, log_id="ffffffff"))
    now[0] += 1
    send(store, log_of(2, log_id="00000000"))
    send(store, log_of(1, device="gate-2"))
    assert [(one.device, one.log_id, one.next_seq, one.logs, one.events) for one in store.devices()] == [
        ("gate-1", "00000000", 3, 2, 7),
        ("gate-2", "00c0ffee", 2, 1, 1),
    ]
    store.close()


def test_corrected_times_are_told_from_uncertain_ones(store: Store) -> None:
    log = KioskLog()
    log.passage(at_us=60, clock=ClockState.NEVER_SET)
    send(store, log)
    assert (store.devices()[0].uncertain, store.devices()[0].corrected) == (1, 0)
    log.passage()
    send(store, log, 2)
    assert (store.devices()[0].uncertain, store.devices()[0].corrected) == (0, 1)


ODD = Device("riverside", "gate-1", "00c0ffee", 9, 2, 8, NOON_US, 3, NOON_US, 4, 5, 6, 7)
WELL = Device("riverside", "gate-0", "00c0ffee", 9, 1, 8, NOON_US, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_what_to_look_at_first_in_every_language(language: str) -> None:
    text = devices_page((WELL, ODD), language).decode()
    words = WORDS[language]["devices"]
    assert text.index("gate-1") < text.index("gate-0")
    for name, count in (("missing", 3), ("aside", 4), ("faulty", 5), ("uncertain", 6), ("corrected", 7), ("logs", 2)):
        assert words[name].format(count=count, since="2026-11-24 12:00:00 UTC") in text
    assert words["well"] in text
    assert words["attention"] in text
    assert "riverside" not in text
    assert words["none"] in devices_page((), language).decode()


def figures(metrics: Metrics) -> dict[str, float]:
    text = generate_latest(metrics.registry).decode()
    return {
        sample.name + "".join(f" {label}" for label in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_figures_say_how_uploads_went_and_where_the_logs_stand(store: Store) -> None:
    metrics = Metrics(store.engine, ClosedVault("no vault"), "1.0")
    log = log_of(6)
    for first, last in ((1, 2), (5, 6), (1, 2)):
        fitted, standing = send(store, log, first, last)
        metrics.uploaded(2, fitted, standing, 0.01)
    other = log.branch(1)
    other.add(number=77)
    metrics.uploaded(1, *send(store, other, 2), 0.01)
    found = figures(metrics)
    assert [found[f"gatepost_central_uploads_total {result}"] for result in ("taken", "gap", "fork")] == [2, 1, 1]
    assert found["gatepost_central_events_total"] == 4
    assert found["gatepost_central_append_seconds_count"] == 4
    of_device = {name: found[f"gatepost_central_device_{name} riverside gate-1"] for name in ("events", "missing_events")}
    assert of_device == {"events": 2, "missing_events": 2}
    assert found["gatepost_central_device_aside_events riverside gate-1"] == 1
    assert found["gatepost_central_device_received_timestamp_seconds riverside gate-1"] == NOON_US / 1e6
    assert (found["gatepost_central_vault_open"], found["gatepost_central_database_up"]) == (0, 1)


def test_the_figures_say_whose_turn_it_is_when_nobody_acts_on_a_case(store: Store) -> None:
    log = KioskLog()
    opens(log, Cause.TEMPERATURE)
    send(store, log)
    now_us = NOON_US
    metrics = Metrics(store.engine, ClosedVault("no vault"), "1.0", lambda: now_us)
    for minutes, turn in ((9, "guard"), (10, "property_office"), (20, "committee")):
        now_us = NOON_US + minutes * 60_000_000
        waiting = {name: value for name, value in figures(metrics).items() if "open_cases" in name}
        assert waiting == {f"gatepost_central_open_cases riverside {turn}": 1}


def test_the_figures_outlive_the_database(store: Store) -> None:
    metrics = Metrics(store.engine, ClosedVault("no vault"), "1.0")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE log RENAME TO elsewhere")
    assert figures(metrics)["gatepost_central_database_up"] == 0


def test_they_are_served_on_loopback_and_a_port_in_use_costs_the_figures_only(store: Store) -> None:
    metrics = Metrics(store.engine, ClosedVault("no vault"), "1.0")
    port = metrics.serve(0)
    assert port is not None
    again = Metrics(store.engine, ClosedVault("no vault"), "1.0")
    assert again.serve(port) is None
    metrics.close()
    metrics.close()
    again.close()
