"""A kiosk's end of what comes down, over a source that a test may disturb."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.bootstrap.documents import load_policy
from kiosk.credentials import TrustList
from kiosk.errors import ServiceUnavailable
from kiosk.in_force import DocumentRefused, InForce, Renewed
from kiosk.staleness import Confirmed, Kind
from sync.central.publishing import Documents
from sync.downward.keeper import Keeper
from sync.downward.publication import Document, Page, paged
from sync.downward.shelf import Shelf
from tests.kiosk.fakes import FakeClock

CONFIGURED = InForce(load_policy("shipped:normal-times", Path()), TrustList())
WIRE = 1


class Line:
    """The server's own code, reached without a network. `disturb` changes an answer, or raises in its place."""

    def __init__(self, documents: Documents, compound: str, gate: str) -> None:
        self.server = documents
        self.compound = compound
        self.gate = gate
        self.cut = False
        self.disturb: Callable[[Page], Page] = lambda page: page
        self.asked: list[int] = []
        self.given: list[int] = []

    def documents(self, since: int, nonce: str) -> Page:
        self.asked.append(since)
        self._reach()
        some, more = paged(self.server.since(self.compound, self.gate, since))
        standing = self.server.standing(self.compound, self.gate, nonce)
        return self.disturb(Page(wire=WIRE, standing=standing, documents=[one.sent for one in some], more=more))

    def give_back(self, documents: Sequence[Document]) -> None:
        self._reach()
        self.given.append(len(documents))
        self.server.take_back(self.compound, self.gate, [one.sent for one in documents])

    def _reach(self) -> None:
        if self.cut:
            raise ServiceUnavailable("the line is cut")


class Kiosk:
    """One kiosk and its folder; `restart` is a new core over the same folder."""

    def __init__(
        self, line: Line, folder: Path, key: Ed25519PublicKey, clock: FakeClock | None = None, software: str = "1"
    ) -> None:
        self.line = line
        self.folder = folder
        self.key = key
        self.clock = clock or FakeClock()
        self.told: list[Renewed | DocumentRefused] = []
        self.restart(software)

    def restart(self, software: str = "1") -> None:
        self.keeper = Keeper(
            Shelf(self.folder, self.key, self.line.compound, self.line.gate),
            self.line,
            self.key,
            compound=self.line.compound,
            gate=self.line.gate,
            software=software,
            clock=self.clock,
            configured=CONFIGURED,
            tell=self.told.append,
        )
        self.keeper.settle()

    def exchange(self) -> bool:
        """Ask once, and say whether the server answered."""
        try:
            self.keeper.exchange()
        except ServiceUnavailable:
            return False
        finally:
            self.keeper.settle()
        return True

    @property
    def policy(self) -> str:
        return self.keeper.in_force().document.name

    @property
    def confirmed(self) -> Mapping[Kind, Confirmed | None]:
        return self.keeper.in_force().confirmed or {}

    @property
    def revoked(self) -> frozenset[str]:
        return self.keeper.in_force().revocations.passes

    @property
    def refused(self) -> list[DocumentRefused]:
        return [one for one in self.told if isinstance(one, DocumentRefused)]

    @property
    def applied(self) -> list[tuple[str, int]]:
        return [(one.kind, one.version) for item in self.told if isinstance(item, Renewed) for one in item.applied]


def tampered(page: Page) -> Page:
    """Another policy under the signature of the one that was published."""
    return msgspec.structs.replace(
        page, documents=[msgspec.structs.replace(one, body=one.body + b"\n# more") for one in page.documents]
    )


def withheld(page: Page) -> Page:
    return msgspec.structs.replace(page, documents=[])
