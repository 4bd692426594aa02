"""Documents on the server, on both databases."""

from pathlib import Path

import msgspec
import pytest

from kiosk.errors import UsageError
from kiosk.staleness import Kind
from sync.central.publishing import UPCOMING
from sync.central.store import Store
from sync.downward.publication import Document, authentic
from sync.downward.signing import NotSigned
from tests.kiosk.policy.test_check import BROKEN
from tests.sync.central.documents import COMPOUND, GATE, WHO, Site, policy, revocations
from tests.sync.central.kiosks import NOON_US

HOUR_US = 3_600_000_000


@pytest.fixture
def site(store: Store, tmp_path: Path) -> Site:
    return Site(store, tmp_path)


def since(site: Site, number: int, gate: str = GATE) -> list[Document]:
    return site.documents.since(COMPOUND, gate, number)


def test_a_document_comes_down_signed_and_as_it_was_published(site: Site) -> None:
    published = site.publish(body=policy(7))
    (found,) = since(site, 0)
    assert authentic(found.sent, site.public, COMPOUND, GATE).publication == published
    assert found.body == policy(7)


def test_whoever_has_everything_gets_nothing_more(site: Site) -> None:
    published = site.publish()
    assert since(site, published.number) == []
    assert site.standing().number == published.number


def test_of_each_place_only_the_newest_comes_down(site: Site) -> None:
    site.publish(body=policy(1))
    site.publish(Kind.REVOCATIONS)
    newest = site.publish(body=policy(2))
    assert [one.publication.kind for one in since(site, 0)] == [Kind.REVOCATIONS, Kind.POLICY]
    assert since(site, 0)[-1].publication == newest


def test_what_is_to_come_comes_down_beside_what_counts_now(site: Site) -> None:
    now = site.publish(body=policy(1))
    later = site.documents.publish(COMPOUND, Kind.POLICY, policy(2), WHO, effective_us=site.now_us + HOUR_US)
    assert [one.publication.number for one in since(site, 0)] == [now.number, later.number]
    site.now_us += HOUR_US
    assert [one.publication.number for one in since(site, 0)] == [later.number]


def test_only_so_many_may_wait_for_their_time(site: Site) -> None:
    for version in range(1, UPCOMING + 1):
        site.documents.publish(COMPOUND, Kind.POLICY, policy(version), WHO, effective_us=site.now_us + HOUR_US)
    with pytest.raises(UsageError, match="wait for their time"):
        site.documents.publish(COMPOUND, Kind.POLICY, policy(99), WHO)


def test_a_gates_own_document_is_no_other_gates(site: Site) -> None:
    site.publish(body=policy(1))
    own = site.publish(body=policy(2), gate="gate-2")
    assert [one.publication.gate for one in since(site, 0, "gate-2")] == ["", "gate-2"]
    assert [one.publication.gate for one in since(site, 0, "gate-1")] == [""]
    assert (site.standing("gate-2").number, site.standing("gate-1").number < own.number) == (own.number, True)


def test_compounds_know_nothing_of_each_other(site: Site) -> None:
    site.publish()
    assert site.documents.since("lakeside", GATE, 0) == []


