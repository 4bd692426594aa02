"""What a kiosk keeps of the site's documents: on disk before it counts, never believed unsigned, never older."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete

from kiosk.model import ClockState
from kiosk.settings import AS_CONFIGURED, Settings
from kiosk.staleness import Kind
from sync.central.schema import document
from sync.central.store import Store
from sync.downward.publication import Page
from tests.kiosk.fakes import FakeClock
from tests.kiosk.policy.test_check import BROKEN
from tests.sync.central.documents import COMPOUND, GATE, WHO, Site, policy, revocations
from tests.sync.central.kiosks import NOON_US
from tests.sync.downward.kiosks import Kiosk, Line, tampered, withheld

PASS = "ab" * 12
HOUR_US = 3_600_000_000


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    store = Store(f"sqlite:///{tmp_path / 'central.sqlite'}", wall_us=lambda: NOON_US)
    yield Site(store, tmp_path)
    store.close()


@pytest.fixture
def kiosk(site: Site, tmp_path: Path) -> Kiosk:
    return Kiosk(Line(site.documents, COMPOUND, GATE), tmp_path / "documents", site.public)


def test_the_configurations_documents_are_the_beginning(kiosk: Kiosk) -> None:
    assert kiosk.exchange()
    assert (kiosk.policy, kiosk.applied) == ("normal-times@1", [])


def test_a_published_policy_counts_and_is_told_once(site: Site, kiosk: Kiosk) -> None:
    published = site.publish(body=policy(7))
    assert kiosk.exchange()
    assert kiosk.exchange()
    assert kiosk.policy == "normal-times@7"
    assert kiosk.applied == [(Kind.POLICY, published.number)]


def test_a_restart_keeps_it_without_the_server_and_tells_nothing_anew(site: Site, kiosk: Kiosk) -> None:
    site.publish(body=policy(7))
    kiosk.exchange()
    kiosk.line.cut = True
    told = len(kiosk.applied)
    kiosk.restart()
    assert not kiosk.exchange()
    assert (kiosk.policy, len(kiosk.applied)) == ("normal-times@7", told)


def test_thirty_days_are_caught_up_in_one_exchange(site: Site, kiosk: Kiosk) -> None:
    for day in range(30):
        site.publish(body=policy(day + 2))
        site.publish(Kind.REVOCATIONS, revocations(*(f"{number:024x}" for number in range(day + 1))))
    assert kiosk.exchange()
    assert (kiosk.policy, len(kiosk.revoked), len(kiosk.line.asked)) == ("normal-times@31", 30, 1)


def test_what_is_too_large_for_one_answer_comes_in_several(site: Site, kiosk: Kiosk) -> None:
    filler = b"\n#" + b"x" * (3 * 1024 * 1024)
    site.publish(body=policy(2) + filler)
    site.publish(body=policy(3) + filler, gate=GATE)
    assert kiosk.exchange()
    assert (kiosk.policy, len(kiosk.line.asked)) == ("normal-times@3", 2)


def test_what_is_too_large_for_one_request_is_given_back_in_several(site: Site, kiosk: Kiosk) -> None:
    filler = b"\n#" + b"x" * (3 * 1024 * 1024)
    site.publish(body=policy(2) + filler)
    site.publish(body=policy(3) + filler, gate=GATE)
    kiosk.exchange()
    with site.engine.begin() as connection:
        connection.execute(delete(document))
    assert kiosk.exchange()
    assert kiosk.line.given == [1, 1]
    assert len(site.documents.listed(COMPOUND)) == 2


def test_a_document_that_was_changed_on_its_way_is_refused_and_told_once(site: Site, kiosk: Kiosk) -> None:
    kiosk.exchange()
    site.publish(body=policy(7))
    kiosk.line.disturb = tampered
    assert not kiosk.exchange()
    assert not kiosk.exchange()
    assert kiosk.policy == "normal-times@1"
    assert [one.reason for one in kiosk.refused] == ["the document is not the one that was signed"]


def test_another_sites_documents_are_refused(site: Site, tmp_path: Path) -> None:
    site.publish(body=policy(7))
    stranger = Ed25519PrivateKey.generate().public_key()
    kiosk = Kiosk(Line(site.documents, COMPOUND, GATE), tmp_path / "documents", stranger)
    assert not kiosk.exchange()
    assert kiosk.policy == "normal-times@1"


def test_an_answer_that_is_played_again_is_refused(site: Site, kiosk: Kiosk) -> None:
    answers: list[Page] = []

    def first(page: Page) -> Page:
        answers.append(page)
        return answers[0]

    kiosk.line.disturb = first
    assert kiosk.exchange()
    assert not kiosk.exchange()


def test_what_is_withheld_is_not_confirmed(site: Site, kiosk: Kiosk) -> None:
    kiosk.exchange()
    before = kiosk.keeper.in_force().confirmed
    site.publish(body=policy(7))
    kiosk.line.disturb = withheld
    kiosk.clock.advance(60)
    kiosk.exchange()
    now = kiosk.keeper.in_force().confirmed
    assert before is not None
    assert now is not None
    assert now[Kind.POLICY] == before[Kind.POLICY]
    assert now[Kind.REVOCATIONS] != before[Kind.REVOCATIONS]
    kiosk.line.disturb = lambda page: page
    assert kiosk.exchange()
    assert kiosk.policy == "normal-times@7"


def test_a_document_that_this_software_cannot_read_is_refused_and_ages(site: Site, kiosk: Kiosk) -> None:
    kiosk.exchange()
    before = kiosk.keeper.in_force().confirmed
    published = site.publish_unread(Kind.POLICY, policy(7).replace(b"schema = 1", b"schema = 2"))
    kiosk.clock.advance(60)
    assert kiosk.exchange()
    assert kiosk.exchange()
    now = kiosk.keeper.in_force().confirmed
    assert (kiosk.policy, kiosk.keeper.refused) == ("normal-times@1", 1)
    assert [(one.kind, one.version) for one in kiosk.refused] == [(Kind.POLICY, published.number)]
    assert before is not None
    assert now is not None
    assert now[Kind.POLICY] == before[Kind.POLICY]


def test_a_document_that_cannot_be_meant_so_is_refused_and_the_one_in_force_stays(site: Site, kiosk: Kiosk) -> None:
    kiosk.exchange()
    body = (BROKEN / "people-left-out.toml").read_bytes()
    published = site.publish_unread(Kind.POLICY, body)
    kiosk.clock.advance(60)
    assert kiosk.exchange()
    assert kiosk.policy == "normal-times@1"
    (refused,) = kiosk.refused
    assert (refused.version, refused.reason.partition(":")[2][:30]) == (published.number, " nobody may admit courier: no ")


def test_a_newer_software_asks_for_all_again(site: Site, kiosk: Kiosk) -> None:
    site.publish(body=policy(7))
    kiosk.exchange()
    kiosk.restart("2")
    kiosk.exchange()
    assert kiosk.line.asked[-1] == 0


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff" * 40, None], ids=["empty", "torn", "noise", "cut"])
def test_a_damaged_file_is_set_aside_and_fetched_again(site: Site, kiosk: Kiosk, damage: bytes | None) -> None:
    site.publish(body=policy(7))
    kiosk.exchange()
    (file,) = kiosk.folder.glob("policy.*")
    file.write_bytes(file.read_bytes()[:-100] if damage is None else damage)
    kiosk.restart()
    assert kiosk.policy == "normal-times@1"
    assert kiosk.exchange()
    assert kiosk.policy == "normal-times@7"
    assert [path.name for path in kiosk.folder.glob("*.set-aside")] == [f"{file.name}.set-aside"]


def test_a_damaged_document_in_force_is_fetched_again_while_a_later_one_waits(site: Site, kiosk: Kiosk) -> None:
    published = site.publish(body=policy(7))
    site.documents.publish(COMPOUND, Kind.POLICY, policy(8), WHO, effective_us=site.now_us + HOUR_US)
    kiosk.exchange()
    before = kiosk.confirmed[Kind.POLICY]
    (kiosk.folder / f"policy._.{published.number}").write_bytes(b"{")
    kiosk.restart()
    kiosk.line.disturb = withheld
    kiosk.clock.advance(60)
    assert kiosk.exchange()
    assert (kiosk.policy, kiosk.confirmed[Kind.POLICY]) == ("normal-times@1", before)
    kiosk.line.disturb = lambda page: page
    assert kiosk.exchange()
    assert kiosk.policy == "normal-times@7"
    assert kiosk.confirmed[Kind.POLICY] not in {None, before}


def test_a_foreign_file_is_set_aside(site: Site, kiosk: Kiosk) -> None:
    site.publish(body=policy(7))
    kiosk.exchange()
    (file,) = kiosk.folder.glob("policy.*")
    file.rename(file.with_name("policy._.9999999999999"))
    kiosk.restart()
    assert kiosk.policy == "normal-times@1"


@pytest.mark.parametrize("memory", [b"", b'{"memory":"{}","digest":"00"}'])
def test_a_memory_that_was_damaged_confirms_nothing(site: Site, kiosk: Kiosk, memory: bytes) -> None:
    kiosk.exchange()
    (kiosk.folder / "memory").write_bytes(memory)
    kiosk.restart()
    assert kiosk.keeper.in_force().confirmed == dict.fromkeys(Kind)
    assert kiosk.exchange()
    assert None not in (kiosk.keeper.in_force().confirmed or {}).values()


def test_a_disk_that_takes_nothing_is_no_reason_to_go_by_older_rules(site: Site, kiosk: Kiosk) -> None:
    kiosk.exchange()
    kiosk.folder.rename(kiosk.folder.with_name("away"))
    kiosk.folder.write_bytes(b"")  # a file where the folder was: whatever is written fails
    site.publish(body=policy(7))
    assert kiosk.exchange()
    assert kiosk.policy == "normal-times@7"


def test_what_is_to_come_counts_from_its_time_on_by_the_servers_clock(site: Site, kiosk: Kiosk) -> None:
    site.documents.publish(COMPOUND, Kind.POLICY, policy(7), WHO, effective_us=site.now_us + HOUR_US)
    kiosk.clock.trusted = ClockState.NEVER_SET
    kiosk.exchange()
    kiosk.clock.advance(3599)
    kiosk.keeper.settle()
    assert kiosk.policy == "normal-times@1"
    kiosk.clock.advance(1)
    kiosk.keeper.settle()
    assert (kiosk.policy, len(kiosk.applied)) == ("normal-times@7", 1)


def test_a_gates_own_document_comes_before_the_compounds_until_it_is_withdrawn(site: Site, kiosk: Kiosk) -> None:
    site.publish(body=policy(2), gate=GATE)
    site.publish(body=policy(3))
    kiosk.exchange()
    assert kiosk.policy == "normal-times@2"
    site.now_us += 1_000_000
    site.documents.withdraw(COMPOUND, Kind.POLICY, WHO, gate=GATE)
    kiosk.exchange()
    assert kiosk.policy == "normal-times@3"
    site.now_us += 1_000_000
    site.documents.withdraw(COMPOUND, Kind.POLICY, WHO)
    kiosk.exchange()
    assert kiosk.policy == "normal-times@1"


def test_settings_count_until_they_are_withdrawn(site: Site, kiosk: Kiosk) -> None:
    site.publish(Kind.SETTINGS, b'settings = 1\ncompound = "riverside"\nlanguage = "ko"\n', gate=GATE)
    kiosk.exchange()
    assert kiosk.keeper.in_force().settings == Settings(language="ko")
    kiosk.restart()
    assert kiosk.keeper.in_force().settings == Settings(language="ko")
    site.now_us += 1_000_000
    site.documents.withdraw(COMPOUND, Kind.SETTINGS, WHO, gate=GATE)
    kiosk.exchange()
    assert kiosk.keeper.in_force().settings == AS_CONFIGURED


def test_kinds_that_are_not_known_are_passed_over_and_counted(site: Site, kiosk: Kiosk) -> None:
    site.publish_unread("weather", b"{}")
    assert kiosk.exchange()
    assert (kiosk.keeper.ignored, kiosk.refused, kiosk.keeper.number > 0) == (1, [], True)


def test_only_what_still_matters_stays_on_the_card(site: Site, kiosk: Kiosk) -> None:
    for version in range(2, 6):
        site.publish(body=policy(version))
        kiosk.exchange()
    assert len(list(kiosk.folder.glob("policy.*"))) == 1


def test_a_first_start_counts_as_confirmed_by_whoever_brought_the_configuration(kiosk: Kiosk) -> None:
    confirmed = kiosk.keeper.in_force().confirmed or {}
    assert {one.mono for one in confirmed.values() if one is not None} == {FakeClock().monotonic()}
