"""What a kiosk holds of the site's documents: fetched, verified, read and on disk before they count; never an older one.

The server vouches for each answer with a standing that it signs for this very question. What the kiosk holds and the
standing lacks, the server has lost, as after a restored backup: it is given back. What the standing names and the kiosk
does not hold was withheld, and is asked for again. Only what agrees is confirmed.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Protocol

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.credentials import TrustList
from kiosk.credentials.revocations import Revocations
from kiosk.edge import Edge
from kiosk.errors import ServiceUnavailable, UsageError
from kiosk.in_force import Applied, DocumentRefused, InForce, Renewed
from kiosk.model import ClockState, Monotonic, Seconds, WallTime
from kiosk.policy import PolicyDocument
from kiosk.ports import Clock
from kiosk.staleness import Confirmed, Kind
from sync.downward.contents import Content, read_content
from sync.downward.publication import Document, Held, Page, Publication, Sent, Standing, authentic, in_force, relevant
from sync.downward.server_time import ServerTime
from sync.downward.shelf import Memory, Shelf, ShelfUnusable, Vouched
from sync.downward.signing import NotSigned, Purpose, verified
from sync.sealing import MonthSealer

PAGES = 64
"""So many answers one exchange may take: more than all documents of a gate."""
WRITTEN_EVERY = Seconds(900.0)
"""That nothing has changed is written to the card so often at most."""

_log = structlog.get_logger()


class Source(Protocol):
    """What the keeper needs of a `Way`. Both raise ServiceUnavailable."""

    def documents(self, since: int, nonce: str) -> Page:
        """All that changed since a number."""

    def give_back(self, documents: list[Document]) -> None:
        """Give back what the server has lost."""
