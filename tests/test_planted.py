"""The search for planted data finds it in every form, so that finding nothing means something."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.planted import Secret, files_in, found_in, inflated

NAME = Secret("a name", "王小明 Zhang-Wei")


WAYS_OUT = {
    "plain": NAME.text.encode(),
    "in capitals": b"ZHANG-WEI of " + NAME.text.upper().encode(),
    "in JSON": json.dumps({"who": NAME.text}).encode(),
    "in a Python repr": repr({"who": NAME.text.encode()}).encode(),
    "UTF-16": f"x{NAME.text}".encode("utf-16"),
    "GBK": f"访客{NAME.text}".encode("gbk"),
    "hexadecimal": ("00" + NAME.text.encode().hex()).encode(),
    "in an address": f"GET /?who={quote(NAME.text)}".encode(),
}


@pytest.mark.parametrize("content", WAYS_OUT.values(), ids=WAYS_OUT.keys())
def test_a_secret_is_found_however_it_is_written(content: bytes) -> None:
    assert found_in([NAME], {"a file": content})


@given(before=st.binary(max_size=5), after=st.binary(max_size=5))
def test_a_secret_is_found_in_base64_wherever_it_stands(before: bytes, after: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert found_in([NAME], {"a file": b'"sealed":"' + encode(before + NAME.text.encode() + after) + b'"'})


@pytest.mark.parametrize("compress", [zlib.compress, gzip.compress], ids=["zlib", "gzip"])
def test_a_secret_is_found_where_it_is_compressed(compress: Callable[[bytes], bytes]) -> None:
    packed = b"x\x9c no, not yet: " + compress(b"who: " + NAME.text.encode()) + b"and more"
    (found,) = found_in([NAME], inflated({"a file": packed}))
    assert found.startswith("a name is in a file (inflated from byte 16)")


def test_files_are_found_however_deep_they_lie(tmp_path: Path) -> None:
    (tmp_path / "run" / "deep").mkdir(parents=True)
    (tmp_path / "run" / "deep" / "log").write_bytes(NAME.text.encode())
    assert found_in([NAME], files_in(tmp_path)) == ["a name is in run/deep/log, as it is"]


def test_what_is_not_there_is_not_found() -> None:
    assert found_in([NAME], {"a file": quote_plus("somebody else").encode()}) == []