@pytest.mark.parametrize(
    ("kind", "body", "sentence"),
    [
        (Kind.POLICY, b"schema = 1", "the key 'id' is missing"),
        (Kind.POLICY, b"\xff", "not UTF-8"),
        (Kind.POLICY, b"x = [" + b"[" * 5000, "policy"),
        (Kind.TRUST, b"{}", "no bundle of trust files"),
        (Kind.REVOCATIONS, revocations(compound="lakeside"), "revocations of lakeside"),
        (Kind.REVOCATIONS, revocations("12"), "no list of revocations"),
        (Kind.MONTH_KEYS, b"{}", "no document of month keys"),
        (Kind.POLICY, bytes(5 * 1024 * 1024), "at most 4 MB"),
    ],
)
def test_what_a_kiosk_would_refuse_is_not_published(site: Site, kind: Kind, body: bytes, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        site.documents.publish(COMPOUND, kind, body, WHO)
    assert site.documents.listed(COMPOUND) == []


def test_nobody_publishes_without_a_name(site: Site) -> None:
    with pytest.raises(UsageError, match="recorded"):
        site.documents.publish(COMPOUND, Kind.POLICY, policy(), " ")


def test_a_withdrawn_document_is_no_more_and_says_so(site: Site) -> None:
    site.publish()
    site.now_us += 1
    withdrawn = site.documents.withdraw(COMPOUND, Kind.POLICY, WHO)
    (found,) = since(site, 0)
    assert (found.publication.withdrawn, found.body, found.publication.number) == (True, b"", withdrawn.number)
    with pytest.raises(UsageError, match="no policy of riverside"):
        site.documents.withdraw(COMPOUND, Kind.POLICY, WHO)


def test_numbers_rise_even_when_the_clock_goes_back(site: Site) -> None:
    first = site.publish()
    site.now_us -= 24 * HOUR_US
    second = site.publish()
    assert second.number == first.number + 1


def test_a_document_that_was_lost_comes_back_as_it_was(site: Site, tmp_path: Path) -> None:
    lost = site.publish(body=policy(2))
    (given,) = since(site, 0)
    restored = Site(Store(f"sqlite:///{tmp_path / 'restored.sqlite'}"), tmp_path)
    assert restored.documents.take_back(COMPOUND, GATE, [given.sent]) == 1
    (found,) = since(restored, 0)
    assert (found.body, found.publication, found.sent) == (policy(2), lost, given.sent)
    # The next kiosk gives back the same, and nothing comes of it.
    assert restored.documents.take_back(COMPOUND, GATE, [given.sent]) == 0
    assert [one.published_by for one in restored.documents.listed(COMPOUND)] == ["given back by gate-1"]
    restored.engine.dispose()


def test_what_something_newer_has_taken_the_place_of_stays_lost(site: Site, tmp_path: Path) -> None:
    site.publish(body=policy(2))
    (given,) = since(site, 0)
    restored = Site(Store(f"sqlite:///{tmp_path / 'restored.sqlite'}"), tmp_path)
    restored.now_us = site.now_us
    restored.publish(body=policy(3))
    assert restored.documents.take_back(COMPOUND, GATE, [given.sent]) == 0
    assert since(restored, 0)[0].body == policy(3)
    restored.engine.dispose()


def test_of_two_with_one_number_the_one_that_was_published_here_counts(site: Site, tmp_path: Path) -> None:
    site.publish(body=policy(2))
    (given,) = since(site, 0)
    restored = Site(Store(f"sqlite:///{tmp_path / 'restored.sqlite'}"), tmp_path)
    same = restored.publish(body=policy(3))
    assert same.number == given.publication.number
    assert restored.documents.take_back(COMPOUND, GATE, [given.sent]) == 0
    (found,) = since(restored, 0)
    assert (found.body, found.publication.number) == (policy(3), same.number + 1)
    restored.engine.dispose()


def test_nobody_gives_back_what_was_never_signed_here_or_is_not_theirs(site: Site, tmp_path: Path) -> None:
    site.publish(gate="gate-2")
    (given,) = since(site, 0, "gate-2")
    (tmp_path / "other").mkdir()
    other = Site(Store(f"sqlite:///{tmp_path / 'other.sqlite'}"), tmp_path / "other")
    for documents, gate, sent in (
        (other.documents, "gate-2", given.sent),
        (site.documents, "gate-1", given.sent),
        (site.documents, "gate-2", msgspec.structs.replace(given.sent, body=policy(9))),
    ):
        with pytest.raises(NotSigned):
            documents.take_back(COMPOUND, gate, [sent])
    other.engine.dispose()


BEGINS_US = NOON_US + 30 * 24 * HOUR_US


def dated(*lines: str) -> bytes:
    return "\n".join((*lines, policy(3).decode())).encode()


def test_a_policy_counts_from_the_time_that_it_names_itself(site: Site) -> None:
    body = dated("from = 2026-12-24T20:00:00")  # in Shanghai
    published = site.documents.publish(COMPOUND, Kind.POLICY, body, WHO)
    assert published.effective_us == BEGINS_US
    later = site.documents.publish(COMPOUND, Kind.POLICY, body, WHO, effective_us=BEGINS_US + HOUR_US)
    assert later.effective_us == BEGINS_US + HOUR_US


def test_a_policy_that_began_long_ago_counts_from_now(site: Site) -> None:
    assert site.publish(body=policy(2, "response-level-2")).effective_us == site.now_us


@pytest.mark.parametrize(
    ("lines", "effective_us", "said"),
    [
        (["from = 2026-12-24T20:00:00"], BEGINS_US - 1, "before the time that it names with from"),
        (["until = 2026-11-24T20:00:00"], None, "is over before it would count"),
        (["until = 2026-12-24T20:00:00"], BEGINS_US, "is over before it would count"),
    ],
)
def test_a_policy_is_not_published_for_a_time_that_is_not_its_own(
    site: Site, lines: list[str], effective_us: int | None, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        site.documents.publish(COMPOUND, Kind.POLICY, dated(*lines), WHO, effective_us=effective_us)
    assert since(site, 0) == []


@pytest.mark.parametrize("name", ["people-left-out", "no-words", "contradiction", "unchecked"])
def test_a_policy_in_which_the_check_finds_a_fault_is_refused(site: Site, name: str) -> None:
    body = (BROKEN / f"{name}.toml").read_bytes()
    with pytest.raises(UsageError, match=r"^policy: "):
        site.publish(body=body)
    assert since(site, 0) == []
