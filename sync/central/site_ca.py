"""The site's own certificate authority, and the server's certificate by it: made by the server, renewed by itself.

Four files in one folder: `site-ca.pem` and `site-ca.key`, `server.pem` (with the CA's after it) and `server.key`. Both
certificates are valid since 1970, so that a kiosk whose clock was never set accepts them: their beginning protects
nobody, since kiosks believe this CA alone.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kiosk.errors import UsageError
from sync.replacing import replace_file

SINCE = datetime(1970, 1, 1, tzinfo=UTC)
CA_FOR = timedelta(days=3653)
LEAF_FOR = timedelta(days=397)
"""The longest that browsers take a server's certificate for."""
RENEW_BEFORE = timedelta(days=132)
"""With a third of its time left a server's certificate is renewed."""


@dataclass(frozen=True, slots=True)
class SiteCA:
    """The files of a server that has TLS."""

    folder: Path

    @property
    def certificate(self) -> Path:
        """The CA's certificate, which kiosks pin."""
        return self.folder / "site-ca.pem"

    @property
    def chain(self) -> Path:
        """The server's certificate, and the CA's after it."""
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        """The server's private key."""
        return self.folder / "server.key"

    def prepare(self, names: list[str], now_us: int) -> bool:
        """Make what is missing, and renew what ends soon or is for other names; whether anything was. Raises UsageError."""
        now = datetime.fromtimestamp(now_us // 1_000_000, UTC)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _alone(self.folder):
                authority = self._authority(now)
                if self._is_good(authority[0], names, now):
                    return False
                self._issue(authority, names, now)
                return True
        except (OSError, ValueError) as error:
            raise UsageError(f"[tls] folder: the certificates there cannot be used or made: {_reason(error)}") from error

    def public_key(self) -> bytes:
        """The CA's public key (DER, SubjectPublicKeyInfo). Raises UsageError while there is none."""
        try:
            found = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        except (OSError, ValueError) as error:
            raise UsageError(f"{self.certificate}: the site CA cannot be read: {_reason(error)}") from error
        return found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def _authority(self, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        kept = self.folder / "site-ca.key"
        if self.certificate.exists():
            return x509.load_pem_x509_certificate(self.certificate.read_bytes()), _read_key(kept)
        # A key without a certificate is what a crash left: its certificate was never seen by anybody.
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Gatepost site CA")])
        usage = _usage(signs_certificates=True)
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        made = (
            _builder(name, name, key, now + CA_FOR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(own, critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False)
            .sign(key, SHA256())
        )
        replace_file(kept, _pem(key))
        replace_file(self.certificate, made.public_bytes(Encoding.PEM))
        return made, key

    def _issue(self, authority: tuple[x509.Certificate, ec.EllipticCurvePrivateKey], names: list[str], now: datetime) -> None:
        by, ca_key = authority
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
        until = min(now + LEAF_FOR, by.not_valid_after_utc)
        made = (
            _builder(subject, by.subject, key, until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(list(map(_alternative, names))), critical=False)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
            .sign(ca_key, SHA256())
        )
        # A crash between the two leaves a key that is not the certificate's, which is found and made good.
        replace_file(self.key, _pem(key))
        replace_file(self.chain, made.public_bytes(Encoding.PEM) + by.public_bytes(Encoding.PEM))

    def _is_good(self, by: x509.Certificate, names: list[str], now: datetime) -> bool:
        try:
            leaf, key = x509.load_pem_x509_certificate(self.chain.read_bytes()), _read_key(self.key)
            leaf.verify_directly_issued_by(by)
            named = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (OSError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
            return False
        left = leaf.not_valid_after_utc - now
        return (
            leaf.public_key() == key.public_key()
            and list(named) == list(map(_alternative, names))
            and (left > RENEW_BEFORE or leaf.not_valid_after_utc == by.not_valid_after_utc)
        )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(SINCE)
        .not_valid_after(until)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path.name} is of another kind")  # noqa: TRY004 - what was read is wrong, not the call
    return key


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The server and a command may both find that something is missing."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _reason(error: Exception) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
