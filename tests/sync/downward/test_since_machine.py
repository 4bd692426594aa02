"""Any order of publishing, lost answers, restarts and restored backups: both kiosks end where the server is, never older."""

import itertools
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import delete, insert, select

from kiosk.staleness import Kind
from sync.central.document_key import DocumentKey
from sync.central.publishing import Documents
from sync.central.schema import document
from sync.central.store import Store
from sync.downward.contents import read_content
from sync.downward.publication import in_force
from tests.examples import examples
from tests.sync.central.documents import WHO, policy, revocations
from tests.sync.central.kiosks import NOON_US
from tests.sync.downward.kiosks import CONFIGURED, Kiosk, Line, withheld

FOLDER = ExitStack()
ROOT = Path(FOLDER.enter_context(tempfile.TemporaryDirectory()))
STORE = Store(f"sqlite:///{ROOT / 'central.sqlite'}")
KEY = DocumentKey(ROOT / "document-key")
COMPOUNDS = itertools.count()
KIOSK = st.integers(0, 1)


def teardown_module() -> None:
    STORE.close()
    FOLDER.close()


class Since(RuleBasedStateMachine):
    """A server and two kiosks. Policies have rising versions, and what is revoked stays so."""

    def __init__(self) -> None:
        super().__init__()
        self.now_us = NOON_US
        self.compound = f"compound-{next(COMPOUNDS)}"
        self.documents = Documents(STORE.engine, KEY, lambda: self.now_us)
        self.kiosks = [
            Kiosk(
                Line(self.documents, self.compound, f"gate-{number}"),
                ROOT / self.compound / str(number),
                KEY.private().public_key(),
            )
            for number in range(2)
        ]
        self.version = 1
        self.last_published: int | None = None
        self.revoked: list[str] = []
        self.backup: list[dict[str, Any]] = []
        self.newest = [(0, frozenset[str]())] * 2

    @rule()
    def a_policy_is_published(self) -> None:
        self.version += 1
        self.last_published = self.version
        self.publish(Kind.POLICY, policy(self.version))

    @rule()
    def a_pass_is_revoked(self) -> None:
        self.revoked.append(f"{len(self.revoked):024x}")
        self.publish(Kind.REVOCATIONS, revocations(*self.revoked, compound=self.compound))

    @rule(which=KIOSK)
    def a_kiosk_asks(self, which: int) -> None:
        self.kiosks[which].exchange()

    @rule(which=KIOSK)
    def an_answer_is_lost(self, which: int) -> None:
        self.kiosks[which].line.cut = True
        assert not self.kiosks[which].exchange()
        self.kiosks[which].line.cut = False

    @rule(which=KIOSK)
    def somebody_withholds_the_documents(self, which: int) -> None:
        self.kiosks[which].line.disturb = withheld
        self.kiosks[which].exchange()
        self.kiosks[which].line.disturb = lambda page: page

    @rule(which=KIOSK)
    def a_kiosk_restarts(self, which: int) -> None:
        self.kiosks[which].restart()

    @rule()
    def the_server_is_backed_up(self) -> None:
        with STORE.engine.connect() as connection:
            rows = connection.execute(select(document).where(document.c.compound == self.compound))
            self.backup = [dict(row) for row in rows.mappings()]

    @rule()
    def the_backup_is_restored(self) -> None:
        self.last_published = None
        with STORE.engine.begin() as connection:
            connection.execute(delete(document).where(document.c.compound == self.compound))
            if self.backup:
                connection.execute(insert(document), self.backup)

    @invariant()
    def no_kiosk_ever_goes_back(self) -> None:
        for number, kiosk in enumerate(self.kiosks):
            version, passes = self.newest[number]
            now = (kiosk.keeper.in_force().document.version, kiosk.revoked)
            assert now[0] >= version
            assert now[1] >= passes
            self.newest[number] = now

    @invariant()
    def nothing_is_refused(self) -> None:
        assert all(kiosk.refused == [] for kiosk in self.kiosks)

    def teardown(self) -> None:
        """Left alone, both kiosks and the server agree."""
        for kiosk in (*self.kiosks, *self.kiosks):
            assert kiosk.exchange()
        for kiosk in self.kiosks:
            held = in_force(self.documents.since(self.compound, kiosk.line.gate, 0), self.now_us)
            said = {Kind(kind): read_content(Kind(kind), one.body, self.compound) for kind, one in held.items()}
            ours = kiosk.keeper.in_force()
            # What a person published last is what counts, also at a server that has forgotten more than it knows.
            assert self.last_published in {None, ours.document.version}
            assert ours.document == said.get(Kind.POLICY, CONFIGURED.document)
            assert ours.revocations == said.get(Kind.REVOCATIONS, CONFIGURED.revocations)
            confirmed = ours.confirmed or {}
            assert {one is not None and one.wall for one in confirmed.values()} == {self.now_us}
        self.no_kiosk_ever_goes_back()

    def publish(self, kind: Kind, body: bytes) -> None:
        self.now_us += 1_000_000
        self.documents.publish(self.compound, kind, body, WHO)


TestSince = Since.TestCase
TestSince.settings = settings(max_examples=examples(0.6), stateful_step_count=25, deadline=None)
