"""Trust in issuers of SMART Health Cards: key sets (JWKS), directories of issuers (VCI), lists of revoked cards.

Keys that break a rule are left out of a set (RFC 7517, 5), as long as one is left; a private key never is.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from kiosk.credentials import jwk as json_keys
from kiosk.credentials.bounded import Unreadable
from kiosk.credentials.findings import moment, seconds
from kiosk.credentials.jwk import Jwk
from kiosk.credentials.keys import from_certificate, to_der
from kiosk.credentials.signers import CardIssuer, CardKey
from kiosk.credentials.trust import Revocations, TrustList
from kiosk.errors import UsageError
from kiosk.units import WallTime

REQUIRED = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig"}
"""What the specification asks of a key ("Determining keys associated with an issuer")."""

_CARD_ID = re.compile(r"([A-Za-z0-9_-]{1,24})(?:\.(\d{1,12}))?")


def key(jwk: Jwk, place: str) -> CardKey:
    """Read one key. Raises UsageError."""
    try:
        return _key(jwk)
    except ValueError as error:
        raise UsageError(f"{place}: the key {_name(jwk)} cannot be used: {error}") from error


def key_set(jwks: Iterable[object], where: str) -> Mapping[str, CardKey]:
    """Read the keys that can be used. Raises UsageError when there is none, or a private one."""
    found: dict[str, CardKey] = {}
    refused = ""
    for jwk in jwks:
        if not isinstance(jwk, Mapping):
            raise UsageError(f"{where}: a key is no JSON object")
        if json_keys.is_secret(jwk):
            raise UsageError(f"{where}: the key {_name(jwk)} is a private key, which no trust list may hold; remove it")
        try:
            usable_key = key(jwk, where)
        except UsageError as error:
            refused = refused or str(error)
        else:
            found[usable_key.id] = usable_key
    if not found:
        raise UsageError(refused or f"{where}: there is no key in it")
    return found


def directory(tree: Mapping[str, Any], where: str) -> TrustList:
    """Read a snapshot of the VCI directory: issuers with their keys and revocations. Raises UsageError.

    Issuers whose entry is faulty are left out: the rest of the directory is none the worse.
    """
    issuers: dict[str, CardIssuer] = {}
    revoked: dict[str, Revocations] = {}
    for entry in _objects(tree.get("issuerInfo"), where):
        try:
            issuer = _issuer(entry.get("issuer"), where)
            keys = key_set(entry.get("keys") or (), where)
            revoked.update(_revoked(crl, where) for crl in entry.get("crls") or ())
        except (UsageError, TypeError, AttributeError):
            continue
        issuers[issuer.iss] = CardIssuer(issuer.iss, issuer.name, keys)
    if not issuers:
        raise UsageError(f"{where}: no issuer in this directory has a key that can be used")
    try:
        time = moment(tree.get("time"))
    except Unreadable as error:
        raise UsageError(f"{where}: time: {error}") from error
    return TrustList(issued_at=time, card_issuers=issuers, revoked_cards=revoked)


def allow_list(tree: Mapping[str, Any], where: str) -> TrustList:
    """Read a list of issuers without keys (the VCI directory's own form). Raises UsageError."""
    issuers = (_issuer(entry, where) for entry in _objects(tree.get("participating_issuers"), where))
    return TrustList(card_issuers={issuer.iss: issuer for issuer in issuers})


def revocations(tree: Mapping[str, Any], where: str) -> TrustList:
    """Read an issuer's list of revoked cards ("Revocation"). Raises UsageError."""
    name, cards = _revoked(tree, where)
    return TrustList(revoked_cards={name: cards})


def address(iss: object, place: str) -> str:
    """Return an issuer's address if it is one. Raises UsageError."""
    if not is_address(iss):
        raise UsageError(f"{place}: iss must be an https address without a slash at its end, not {iss!r}")
    return str(iss)


def is_address(iss: object) -> bool:
    """Whether this may be an issuer's address: https, and no slash at its end."""
    if not isinstance(iss, str) or not iss.isprintable() or len(iss) > 512 or iss.endswith("/"):
        return False
    try:
        parts = urlsplit(iss)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.netloc) and not (parts.query or parts.fragment)


def _key(jwk: Jwk) -> CardKey:
    for name, value in REQUIRED.items():
        if jwk.get(name) != value:
            raise ValueError(f"its {name!r} is {jwk.get(name)!r}, not {value!r}")
    public = json_keys.public_key(jwk)
    if jwk.get("kid") != json_keys.thumbprint(jwk):
        raise ValueError("its 'kid' is not its thumbprint")
    if (chain := jwk.get("x5c")) is not None and to_der(public) != _certified(chain):
        raise ValueError("its certificate is for another key")
    return CardKey(str(jwk["kid"]), to_der(public), public)


def _certified(chain: object) -> bytes:
    """Return the key in the first certificate of an `x5c`. The chain counts for nothing here: the list is the trust."""
    if not isinstance(chain, list) or not chain or not isinstance(chain[0], str):
        raise ValueError("its 'x5c' is no list of certificates")
    try:
        _, certified = from_certificate(base64.b64decode(chain[0], validate=True))
    except ValueError:
        raise ValueError("its 'x5c' holds no certificate of such a key") from None
    return to_der(certified)


def _issuer(entry: object, where: str) -> CardIssuer:
    if not isinstance(entry, Mapping):
        raise UsageError(f"{where}: an issuer is no JSON object")
    name = entry.get("name")
    return CardIssuer(address(entry.get("iss"), where), name if isinstance(name, str) else "")


def _revoked(tree: Mapping[str, Any], where: str) -> tuple[str, Revocations]:
    name, method, ids = tree.get("kid"), tree.get("method"), tree.get("rids")
    place = f"{where}: revoked cards of the key {name!r}"
    if not isinstance(name, str) or not isinstance(ids, list):
        raise UsageError(f"{where}: a list of revoked cards must have the members 'kid' and 'rids'")
    if method != "rid":
        raise UsageError(f"{place}: method is {method!r}; this version reads 'rid'")
    cards: dict[str, WallTime | None] = {}
    for text in ids:
        parts = _CARD_ID.fullmatch(text) if isinstance(text, str) else None
        if parts is None:
            raise UsageError(f"{place}: {text!r} is no id of a card: 1 to 24 characters of base64url, perhaps a time")
        if parts[1] in cards:
            raise UsageError(f"{place}: {parts[1]!r} is there twice; keep one")
        cards[parts[1]] = None if parts[2] is None else seconds(int(parts[2]))
    return name, cards


def _objects(found: object, where: str) -> Iterator[Mapping[str, Any]]:
    if not isinstance(found, list):
        raise UsageError(f"{where}: the issuers are no list")
    for entry in found:
        if not isinstance(entry, Mapping):
            raise UsageError(f"{where}: an issuer is no JSON object")
        yield entry


def _name(jwk: Jwk) -> str:
    return repr(str(jwk.get("kid"))[:64])
