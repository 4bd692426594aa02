"""Policies that were uploaded, until they are signed or thrown away, on both databases."""

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert

from kiosk.errors import UsageError
from sync.central.access import Act, Asker, Role, recorded
from sync.central.database import changing
from sync.central.rules.drafts import LARGEST, MOST, Drafts, NoSuchDraft
from sync.central.schema import policy_draft
from sync.central.store import Store
from tests.kiosk.policy.test_check import BROKEN
from tests.sync.central.documents import COMPOUND, GATE, WHO, Site, policy


def by(who: str, role: Role = Role.MANAGER) -> Asker:
    return Asker(who, role, "because")


BY, ADMIN = by(WHO), by("Admin", Role.ADMIN)


@pytest.fixture
def site(store: Store, tmp_path: Path) -> Site:
    return Site(store, tmp_path)


@pytest.fixture
def drafts(site: Site) -> Drafts:
    return Drafts(site.engine, site.documents, lambda: site.now_us)


def test_what_was_uploaded_is_found_as_it_came(drafts: Drafts) -> None:
    one, two = drafts.upload(COMPOUND, policy(7), BY), drafts.upload(COMPOUND, policy(8), by("Li Na"), GATE)
    assert (one.number, two.number, two.gate) == (1, 2, GATE)
    assert [each.number for each in drafts.listed(COMPOUND)] == [2, 1]
    assert drafts.find(COMPOUND, 2) == two
    assert drafts.listed("lakeside") == []
    assert one.document is not None
    assert (one.document.name, one.uploaded_by, one.body) == ("normal-times@7", WHO, policy(7))


def test_one_that_the_check_finds_a_fault_with_is_kept_and_not_published(site: Site, drafts: Drafts) -> None:
    one = drafts.upload(COMPOUND, (BROKEN / "people-left-out.toml").read_bytes(), BY)
    with pytest.raises(UsageError, match="nobody may admit courier"):
        drafts.publish(COMPOUND, one.number, ADMIN)
    assert site.documents.listed(COMPOUND) == []
    assert drafts.find(COMPOUND, one.number).published is None
    drafts.discard(COMPOUND, one.number, ADMIN)
    with pytest.raises(NoSuchDraft):
        drafts.find(COMPOUND, one.number)


def test_a_draft_is_published_once_under_the_name_of_who_signs_it(site: Site, drafts: Drafts) -> None:
    one = drafts.upload(COMPOUND, policy(7), BY, GATE)
    published = drafts.publish(COMPOUND, one.number, ADMIN, site.now_us + 1000)
    (listed,) = site.documents.listed(COMPOUND)
    assert (listed.publication, listed.published_by) == (published, "Admin")
    assert (published.gate, published.effective_us) == (GATE, site.now_us + 1000)
    found = drafts.find(COMPOUND, one.number)
    assert (found.published, found.published_by, found.uploaded_by) == (published.number, "Admin", WHO)
    with pytest.raises(UsageError, match="published already"):
        drafts.publish(COMPOUND, one.number, ADMIN)
    with pytest.raises(UsageError, match="was published, and stays"):
        drafts.discard(COMPOUND, one.number, ADMIN)


