"""Trust in signers of EU Digital COVID Certificates: certificates by themselves, and the lists that countries publish.

A list's own signature is not checked here: whoever gives the file to Gatepost vouches for it. An entry that cannot
be used is left out of a list, as long as one is left.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kiosk.credentials import jwk as json_keys
from kiosk.credentials.dcc_content import Group
from kiosk.credentials.keys import PublicKey, certificates_in_pem, from_certificate, from_der, to_der
from kiosk.credentials.signers import DocumentSigner
from kiosk.credentials.trust import TrustList, join
from kiosk.errors import UsageError
from kiosk.units import WallTime

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

KEY_ID_BYTES = 8
"""The first bytes of the certificate's SHA-256 (annex IV, 3.3 of the implementing decision)."""
EVERY_GROUP = frozenset(Group)
MAX_NAME = 64
"""Characters of a signer's name that are kept."""

# What a signer's certificate may be for; the second arc is a slip of the first edition that many certificates have.
_USAGES = {
    f"{arc}.{number}": group
    for arc in ("1.3.6.1.4.1.1847.2021.1", "1.3.6.1.4.1.0.1847.2021.1")
    for number, group in ((1, Group.TEST), (2, Group.VACCINATION), (3, Group.RECOVERY))
}
# Usages of the public key infrastructure at large (RFC 5280, 4.2.1.12; "any"; those of Microsoft and Adobe, for
# signing documents among others) say nothing about health certificates.
_GENERAL = ("1.3.6.1.5.5.7.3.", "2.5.29.37.0", "1.3.6.1.4.1.311.", "1.2.840.113583.")
# In DER: the extended key usage, and one that lists nothing, at which the library gives up on all extensions.
_USAGE = bytes.fromhex("0603551d25")
_EMPTY_USAGE = _USAGE + bytes.fromhex("04023000")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_pem(data: bytes, where: str) -> TrustList:
    """Read one or several certificates in PEM. Raises UsageError."""
    try:
        return join([_certified(certificate) for certificate in certificates_in_pem(data)], where)
    except ValueError as error:
        raise UsageError(f"{where}: holds a certificate that cannot be used: {_reason(error)}") from error


def read_certificate(data: bytes, where: str) -> TrustList:
    """Read a certificate in DER. Raises UsageError."""
    try:
        return _certified(data)
    except ValueError as error:
        raise UsageError(f"{where}: holds a certificate that cannot be used: {_reason(error)}") from error


def from_base64(text: str, where: str) -> TrustList:
    """Read a certificate in DER in base64. Raises UsageError."""
    try:
        data = _bytes(text)
    except ValueError as error:
        raise UsageError(f"{where}: a certificate is not base64") from error
    return read_certificate(data, where)


def german(tree: Mapping[str, Any], where: str) -> TrustList:
    """Read `{"certificates": [{"country", "kid", "rawData", ...}]}`. Raises UsageError."""

    def read(entry: Mapping[str, Any]) -> TrustList:
        if entry.get("certificateType", "DSC") != "DSC":
            raise ValueError("it is no signer of documents")
        return _certified(_bytes(entry["rawData"]), _bytes(entry["kid"]), str(entry["country"]))

    return _list(tree["certificates"], read, where)


def swedish(tree: Mapping[str, Any], where: str) -> TrustList:
    """Read `{"dsc_trust_list": {COUNTRY: {"keys": [JWK], "eku": {kid: [OID]}}}}`. Raises UsageError."""

    def read(entry: tuple[str, Mapping[str, Any], Mapping[str, Any]]) -> TrustList:
        country, jwk, usages = entry
        if chain := jwk.get("x5c"):
            # The certificate says more than the key: until when, and for what.
            return _certified(_bytes(chain[0]), _bytes(jwk["kid"]), country)
        stated = usages.get(jwk["kid"])
        groups = EVERY_GROUP if stated is None else _groups(stated)
        return _signing(json_keys.public_key(jwk), _bytes(jwk["kid"]), country, groups)

    entries = [
        (country, jwk, entry.get("eku") or {}) for country, entry in tree["dsc_trust_list"].items() for jwk in entry["keys"]
    ]
    return _list(entries, read, where)


