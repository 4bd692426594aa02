"""The keeper of the private month keys and of the index keys, as the server asks it: keys never leave it.

A key management service can stand behind the same port; here it is `FileVault`'s file.
"""

from dataclasses import dataclass
from typing import NoReturn, Protocol

from kiosk.errors import GatepostError
from kiosk.units import WallTime
from sync.sealing import MonthKey, month_of


class VaultClosed(GatepostError, RuntimeError):
    """There is no vault, or it could not be opened: nothing can be indexed or revealed."""


class KeyMissing(GatepostError, LookupError):
    """The vault has no such key; one that it gets later, with a newer copy of itself, may open the part."""


class KeyDestroyed(GatepostError, LookupError):
    """The key was destroyed, and with it all that was ever sealed to it."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What may be told of a month key. `destroyed_us` is when it was destroyed, None while it is there."""

    compound: str
    key: MonthKey
    created_us: int
    destroyed_us: int | None = None


class Vault(Protocol):
    """Any thread may call any method; each raises VaultClosed while the vault cannot be used."""

    def unseal(self, compound: str, sealed: bytes) -> bytes:
        """Open a sealed part of a compound. Raises CannotUnseal, KeyMissing or KeyDestroyed."""

    def mac(self, compound: str, text: bytes) -> bytes:
        """Return the keyed digest (16 bytes) of a text under the compound's index key. Raises KeyMissing."""

    def records(self) -> list[KeyRecord]:
        """Every month key that there is or was, by compound and month."""

    def create(self, compound: str, months: list[str], now_us: int) -> list[KeyRecord]:
        """Make the keys of these months; those that were made before are left alone. Return the new ones."""

    def destroy(self, key_id: str, now_us: int) -> KeyRecord:
        """Destroy a private key for good; its record stays. Raises KeyMissing."""


def public_keys(vault: Vault, compound: str, now_us: int) -> list[MonthKey]:
    """A compound's keys of this month and those to come, as its kiosks get them. Raises VaultClosed."""
    present = month_of(WallTime(now_us))
    return [
        record.key
        for record in vault.records()
        if record.compound == compound and record.destroyed_us is None and record.key.month >= present
    ]


class ClosedVault:
    """The vault of a server that has none open: it says why, whatever it is asked."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def refuse(self, *_: object, **__: object) -> NoReturn:
        """Say why. Raises VaultClosed."""
        raise VaultClosed(self.reason)

    unseal = mac = records = create = destroy = refuse