def test_whoever_signs_what_somebody_else_has_signed_meanwhile_publishes_nothing(
    site: Site, drafts: Drafts, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = drafts.upload(COMPOUND, policy(7), BY)
    seen = drafts.find(COMPOUND, one.number)
    drafts.publish(COMPOUND, one.number, ADMIN)
    monkeypatch.setattr(drafts, "find", lambda compound, number: seen)
    with pytest.raises(UsageError, match="published already"):
        drafts.publish(COMPOUND, one.number, by("Other"))
    assert len(site.documents.listed(COMPOUND)) == 1
    assert drafts.listed(COMPOUND)[0].published_by == "Admin"


KILLED = """
import os, signal, sys
from pathlib import Path
from sync.central.access import Asker, Role
from sync.central.document_key import DocumentKey
from sync.central.publishing import Documents
from sync.central.rules import drafts
from sync.central.store import Store

url, folder, compound = sys.argv[1:]
engine = Store(url, make=False).engine
drafts.record = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
documents = Documents(engine, DocumentKey(Path(folder) / "document-key"), lambda: 1_700_000_000_000_000)
drafts.Drafts(engine, documents, lambda: 1_700_000_000_000_000).publish(compound, 1, Asker("Admin", Role.ADMIN, "x"))
"""


def test_a_server_that_is_killed_while_it_signs_leaves_a_draft_that_can_be_signed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/central.sqlite"
    with closing(Store(url)) as opened:
        site = Site(opened, tmp_path)
        drafts = Drafts(site.engine, site.documents, lambda: site.now_us)
        drafts.upload(COMPOUND, policy(7), BY)
        ran = subprocess.run([sys.executable, "-c", KILLED, url, str(tmp_path), COMPOUND], timeout=60, check=False)
        assert ran.returncode == -signal.SIGKILL
        assert site.documents.listed(COMPOUND) == []
        published = drafts.publish(COMPOUND, 1, ADMIN)
        assert [one.publication for one in site.documents.listed(COMPOUND)] == [published]


def test_who_brought_signed_and_threw_away_is_in_the_record_of_accesses(site: Site, drafts: Drafts) -> None:
    one, two = drafts.upload(COMPOUND, policy(7), BY, GATE), drafts.upload(COMPOUND, policy(8), BY)
    published = drafts.publish(COMPOUND, one.number, ADMIN)
    drafts.discard(COMPOUND, two.number, BY)
    assert two.document is not None
    drafts.trying(COMPOUND, two.document, ADMIN)
    with site.engine.connect() as connection:
        found = recorded(connection, COMPOUND)
    assert {each["act"] for each in found} == {Act.POLICY}
    first = {"draft": 1, "document": "normal-times@7", "gate": GATE}
    second = {"draft": 2, "document": "normal-times@8", "gate": ""}
    assert [(each["who"], each["role"], json.loads(each["subject"])) for each in found] == [
        (WHO, Role.MANAGER, {**first, "did": "brought"}),
        (WHO, Role.MANAGER, {**second, "did": "brought"}),
        ("Admin", Role.ADMIN, {**first, "did": "signed", "published": published.number}),
        (WHO, Role.MANAGER, {**second, "did": "discarded"}),
        ("Admin", Role.ADMIN, {"document": "normal-times@8", "gate": "", "did": "tried"}),
    ]


def test_what_is_not_done_is_not_recorded(site: Site, drafts: Drafts) -> None:
    one = drafts.upload(COMPOUND, (BROKEN / "people-left-out.toml").read_bytes(), BY)
    with pytest.raises(UsageError):
        drafts.publish(COMPOUND, one.number, ADMIN)
    with site.engine.connect() as connection:
        assert len(recorded(connection, COMPOUND)) == 1


@pytest.mark.parametrize(
    ("body", "who"),
    [(b"\xff", WHO), (b"schema = 1", WHO), (b"#" * (LARGEST + 1), WHO), (policy(7), " "), (policy(7), "x" * 201)],
    ids=["no text", "no document", "too large", "nobody", "a long name"],
)
def test_what_cannot_be_read_or_nobody_brings_is_not_kept(drafts: Drafts, body: bytes, who: str) -> None:
    with pytest.raises(UsageError):
        drafts.upload(COMPOUND, body, by(who))
    assert drafts.listed(COMPOUND) == []


def test_drafts_that_come_at_once_have_a_number_each(drafts: Drafts) -> None:
    with ThreadPoolExecutor(4) as people:
        kept = list(people.map(lambda version: drafts.upload(COMPOUND, policy(version), BY), range(1, 9)))
    assert sorted(one.number for one in kept) == list(range(1, 9))


def test_there_are_only_so_many(site: Site, drafts: Drafts) -> None:
    row = {"compound": COMPOUND, "gate": "", "uploaded_us": 1, "uploaded_by": WHO, "body": b"of a newer software"}
    with changing(site.engine) as connection:
        connection.execute(insert(policy_draft), [{**row, "number": number} for number in range(1, MOST + 1)])
    with pytest.raises(UsageError, match="50 drafts wait already"):
        drafts.upload(COMPOUND, policy(7), BY)
    assert drafts.listed(COMPOUND)[0].document is None


def test_a_draft_of_another_compound_is_not_there(drafts: Drafts) -> None:
    drafts.upload("lakeside", policy(7), BY)
    with pytest.raises(NoSuchDraft):
        drafts.find(COMPOUND, 1)
