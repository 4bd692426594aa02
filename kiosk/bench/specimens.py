"""Health certificates made up on the spot, to be measured and tested with: the keys that sign them are not kept."""

import base64
import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cbor2 import CBORTag, dumps
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from kiosk.credentials import base45
from kiosk.credentials.jwk import thumbprint
from kiosk.credentials.shc import MAX_PART

NOW = datetime(2021, 6, 1, 12, tzinfo=UTC)
"""When the specimens are shown."""
ISS = "https://issuer.example/cards"
SIGN1, CWT = 18, 61

Sign = Callable[[bytes], bytes]
Tree = dict[str, Any]


def dcc(**members: object) -> Tree:
    """Return a certificate of one vaccination, as of schema 1.3.0, with other members where they are given."""
    vaccine = {"tg": "840539006", "vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215"}
    issue = {"co": "AT", "is": "Ministry of Health", "ci": "URN:UVCI:01:AT:SPECIMEN#B"}
    entry = vaccine | {"dn": 2, "sd": 2, "dt": "2021-05-18"} | issue
    names = {"fn": "Musterfrau-Gößinger", "fnt": "MUSTERFRAU<GOESSINGER", "gn": "Gabriele", "gnt": "GABRIELE"}
    return {"ver": "1.3.0", "nam": names, "dob": "1998-02-26", "v": [entry]} | members


def card(*resources: Tree, types: Iterable[str] = ("health-card", "covid19", "immunization"), **claims: object) -> Tree:
    """Return the payload of a card about one patient; without resources, of two doses of a vaccine."""
    patient = {"resourceType": "Patient", "name": [{"family": "Anyperson", "given": ["John"]}], "birthDate": "1951-01-20"}
    found = (patient, *(resources or (dose("2021-01-01"), dose("2021-01-29"))))
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": f"resource:{number}", "resource": one} for number, one in enumerate(found)],
    }
    credential = {
        "type": [f"https://smarthealth.cards#{name}" for name in types],
        "credentialSubject": {"fhirVersion": "4.0.1", "fhirBundle": bundle},
    }
    return {"iss": ISS, "nbf": NOW.timestamp() - 3600.5, "vc": credential} | claims


def dose(day: str, **members: object) -> Tree:
    """Return an immunization against COVID-19."""
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "207"}]},
        "patient": {"reference": "resource:0"},
        "occurrenceDateTime": day,
        "lotNumber": "0000001",
    } | members


@dataclass(frozen=True, slots=True)
class DocumentSigner:
    """A signer of DCCs: its certificate in DER, how it signs (a COSE algorithm), and its hand."""

    certificate: bytes
    algorithm: int
    sign: Sign = field(repr=False)

    @property
    def key_id(self) -> bytes:
        """The name by which certificates call its key."""
        return hashlib.sha256(self.certificate).digest()[:8]

    def text(self, certificate: object) -> str:
        """Sign a certificate that was issued an hour ago and is good for a day from now."""
        issued, ends = (int((NOW + timedelta(hours=hours)).timestamp()) for hours in (-1, 24))
        return pack(self.message(dumps({1: "AT", 4: ends, 6: issued, -260: {1: certificate}})))

    def message(
        self, payload: bytes, protected: Mapping[int, object] | None = None, unprotected: Mapping[int, object] | None = None
    ) -> bytes:
        """Sign a payload, under other headers where they are given."""
        header = dumps({1: self.algorithm, 4: self.key_id} if protected is None else dict(protected))
        signature = self.sign(dumps(["Signature1", header, b"", payload]))
        return dumps(CBORTag(SIGN1, [header, dict(unprotected or {}), payload, signature]))


@dataclass(frozen=True, slots=True)
class CardSigner:
    """An issuer of cards: its public key in JSON, and its hand."""

    jwk: Mapping[str, str]
    sign: Sign = field(repr=False)

    def jws(self, payload: bytes | Tree, **header: object) -> str:
        """Sign a payload; bytes go in as they are."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload, separators=(",", ":")).encode()
        head = {"zip": "DEF", "alg": "ES256", "kid": self.jwk["kid"]} | header
        members = json.dumps({name: value for name, value in head.items() if value is not None}, separators=(",", ":"))
        signed = f"{base64url(members.encode())}.{base64url(deflate(data))}"
        return f"{signed}.{base64url(self.sign(signed.encode()))}"

    def text(self, payload: bytes | Tree) -> str:
        """Sign a payload and write it as a code has it."""
        return digits(self.jws(payload))


def pack(message: bytes) -> str:
    """Write a signed message as a code has it."""
    return "HC1:" + base45.encode(zlib.compress(message))


def deflate(data: bytes) -> bytes:
    """Compress without zlib's frame."""
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def digits(jws: str, prefix: str = "shc:/") -> str:
    """Write a JWS as pairs of digits."""
    return prefix + "".join(f"{ord(character) - ord('-'):02d}" for character in jws)


def parts(jws: str) -> list[str]:
    """Write a JWS as several codes."""
    total = -(-len(jws) // MAX_PART)
    size = -(-len(jws) // total)
    return [
        digits(jws[at : at + size], f"shc:/{number}/{total}/") for number, at in enumerate(range(0, len(jws), size), start=1)
    ]


def ec_document_signer(
    usages: Iterable[str] = (), curve: ec.EllipticCurve | None = None, **times: datetime
) -> DocumentSigner:
    """Make a signer with an EC key, on P-256 unless another curve is given, for these extended key usages."""
    key = ec.generate_private_key(curve or ec.SECP256R1())
    return DocumentSigner(_certificate(key, usages, **times), -7, _raw_ecdsa(key))


def rsa_document_signer(bits: int = 2048) -> DocumentSigner:
    """Make a signer with an RSA key."""
    key = rsa.generate_private_key(65537, bits)
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    return DocumentSigner(_certificate(key, ()), -37, lambda data: key.sign(data, scheme, hashes.SHA256()))


def card_signer() -> CardSigner:
    """Make an issuer of cards."""
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    x, y = (base64url(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    jwk = {"kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256", "x": x, "y": y}
    return CardSigner(jwk | {"kid": thumbprint(jwk)}, _raw_ecdsa(key))


def base64url(data: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _raw_ecdsa(key: ec.EllipticCurvePrivateKey) -> Sign:
    size = (key.key_size + 7) // 8

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return sign


def _certificate(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    usages: Iterable[str],
    begins: datetime = NOW - timedelta(days=30),
    ends: datetime = NOW + timedelta(days=700),
) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "AT"), x509.NameAttribute(NameOID.COMMON_NAME, "Specimen")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begins, ends)
    if listed := [x509.ObjectIdentifier(usage) for usage in usages]:
        made = made.add_extension(x509.ExtendedKeyUsage(listed), critical=False)
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
