"""Where what names a resident is locked away: a secret box under a key of the compound that the vault alone can make.

The month keys would not do: they are destroyed with what was sealed in their month, and a resident stays. The key is
two keyed digests under the compound's index key, which is in the vault, is never changed, and leaves it in no form.
"""

from typing import Any

import msgspec
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from sync.central.vault import Vault
from sync.sealing import CannotUnseal

_HALVES = (b"residents box\0\x01", b"residents box\0\x02")
"""No text that the blind index makes digests of: those begin with the name of a field."""


def lock(vault: Vault, compound: str, said: msgspec.Struct | dict[str, Any]) -> bytes:
    """Lock what is said away. Raises VaultClosed or KeyMissing."""
    return bytes(_box(vault, compound).encrypt(msgspec.json.encode(said)))


def unlock(vault: Vault, compound: str, locked: bytes) -> bytes:
    """Return what was locked away, JSON. Raises VaultClosed, KeyMissing or CannotUnseal."""
    try:
        return _box(vault, compound).decrypt(locked)
    except (CryptoError, ValueError) as error:
        raise CannotUnseal("a resident's row is damaged, or of another compound") from error


def _box(vault: Vault, compound: str) -> SecretBox:
    return SecretBox(b"".join(vault.mac(compound, half) for half in _HALVES))
