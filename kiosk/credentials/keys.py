"""Public keys that sign health certificates, and the two kinds of signature that they make (RFC 9053, RFC 8230)."""

from enum import StrEnum
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

PublicKey = EllipticCurvePublicKey | RSAPublicKey

MIN_RSA_BITS, MAX_RSA_BITS = 2048, 4096
"""Shorter ones can be broken; longer ones take a gate too long."""
CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})


class Algorithm(StrEnum):
    """How a health certificate is signed."""

    ES256 = "ES256"
    PS256 = "PS256"


def usable(key: object) -> PublicKey:
    """Return a key that can sign a health certificate. Raises ValueError that says why it cannot."""
    match key:
        case EllipticCurvePublicKey():
            if key.curve.name not in CURVES:
                raise ValueError(f"its curve {key.curve.name} is none of {', '.join(sorted(CURVES))}")
            return key
        case RSAPublicKey():
            if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
                raise ValueError(f"an RSA key has {MIN_RSA_BITS} to {MAX_RSA_BITS} bits, not {key.key_size}")
            return key
        case _:
            raise ValueError("it is neither an EC nor an RSA key")


def from_der(data: bytes) -> PublicKey:
    """Read a SubjectPublicKeyInfo (RFC 5280, DER). Raises ValueError."""
    # Only here: it brings every other form of key too, and most gates' trust lists name none of this kind.
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        return usable(load_der_public_key(data))
    except UnsupportedAlgorithm:
        raise ValueError("it is a key of a kind that is not known here") from None


def from_certificate(data: bytes) -> "tuple[Certificate, PublicKey]":
    """Read a certificate (DER) and its key. Raises ValueError, whatever the library makes of the bytes."""
    # Only here: it takes more memory than all else that checks credentials.
    from cryptography.x509 import InvalidVersion, load_der_x509_certificate

    try:
        certificate = load_der_x509_certificate(data)
        return certificate, usable(certificate.public_key())
    except UnsupportedAlgorithm:
        raise ValueError("its key is of a kind that is not known here") from None
    except InvalidVersion:
        raise ValueError("its version is none that certificates have") from None


def to_der(key: PublicKey) -> bytes:
    """Write a key as its SubjectPublicKeyInfo, by which keys compare."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def certificates_in_pem(data: bytes) -> list[bytes]:
    """Return the certificates in a PEM file, each in DER. Raises ValueError."""
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import InvalidVersion, load_pem_x509_certificates

    try:
        return [certificate.public_bytes(Encoding.DER) for certificate in load_pem_x509_certificates(data)]
    except InvalidVersion:
        raise ValueError("its version is none that certificates have") from None


def signed_with(key: PublicKey, algorithm: Algorithm, signature: bytes, signed: bytes) -> bool:
    """Whether this key made this signature in this way."""
    try:
        match key, algorithm:
            case EllipticCurvePublicKey(), Algorithm.ES256:
                size = (key.key_size + 7) // 8
                if len(signature) != 2 * size:
                    return False
                r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
                key.verify(encode_dss_signature(r, s), signed, ECDSA(hashes.SHA256()))
            case RSAPublicKey(), Algorithm.PS256:
                scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
                key.verify(signature, signed, scheme, hashes.SHA256())
            case _:
                return False
    except InvalidSignature:
        return False
    return True
