"""Requests signed by a device's key, and verified: HTTP Message Signatures (RFC 9421) with Ed25519. Both ends.

Signed is everything that a server goes by: method, path, query, the digest of the body (RFC 9530), and the two headers
of `sync.wire`. Not the host: a kiosk speaks only to its own site's pinned server, which may have several names. There
is no nonce: whatever a kiosk asks for may be asked again without being done twice.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    ContentDigest,
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    MappingKeyResolver,
)
from http_message_signatures.algorithms import ED25519

from kiosk.errors import GatepostError
from sync.wire import COMPOUND_HEADER, SIMULATED_HEADER

DEVICE = "gatepost-device-1"
"""The tag of what an enrolled device sends; its `keyid` is `compound/device`."""
ENROLMENT = "gatepost-enrolment-1"
"""The tag of a request to be enrolled; its `keyid` is the public key itself, hexadecimal."""
LABEL = "gatepost"
COVERED = ("@method", "@path", "@query", "content-digest", COMPOUND_HEADER.lower(), SIMULATED_HEADER.lower())
WINDOW_US = 300_000_000
"""So far `created` may be from the server's time, either way."""
SIGNED_BY = frozenset({"signature", "signature-input"})
"""The headers, in small letters, that a signed request has."""
_ORIGIN = "https://device.invalid"
"""The library wants whole addresses; of this one only path and query are signed."""


class BadSignature(GatepostError, ValueError):
    """A request is not signed as it must be, by a known key, or was changed on its way."""


@dataclass(frozen=True, slots=True)
class Headers:
    """Headers as they came, line by line, as the library asks for them."""

    lines: tuple[tuple[str, str], ...]

    def items(self) -> Iterable[tuple[str, str]]:
        """Every line."""
        return self.lines


@dataclass(frozen=True, slots=True)
class Message:
    """A request without its body. `target` is path and query as they are sent."""

    method: str
    target: str
    headers: Any = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The whole address, as the library asks for it."""
        return _ORIGIN + self.target


@dataclass(frozen=True, slots=True)
class Verified:
    """What a signature says: by which key, when (microseconds since 1970), and the digest of the body."""

    key_id: str
    created_us: int
    digest: str

    def is_fresh(self, now_us: int) -> bool:
        """Whether it was made just now."""
        return abs(now_us - self.created_us) <= WINDOW_US

    def is_of(self, body: bytes) -> bool:
        """Whether this is the body that was signed."""
        try:
            ContentDigest.verify(self.digest, body)
        except HTTPMessageSignaturesException:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with one key. `tag` is DEVICE or ENROLMENT."""

    key: Ed25519PrivateKey
    key_id: str
    tag: str

    def sign(self, message: Message, body: bytes, now_us: int) -> dict[str, str]:
        """Return the headers, with those that a signature adds. The two headers of `sync.wire` must be among them."""
        signed = Message(message.method, message.target, dict(message.headers.items()))
        keys = MappingKeyResolver(public_keys={}, private_keys={self.key_id: self.key})
        HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=keys).sign(
            signed,
            key_id=self.key_id,
            created=datetime.fromtimestamp(now_us // 1_000_000, UTC),
            label=LABEL,
            tag=self.tag,
            covered_component_ids=COVERED,
            body=body,
        )
        return cast("dict[str, str]", signed.headers)


def verify(message: Message, tag: str, find_key: Callable[[str], Ed25519PublicKey | None]) -> Verified:
    """Verify a request's one signature; freshness and body are asked of the result. Raises BadSignature.

    Whatever `find_key` raises is raised.
    """
    keys = _Keys(find_key)
    try:
        found = _Verifier(signature_algorithm=ED25519, key_resolver=keys).verify(
            message, max_age=None, expect_tag=tag, require_components=COVERED
        )
    except HTTPMessageSignaturesException as error:
        if keys.failure is not None:
            raise keys.failure from error
        raise BadSignature("the request is not signed as it must be, or was changed on its way") from error
    if len(found) != 1:
        raise BadSignature("the request has more than one signature")
    parameters, covered = found[0].parameters, found[0].covered_components
    created = parameters.get("created")
    if not isinstance(created, int):
        raise BadSignature("the signature does not say when it was made")
    return Verified(str(parameters["keyid"]), created * 1_000_000, covered['"content-digest"'])


class _Keys(HTTPSignatureKeyResolver):
    """Looks keys up for the library, which would take an error for an unknown key."""

    def __init__(self, find_key: Callable[[str], Ed25519PublicKey | None]) -> None:
        self._find_key = find_key
        self.failure: Exception | None = None

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        try:
            return self._find_key(key_id)
        except Exception as error:
            self.failure = error
            raise


class _Verifier(HTTPMessageVerifier):
    """Leaves the time to its caller, who has the server's clock."""

    max_clock_skew = timedelta.max

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """See `Verified.is_fresh`."""
