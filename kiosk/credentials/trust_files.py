"""A file that says whom to trust, of whichever kind: told apart by what is in it, never by its name.

PEM or DER certificates, key sets (JWKS), the lists of signers that countries publish, a snapshot of the VCI directory,
allow-lists of card issuers, lists of revoked cards, Gatepost's own trust list, and a signed document of several of them.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kiosk.credentials import card_trust, dcc_trust, signed_trust, trust_document
from kiosk.credentials.bounded import MAX_JSON, json_tree
from kiosk.credentials.trust import TrustList, join
from kiosk.errors import UsageError

MAX_SENTENCE = 300
"""Characters of what is said about a file."""

_PEM = b"-----BEGIN"
_DER, _DER_IN_BASE64 = b"\x30", b"MII"
"""How a certificate begins: it is a SEQUENCE."""
# A JSON Web Signature around a list, with its payload in base64url or, by RFC 7797, as it is.
_SIGNED = re.compile(rb"\s*[A-Za-z0-9_-]+\.(?:([A-Za-z0-9_-]+)|(\{.*\}))\.[A-Za-z0-9_-]*\s*", re.DOTALL)
# A line with a list's signature before the list itself.
_AFTER_SIGNATURE = re.compile(rb"\s*[A-Za-z0-9+/=]{40,}\s*(\{.*)", re.DOTALL)

_Reader = Callable[[Mapping[str, Any], str], TrustList]


def read_trust(data: bytes, where: str) -> TrustList:
    """Read a trust file. Raises UsageError: one sentence with file, place and what is wrong.

    A file that has no id of its own is named by its file name.
    """
    if len(data) > MAX_JSON:
        raise UsageError(f"{where}: is larger than {MAX_JSON // 1024 // 1024} MB, too large for a trust list")
    try:
        found = _read(data, where)
    except RecursionError:
        raise UsageError(f"{where}: is nested too deeply for a trust list") from None
    except UsageError as error:
        raise UsageError(_shortened(str(error))) from error
    return found if found.documents else replace(found, documents=(where.rpartition("/")[2],))


def _shortened(sentence: str) -> str:
    """Cut what a hostile file may have put into the sentence about it."""
    return sentence if len(sentence) <= MAX_SENTENCE else sentence[: MAX_SENTENCE - 1] + "…"


def _read(data: bytes, where: str) -> TrustList:
    if _PEM in data and not data.lstrip().startswith((b"{", b"[")):
        return dcc_trust.from_pem(data, where)
    if data.startswith(_DER):
        return dcc_trust.read_certificate(data, where)
    if data.startswith(_DER_IN_BASE64):
        return dcc_trust.from_base64("".join(data.decode("ascii", "replace").split()), where)
    try:
        tree = json_tree(_unsigned(data))
    except json.JSONDecodeError as error:
        # Where a parser gave up says nothing of what is no JSON at all.
        raise UsageError(f"{where}: is neither a certificate nor JSON") from error
    except ValueError as error:
        raise UsageError(f"{where}: is neither a certificate nor JSON: {error}") from error
    if not isinstance(tree, Mapping):
        return trust_document.from_tree(tree, where)
    for member, read in _READERS.items():
        if member in tree:
            try:
                return read(tree, where)
            except (TypeError, AttributeError, LookupError) as error:
                raise UsageError(f"{where}: {member} does not hold what it holds in such a list") from error
    return trust_document.from_tree(tree, where)


def _key_set(tree: Mapping[str, Any], where: str) -> TrustList:
    jwks = tree["keys"]
    documents = [jwk for jwk in jwks if isinstance(jwk, Mapping) and dcc_trust.is_key(jwk)]
    cards = [jwk for jwk in jwks if jwk not in documents]
    parts = [dcc_trust.key_set(documents, where)] if documents else []
    if cards or not documents:
        parts.append(TrustList(card_keys=card_trust.key_set(cards, where)))
    return join(parts, where)


def _one_key(tree: Mapping[str, Any], where: str) -> TrustList:
    return _key_set({"keys": [tree]}, where)


def _signed_payload(tree: Mapping[str, Any], where: str) -> TrustList:
    try:
        return read_trust(base64.b64decode(tree["payload"], validate=True), where)
    except ValueError as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{where}: payload is not base64") from error


def _signed_document(tree: Mapping[str, Any], where: str) -> TrustList:
    document = signed_trust.read(tree, where)
    found = join((_read(data, f"{where}: {name}") for name, data in document.files.items()), where)
    issued_at = trust_document.wall_time(document.issued_at)
    return replace(
        found,
        documents=(f"{document.id}@{document.version}",),
        issued_at=issued_at if found.issued_at is None else min(found.issued_at, issued_at),
        signed_by=document.key,
    )


_READERS: Mapping[str, _Reader] = {
    signed_trust.MEMBER: _signed_document,
    "keys": _key_set,
    "kty": _one_key,
    "certificates": dcc_trust.german,
    "dsc_trust_list": dcc_trust.swedish,
    "eu_keys": dcc_trust.dutch,
    "payload": _signed_payload,
    "issuerInfo": card_trust.directory,
    "participating_issuers": card_trust.allow_list,
    "rids": card_trust.revocations,
}
"""What a JSON file is, by a member that only its kind has."""


def _unsigned(data: bytes) -> bytes:
    """Take a list out of its signature."""
    if (after := _AFTER_SIGNATURE.fullmatch(data)) is not None:
        return after[1]
    signed = _SIGNED.fullmatch(data)
    if signed is None:
        return data
    if signed[2] is not None:
        return signed[2]
    return base64.urlsafe_b64decode(signed[1] + b"=" * (-len(signed[1]) % 4))
