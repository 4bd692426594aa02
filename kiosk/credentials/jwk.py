"""Keys in JSON (RFC 7517, RFC 7518): an EC or RSA public key, and its thumbprint (RFC 7638)."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from kiosk.credentials.keys import PublicKey, usable

Jwk = Mapping[str, Any]

_CURVES: Mapping[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}
_SECRETS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Members that only a private or shared key has."""


def public_key(jwk: Jwk) -> PublicKey:
    """Read a public key. Raises ValueError that says what is wrong with it."""
    if is_secret(jwk):
        raise ValueError("it is a private key")
    match jwk.get("kty"):
        case "EC":
            curve = _CURVES.get(str(jwk.get("crv")))
            if curve is None:
                raise ValueError(f"its curve is {jwk.get('crv')!r}, none of {', '.join(_CURVES)}")
            return ec.EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), curve).public_key()
        case "RSA":
            return usable(rsa.RSAPublicNumbers(_number(jwk, "e"), _number(jwk, "n")).public_key())
        case other:
            raise ValueError(f"its kind is {other!r}, neither 'EC' nor 'RSA'")


def is_secret(jwk: Jwk) -> bool:
    """Whether it holds more than a public key."""
    return not _SECRETS.isdisjoint(jwk)


def thumbprint(jwk: Jwk) -> str:
    """Name a public key by the SHA-256 of its required members (RFC 7638)."""
    members = {name: str(jwk.get(name)) for name in _MEMBERS[str(jwk.get("kty"))]}
    text = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def base64url(text: object) -> bytes:
    """Read base64url without padding (RFC 7515), and nothing else. Raises ValueError."""
    if not isinstance(text, str) or not text.isascii() or any(mark in text for mark in "+/="):
        raise ValueError("it is not base64url")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("it is not base64url") from None
    return data


def _number(jwk: Jwk, name: str) -> int:
    try:
        data = base64url(jwk.get(name))
    except ValueError:
        raise ValueError(f"its member {name!r} is not base64url") from None
    if not 1 <= len(data) <= 1024:
        raise ValueError(f"its member {name!r} is empty or too long")
    return int.from_bytes(data, "big")
