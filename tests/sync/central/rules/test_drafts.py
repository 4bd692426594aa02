"""Policies that were uploaded, until they are signed or thrown away, on both databases."""

from pathlib import Path

import pytest
from sqlalchemy import insert

from kiosk.errors import UsageError
from sync.central.database import changing
from sync.central.rules.drafts import LARGEST, MOST, UNDER_WAY, Drafts, NoSuchDraft
from sync.central.schema import policy_draft
from sync.central.store import Store
from tests.kiosk.policy.test_check import BROKEN
from tests.sync.central.documents import COMPOUND, GATE, WHO, Site, policy


@pytest.fixture
def site(store: Store, tmp_path: Path) -> Site:
    return Site(store, tmp_path)


@pytest.fixture
def drafts(site: Site) -> Drafts:
    return Drafts(site.engine, site.documents, lambda: site.now_us)


def test_what_was_uploaded_is_found_as_it_came(drafts: Drafts) -> None:
    one, two = drafts.upload(COMPOUND, policy(7), WHO), drafts.upload(COMPOUND, policy(8), "Li Na", GATE)
    assert (one.number, two.number, two.gate) == (1, 2, GATE)
    assert [each.number for each in drafts.listed(COMPOUND)] == [2, 1]
    assert drafts.find(COMPOUND, 2) == two
    assert drafts.listed("lakeside") == []
    assert one.document is not None
    assert (one.document.name, one.uploaded_by, one.body) == ("normal-times@7", WHO, policy(7))


def test_one_that_the_check_finds_a_fault_with_is_kept_and_not_published(site: Site, drafts: Drafts) -> None:
    one = drafts.upload(COMPOUND, (BROKEN / "people-left-out.toml").read_bytes(), WHO)
    with pytest.raises(UsageError, match="nobody may admit courier"):
        drafts.publish(COMPOUND, one.number, "Admin")
    assert site.documents.listed(COMPOUND) == []
    assert drafts.find(COMPOUND, one.number).published is None
    drafts.discard(COMPOUND, one.number)
    with pytest.raises(NoSuchDraft):
        drafts.find(COMPOUND, one.number)


def test_a_draft_is_published_once_under_the_name_of_who_signs_it(site: Site, drafts: Drafts) -> None:
    one = drafts.upload(COMPOUND, policy(7), WHO, GATE)
    published = drafts.publish(COMPOUND, one.number, "Admin", site.now_us + 1000)
    (listed,) = site.documents.listed(COMPOUND)
    assert (listed.publication, listed.published_by) == (published, "Admin")
    assert (published.gate, published.effective_us) == (GATE, site.now_us + 1000)
    found = drafts.find(COMPOUND, one.number)
    assert (found.published, found.published_by, found.uploaded_by) == (published.number, "Admin", WHO)
    with pytest.raises(UsageError, match="published already"):
        drafts.publish(COMPOUND, one.number, "Admin")
    with pytest.raises(UsageError, match="was published, and stays"):
        drafts.discard(COMPOUND, one.number)


def test_one_that_somebody_is_publishing_just_now_is_not_published_twice(site: Site, drafts: Drafts) -> None:
    one = drafts.upload(COMPOUND, policy(7), WHO)
    assert drafts._mark(one, UNDER_WAY, "Other", instead_of=None)
    with pytest.raises(UsageError, match="published already"):
        drafts.publish(COMPOUND, one.number, "Admin")
    assert site.documents.listed(COMPOUND) == []


@pytest.mark.parametrize(
    ("body", "who"),
    [(b"\xff", WHO), (b"schema = 1", WHO), (b"#" * (LARGEST + 1), WHO), (policy(7), " "), (policy(7), "x" * 201)],
    ids=["no text", "no document", "too large", "nobody", "a long name"],
)
def test_what_cannot_be_read_or_nobody_brings_is_not_kept(drafts: Drafts, body: bytes, who: str) -> None:
    with pytest.raises(UsageError):
        drafts.upload(COMPOUND, body, who)
    assert drafts.listed(COMPOUND) == []


def test_there_are_only_so_many(site: Site, drafts: Drafts) -> None:
    row = {"compound": COMPOUND, "gate": "", "uploaded_us": 1, "uploaded_by": WHO, "body": b"of a newer software"}
    with changing(site.engine) as connection:
        connection.execute(insert(policy_draft), [{**row, "number": number} for number in range(1, MOST + 1)])
    with pytest.raises(UsageError, match="50 drafts wait already"):
        drafts.upload(COMPOUND, policy(7), WHO)
    assert drafts.listed(COMPOUND)[0].document is None


def test_a_draft_of_another_compound_is_not_there(drafts: Drafts) -> None:
    drafts.upload("lakeside", policy(7), WHO)
    with pytest.raises(NoSuchDraft):
        drafts.find(COMPOUND, 1)
