"""Hostile bytes, read within bounds: what is longer or deeper than any certificate is refused, never worked through."""

import json
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any, NoReturn

from kiosk.errors import GatepostError
from kiosk.evidence import Verdict

MAX_DEPTH = 12
"""Containers and tags in one another; a DCC has five."""
MAX_JSON = 8 * 1024 * 1024
"""Bytes: the largest trust list."""

_RAW, _ZLIB = -zlib.MAX_WBITS, zlib.MAX_WBITS


class Unreadable(GatepostError, ValueError):
    """A text is no certificate that this version reads; `verdict` is MALFORMED or UNSUPPORTED."""

    def __init__(self, detail: str, verdict: Verdict = Verdict.MALFORMED) -> None:
        super().__init__(detail)
        self.verdict = verdict


def inflate(data: bytes, limit: int, *, raw: bool = False) -> bytes:
    """Decompress zlib (RFC 1950) or raw DEFLATE (RFC 1951) data to at most `limit` bytes. Raises Unreadable.

    No more than `limit` + 1 bytes are ever made of the data, however much it promises.
    """
    stream = zlib.decompressobj(_RAW if raw else _ZLIB)
    try:
        out = stream.decompress(data, limit + 1)
    except zlib.error:
        raise Unreadable("its compression is broken") from None
    if len(out) > limit:
        raise Unreadable("it is larger than any certificate once decompressed")
    if not stream.eof or stream.unused_data:
        raise Unreadable("its compression ends too early, or too late")
    return out


def cbor(data: bytes) -> Any:
    """Read one item of CBOR (RFC 8949) that fills the data. Raises Unreadable.

    Tags that only say what the item in them is (a date, a signed message, a CWT) are passed over; every other tag
    asks its reader to build something, and is refused.
    """
    # Only here: a gate that never sees such a certificate shall not carry its library.
    from cbor2 import CBORDecoder, CBORError

    stream = BytesIO(data)
    decoder = CBORDecoder(stream, semantic_decoders=_TAGS, max_depth=MAX_DEPTH, allow_duplicate_keys=False, read_size=1)
    try:
        item = decoder.decode()
    except (CBORError, ValueError, TypeError, OverflowError) as error:
        raise Unreadable("its CBOR is broken") from error
    if stream.tell() != len(data):
        raise Unreadable("bytes are left over after its CBOR")
    return item


def json_tree(data: bytes) -> Any:
    """Read strict JSON (RFC 8259): UTF-8, no member twice, no NaN. Raises ValueError that says what is wrong."""
    if len(data) > MAX_JSON:
        raise ValueError(f"it is larger than {MAX_JSON // 1024 // 1024} MB, too large for anything that is read here")
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _plain(item: Any, _immutable: bool) -> Any:
    return item


def _refused(_item: Any, _immutable: bool) -> NoReturn:
    raise ValueError("a tag that no certificate has")


class _Tags(dict[int, Callable[[Any, bool], Any]]):
    """What becomes of a tagged item, by its tag."""

    def __missing__(self, tag: int) -> Callable[[Any, bool], Any]:
        return _refused


# Dates and times (0, 1, 100, 1004), COSE_Sign1 (18), CWT (61), "this is CBOR" (55799): RFC 8949, 8943, 9052, 8392.
_TAGS = _Tags(dict.fromkeys((0, 1, 18, 61, 100, 1004, 55799), _plain))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
