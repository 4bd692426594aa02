"""What the server tells one device alone: a sealed box (libsodium) to the key that the device signs with.

The device's Ed25519 key is used in its X25519 form (`crypto_sign_ed25519_*_to_curve25519`), so that no second key has to be
made, enrolled and kept. Whoever reads the server's tables, or a message on its way, reads nothing of it.
"""

from nacl.bindings import (
    crypto_box_seal,
    crypto_box_seal_open,
    crypto_sign_ed25519_pk_to_curve25519,
    crypto_sign_ed25519_sk_to_curve25519,
    sodium_pad,
    sodium_unpad,
)
from nacl.exceptions import CryptoError

from kiosk.errors import GatepostError

BLOCK = 128
"""Bytes: padded to whole blocks, the length of a name tells nothing."""


class NotForUs(GatepostError, ValueError):
    """A box is sealed to another device, or was changed."""


def seal_to(public_key: bytes, text: bytes) -> bytes:
    """Seal to a device by its Ed25519 public key, 32 bytes. Raises ValueError when it is no such key."""
    try:
        return crypto_box_seal(sodium_pad(text, BLOCK), crypto_sign_ed25519_pk_to_curve25519(public_key))
    except (CryptoError, RuntimeError) as error:
        raise ValueError("it is no Ed25519 key") from error


def open_box(seed: bytes, public_key: bytes, box: bytes) -> bytes:
    """Open a box with a device's private key, 32 bytes, and its public half. Raises NotForUs."""
    try:
        secret = crypto_sign_ed25519_sk_to_curve25519(seed + public_key)
        public = crypto_sign_ed25519_pk_to_curve25519(public_key)
        return sodium_unpad(crypto_box_seal_open(box, public, secret), BLOCK)
    except (CryptoError, RuntimeError, ValueError, TypeError) as error:
        raise NotForUs("sealed to another device, or changed on its way") from error
