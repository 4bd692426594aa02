"""Which gates go by the policy that is meant for them, as far as they have said."""

from pathlib import Path

import pytest

from kiosk.staleness import Kind
from sync.central.rules.reached import Gate, Has, gates, to_come
from sync.central.store import Store
from tests.sync.central.documents import COMPOUND, Site, policy
from tests.sync.central.kiosks import LOG_ID, NOON_US, KioskLog

HOUR_US = 3_600_000_000


@pytest.fixture
def site(store: Store, tmp_path: Path) -> Site:
    return Site(store, tmp_path)


class Kiosks:
    """Gates that say what they go by."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.logs: dict[str, KioskLog] = {}

    def says(self, device: str, kind: str, number: int, document: str = "policy", **more: object) -> None:
        log = self.logs.setdefault(device, KioskLog(device))
        log.add(kind, document=document, version=number, **more)
        self.store.append(COMPOUND, device, LOG_ID, log.upload(len(log.events)))


@pytest.fixture
def kiosks(store: Store) -> Kiosks:
    return Kiosks(store)


def stand(site: Site) -> dict[str, Gate]:
    with site.engine.connect() as connection:
        found = gates(connection, COMPOUND, site.documents.listed(COMPOUND), site.now_us)
    return {one.device: one for one in found}


def test_a_gate_to_which_nothing_came_down_goes_by_its_configuration(site: Site, kiosks: Kiosks) -> None:
    kiosks.says("gate-1", "document_applied", 7, document="trust")
    assert stand(site) == {"gate-1": Gate("gate-1", "gate-1", Has.NONE)}


def test_each_gate_is_told_apart_by_what_it_has_said(site: Site, kiosks: Kiosks) -> None:
    older = site.publish(body=policy(1)).number
    for device in ("gate-1", "gate-2", "gate-3"):
        kiosks.says(device, "document_applied", older)
    kiosks.says("gate-4", "started", 0)
    newer = site.publish(body=policy(2)).number
    kiosks.says("gate-1", "document_applied", newer)
    kiosks.says("gate-3", "document_refused", newer, reason="policy: no")
    found = stand(site)
    assert {name: one.has for name, one in found.items()} == {
        "gate-1": Has.IN_FORCE,
        "gate-2": Has.OTHER,
        "gate-3": Has.REFUSED,
        "gate-4": Has.UNHEARD,
    }
    assert {one.number for one in found.values()} == {newer}
    assert found["gate-3"].reason == "policy: no"


def test_a_gate_of_its_own_rules_is_asked_for_those(site: Site, kiosks: Kiosks) -> None:
    shared = site.publish(body=policy(1)).number
    own = site.publish(body=policy(2), gate="gate-2").number
    kiosks.says("gate-1", "document_applied", shared)
    kiosks.says("gate-2", "document_applied", own)
    assert {one.number: one.has for one in stand(site).values()} == {shared: Has.IN_FORCE, own: Has.IN_FORCE}


def test_what_waits_for_its_time_is_no_gates_yet(site: Site, kiosks: Kiosks) -> None:
    now = site.publish(body=policy(1)).number
    later = site.documents.publish(COMPOUND, Kind.POLICY, policy(2), "W", effective_us=site.now_us + HOUR_US)
    kiosks.says("gate-1", "document_applied", now)
    assert stand(site)["gate-1"].has is Has.IN_FORCE
    assert [one.publication for one in to_come(site.documents.listed(COMPOUND), site.now_us)] == [later]
    site.now_us += HOUR_US
    assert stand(site)["gate-1"].has is Has.OTHER
    assert to_come(site.documents.listed(COMPOUND), site.now_us) == ()


def test_what_no_kiosk_writes_says_nothing(site: Site, kiosks: Kiosks) -> None:
    site.publish(body=policy(1))
    kiosks.says("gate-1", "document_applied", -5)
    assert stand(site)["gate-1"].has is Has.UNHEARD
    assert site.now_us > NOON_US
