"""What is fuzzed: every layer of a credential, every kind of trust file, and the decoders, with whatever bytes come.

The first byte chooses the layer that the others go into, so that each is reached through genuine ones around it.
"""

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterable

import cv2
import numpy as np
from cbor2 import dumps

from drivers.charset import text_of
from drivers.pictures import read_codes
from drivers.qr import decode
from drivers.tint import tint_around
from kiosk.bench.specimens import (
    NOW,
    base64url,
    card,
    card_signer,
    dcc,
    deflate,
    digits,
    dose,
    ec_document_signer,
    pack,
)
from kiosk.credentials import CardPart, CardParts, TrustList, base45, combine, examine, examine_parts, read_trust
from kiosk.credentials.card_trust import key
from kiosk.errors import UsageError
from kiosk.evidence import Credential, Verdict
from kiosk.holder import Strictness, agree, compare, holder_of
from kiosk.units import WallTime
from tests.drivers.pictured import drawn

SIGNER, CARDS = ec_document_signer(), card_signer()
OTHER, OTHER_CARDS = ec_document_signer(), card_signer()
KEYS = json.dumps({"keys": [dict(CARDS.jwk)]}).encode()
TRUST = combine(read_trust(SIGNER.certificate, "signer"), read_trust(KEYS, "keys"))
FORGED = TrustList(
    document_signers={SIGNER.key_id: read_trust(OTHER.certificate, "other").document_signers[OTHER.key_id]},
    card_keys={CARDS.jwk["kid"]: key(OTHER_CARDS.jwk, "other")},
)
"""The names of the signers' keys, but other keys: whatever is valid here has been taken without its signature."""
MOST_DRAWN = 300
"""Bytes, so that drawing the code does not take longer than reading it."""
AT = WallTime(round(NOW.timestamp() * 1_000_000))
JWS = CARDS.jws(card())
HEADER, PAYLOAD, SIGNATURE = JWS.split(".")


def refused(text: bytes | str) -> None:
    """Examine what nobody signed with a key that is listed: it must come back, and must not be valid."""
    match examine(text if isinstance(text, bytes) else text.encode(), FORGED, AT):
        case Credential(verdict=verdict):
            assert verdict is not Verdict.VALID
        case CardPart() as part:
            parts = CardParts().with_part(part).with_part(part)
            assert not parts.complete
            assert examine_parts(parts, FORGED, AT).verdict is Verdict.MALFORMED


def read(text: bytes | str) -> None:
    """Examine what is signed: it must come back, and have a verdict."""
    found = examine(text if isinstance(text, bytes) else text.encode(), TRUST, AT)
    assert not isinstance(found, Credential) or found.detail or found.verdict is Verdict.VALID


def trust_file(data: bytes) -> None:
    """Read a trust file: it is read, or one sentence says why not."""
    with contextlib.suppress(UsageError):
        read_trust(data, "file")


def names(data: bytes) -> None:
    """Compare two names: each is like itself, and it does not matter which comes first."""
    one, _, other = data.decode("utf-8", "replace").partition("\n")
    form, code = holder_of(one, "", "2000-01-01"), holder_of(other, "", "2000-01-01")
    assert compare(form, code) is compare(code, form)
    assert agree(form, form, Strictness.EXACT) in (True, None)


def statement(data: bytes) -> None:
    """Put one field of a certificate, or of a statement in it, in place of the genuine one."""
    whole = dcc()
    fields = [*whole, *whole["v"][0]]
    field, value = fields[data[0] % len(fields)] if data else "ver", data[1:].decode("utf-8", "replace")
    changed = whole | {field: value} if field in whole else whole | {"v": [whole["v"][0] | {field: value}]}
    read(SIGNER.text(changed))


def resource(data: bytes) -> None:
    """Put a JSON value, or a text, in place of one member of an immunization."""
    genuine = dose("2021-01-01")
    member, value = [*genuine][data[0] % len(genuine)] if data else "status", data[1:].decode("utf-8", "replace")
    with contextlib.suppress(ValueError, RecursionError):
        value = json.loads(value)
    read(CARDS.jws(card(genuine | {member: value})))