def dutch(tree: Mapping[str, Any], where: str) -> TrustList:
    """Read `{"eu_keys": {kid: [{"subjectPk", "keyUsage": ["v", "t", "r"]}]}}`. Raises UsageError."""

    def read(entry: tuple[str, Mapping[str, Any]]) -> TrustList:
        name, key = entry
        groups = frozenset(map(Group, key.get("keyUsage") or EVERY_GROUP))
        return _signing(from_der(_bytes(key["subjectPk"])), _bytes(name), name, groups)

    return _list([(name, key) for name, keys in tree["eu_keys"].items() for key in keys], read, where)


def is_key(jwk: Mapping[str, Any]) -> bool:
    """Whether a key in a key set is named as those of such certificates are: by eight bytes in base64."""
    try:
        return len(_bytes(jwk.get("kid"))) == KEY_ID_BYTES
    except ValueError:
        return False


def key_set(jwks: Iterable[Mapping[str, Any]], where: str) -> TrustList:
    """Read keys that may sign every kind of certificate. Raises UsageError."""
    return swedish({"dsc_trust_list": {"": {"keys": list(jwks)}}}, where)


def _list(entries: Iterable[Any], read: Callable[[Any], TrustList], where: str) -> TrustList:
    """Read what can be read. Raises UsageError with the first reason when there is nothing."""
    found: list[TrustList] = []
    reason = "it is empty"
    for number, entry in enumerate(entries, start=1):
        try:
            found.append(read(entry))
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            if not found:
                reason = f"number {number}: {_reason(error)}"
    if not found:
        raise UsageError(f"{where}: no key in this list can be used: {reason}")
    return join(found, where)


def _certified(data: bytes, name: bytes | None = None, country: str = "") -> TrustList:
    """Trust the key of a certificate in DER, for what and until when it says. Raises ValueError."""
    from cryptography.x509.oid import NameOID

    certificate, key = from_certificate(data)
    subject = [certificate.subject.get_attributes_for_oid(oid) for oid in (NameOID.COUNTRY_NAME, NameOID.COMMON_NAME)]
    return _signing(
        key,
        name or hashlib.sha256(data).digest()[:KEY_ID_BYTES],
        country or next((str(found[0].value) for found in subject if found), ""),
        _certified_groups(certificate, data),
        _wall(certificate.not_valid_before_utc),
        _wall(certificate.not_valid_after_utc),
    )


def _certified_groups(certificate: "Certificate", data: bytes) -> frozenset[Group]:
    from cryptography.x509 import DuplicateExtension, ExtendedKeyUsage, ExtensionNotFound, UnsupportedGeneralNameType

    try:
        usage = certificate.extensions.get_extension_for_class(ExtendedKeyUsage).value
    except ExtensionNotFound:
        return EVERY_GROUP
    except (ValueError, DuplicateExtension, UnsupportedGeneralNameType):
        # Others than the one that matters here may be broken.
        if _USAGE not in data or _EMPTY_USAGE in data:
            return EVERY_GROUP
        raise ValueError("its extensions cannot be read") from None
    return _groups(oid.dotted_string for oid in usage)


def _groups(usages: Iterable[str]) -> frozenset[Group]:
    """For what a key may be used, from the usages that are stated; none that means anything here is every use.

    A usage that is neither general nor known is somebody's constraint on health certificates, and none of ours.
    """
    constraints = [usage for usage in usages if not usage.startswith(_GENERAL)]
    return frozenset(_USAGES[usage] for usage in constraints if usage in _USAGES) if constraints else EVERY_GROUP


def _signing(
    key: PublicKey,
    name: bytes,
    identity: str,
    groups: frozenset[Group],
    not_before: WallTime | None = None,
    not_after: WallTime | None = None,
) -> TrustList:
    shown = identity[:MAX_NAME] if identity.isprintable() and identity else name.hex()
    signer = DocumentSigner(shown, name, to_der(key), groups, not_before, not_after, key=key)
    return TrustList(document_signers={name: (signer,)})


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(text if isinstance(text, str) else "-", validate=True)
    except binascii.Error:
        raise ValueError("base64 is missing or broken") from None


def _wall(time: datetime) -> WallTime:
    return WallTime((time - _EPOCH) // timedelta(microseconds=1))


def _reason(error: Exception) -> str:
    """Say in a few words why an entry is of no use: a library's own words may be long and speak of its insides."""
    if isinstance(error, LookupError):
        return f"{error} is missing"
    words = str(error).split("\n", 1)[0]
    return words if len(words) <= 100 and "{" not in words else "it is broken"
