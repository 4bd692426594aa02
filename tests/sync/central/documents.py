"""Documents as the tests publish them, and what a kiosk would make of them."""

import json
from importlib.resources import files
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.staleness import Kind
from sync.central.document_key import DocumentKey
from sync.central.publishing import Documents
from sync.central.store import Store
from sync.downward.publication import Publication, Standing
from sync.downward.signing import Purpose, Signed, verified
from tests.sync.central.kiosks import NOON_US

COMPOUND, GATE = "riverside", "gate-1"
WHO = "Wang Fang"
NONCE = "00" * 16


def policy(version: int = 1, document: str = "normal-times") -> bytes:
    """A shipped policy, under another version."""
    text = (files("kiosk") / "policies" / f"{document}.toml").read_text(encoding="utf-8")
    lines = [f"version = {version}" if line.startswith("version = ") else line for line in text.splitlines()]
    return "\n".join(lines).encode()


def revocations(*passes: str, compound: str = COMPOUND) -> bytes:
    return json.dumps({"revocations": 1, "compound": compound, "passes": list(passes)}).encode()


class Site:
    """A server's documents, a key, and a clock that the test moves."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.now_us = NOON_US
        self.key = DocumentKey(folder / "document-key")
        self.engine = store.engine
        self.documents = Documents(store.engine, self.key, lambda: self.now_us)

    @property
    def public(self) -> Ed25519PublicKey:
        return self.key.private().public_key()

    def publish(self, kind: Kind = Kind.POLICY, body: bytes | None = None, gate: str = "") -> Publication:
        self.now_us += 1_000_000
        said = body or (policy() if kind is Kind.POLICY else revocations())
        return self.documents.publish(COMPOUND, kind, said, WHO, gate=gate)

    def publish_unread(self, kind: str, body: bytes) -> Publication:
        """What a newer server may publish, and this software cannot read."""
        self.now_us += 1_000_000
        return self.documents._publish(COMPOUND, ("", kind), body, WHO, None)

    def standing(self, gate: str = GATE) -> Standing:
        return self.said(self.documents.standing(COMPOUND, gate, NONCE))

    def said(self, signed: Signed) -> Standing:
        return verified(signed, Purpose.STANDING, self.public, Standing)
