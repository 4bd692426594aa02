"""What everything that residents open by a link works with."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from sync.central.document_key import DocumentKey
from sync.central.guessing import Attempts
from sync.central.vault import Vault


@dataclass(frozen=True, slots=True)
class Premises:
    """One server's. `document_key` signs links; `url`: where residents' phones find this server; times in microseconds."""

    engine: Engine
    vault: Vault
    document_key: DocumentKey
    wall_us: Callable[[], int]
    monotonic: Callable[[], float]
    url: Callable[[], str]

    def attempts(self) -> Attempts:
        """A limit on attempts in vain: each kind of link has its own, so that wrong ones of one keep nobody from another."""
        return Attempts(self.monotonic)