def picture(data: bytes) -> None:
    """Show the decoders a small picture of these bytes, a code with these bytes over it, and a code that holds them."""
    width = 1 + (data[0] if data else 0) % 64
    noise = np.frombuffer((data + bytes(width))[: max(1, len(data) // width) * width], np.uint8).reshape(-1, width)
    spoilt = drawn(b"fuzzed", pixels=3)
    rows, columns = (min(one, other) for one, other in zip(noise.shape, spoilt.shape, strict=True))
    spoilt[:rows, :columns] ^= noise[:rows, :columns]
    for shown in (noise, spoilt):
        for code in decode(shown):
            assert (
                tint_around(np.asarray(cv2.cvtColor(shown, cv2.COLOR_GRAY2BGR), np.uint8), code.corners) is None
                or code.corners
            )
            text_of(code.content).encode()
    if 0 < len(data) <= MOST_DRAWN:
        assert data in [code.content for code in decode(drawn(data, pixels=4))]


def picture_file(data: bytes) -> None:
    """Unpack a picture file: it is read, or one sentence says why not."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(data)
        file.flush()
        read_codes(file.name)


LAYERS: tuple[Callable[[bytes], None], ...] = (
    refused,
    lambda data: refused(b"HC1:" + data),
    lambda data: refused("HC1:" + base45.encode(data)),
    lambda data: refused(pack(data)),
    lambda data: read(pack(SIGNER.message(data))),
    lambda data: read(SIGNER.text({"ver": "1.3.0", "nam": {}, "dob": data.decode("utf-8", "replace")})),
    lambda data: read(pack(SIGNER.message(dumps({4: 2**31, -260: {1: data}})))),
    statement,
    lambda data: refused(b"shc:/" + data),
    lambda data: refused(digits("".join(chr(45 + byte % 78) for byte in data))),
    lambda data: refused(f"{base64url(data)}.{PAYLOAD}.{SIGNATURE}"),
    lambda data: refused(f"{HEADER}.{base64url(data)}.{SIGNATURE}"),
    lambda data: refused(f"{HEADER}.{base64url(deflate(data))}.{SIGNATURE}"),
    lambda data: read(CARDS.jws(data)),
    resource,
    trust_file,
    names,
    picture,
    picture_file,
)


def one(data: bytes) -> None:
    """Put the bytes into the layer that the first of them names."""
    if data:
        LAYERS[data[0] % len(LAYERS)](data[1:])


def seeds() -> Iterable[bytes]:
    """Return genuine inputs of the layers, to begin from."""
    genuine: dict[int, tuple[bytes, ...]] = {
        0: (SIGNER.text(dcc()).encode(), CARDS.text(card()).encode(), JWS.encode()),
        1: (SIGNER.text(dcc()).encode()[4:],),
        3: (SIGNER.message(dumps({4: 2**31, -260: {1: dcc()}})),),
        4: (dumps({1: "AT", 4: 2**31, 6: 1, -260: {1: dcc()}}),),
        6: (dumps(dcc()),),
        7: (b"\x00" + b"1.3.0", b"\x02" + b"1998-02-26"),
        8: (digits(JWS, "").encode(), digits(JWS[:40], "1/2/").encode()),
        12: (json.dumps(card()).encode(),),
        13: (json.dumps(card(), separators=(",", ":")).encode(),),
        14: (b"\x01" + b'"completed"', b"\x03" + b'{"reference": "resource:0"}'),
        15: (
            KEYS,
            SIGNER.certificate,
            b'{"certificates": [{"country": "DE", "kid": "AAAA", "rawData": "AAAA"}]}',
            b'{"dsc_trust_list": {"SE": {"eku": {}, "keys": [{"kty": "EC", "kid": "AAAA"}]}}}',
            b'{"eu_keys": {"AAAA": [{"subjectPk": "AAAA", "keyUsage": ["v"]}]}}',
            b'{"time": "2021-05-01", "issuerInfo": [{"issuer": {"iss": "https://x.example"}, "keys": [], "crls": []}]}',
            b'{"kid": "k", "method": "rid", "rids": ["a.1"]}',
            b'{"schema": 1, "id": "list", "issued_at": "2021-05-01T00:00:00Z", "issuers": []}',
        ),
        17: (b"", b"x", bytes(range(256)), "上海".encode("gbk")),
        18: (cv2.imencode(".png", drawn(b"in a file"))[1].tobytes(), cv2.imencode(".webp", drawn(b"x"))[1].tobytes()),
        16: ("Gößinger\nGOESSINGER".encode(), "王伟\nWang Wei".encode()),
    }
    for layer, inputs in genuine.items():
        yield from (bytes((layer,)) + data for data in inputs)
