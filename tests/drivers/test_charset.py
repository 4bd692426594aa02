"""The text of a code's bytes: the character set that they look like, and always a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.charset import text_of

TEXTS = {
    "utf8": ("王小明".encode(), "王小明"),
    "gbk": ("王小明".encode("gbk"), "王小明"),
    "gbk, traditional": ("門崗通行證".encode("gbk"), "門崗通行證"),
    "gbk, much used in names": ("高晓无锡".encode("gbk"), "高晓无锡"),
    "gb18030": ("㐂𠮷".encode("gb18030"), "㐂𠮷"),
    "shift jis": ("外側QRコード".encode("cp932"), "外側QRコード"),
    "shift jis, half width": ("ﾃﾞｻﾞｲﾝQR\r\nhttp://d-qr.net/".encode("cp932"), "ﾃﾞｻﾞｲﾝQR\r\nhttp://d-qr.net/"),
    "latin1": (b"caf\xe9", "café"),
    "neither": (b"\xff\xfe\x80", "\\xff\\xfe\\x80"),
    "empty": (b"", ""),
}


@pytest.mark.parametrize(("content", "text"), TEXTS.values(), ids=TEXTS.keys())
def test_text_is_in_the_character_set_that_the_bytes_look_like(content: bytes, text: str) -> None:
    assert text_of(content) == text


@given(st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"])))
def test_utf8_is_never_taken_for_anything_else(text: str) -> None:
    assert text_of(text.encode()) == text


@given(st.binary())
def test_text_can_always_be_encoded(content: bytes) -> None:
    text_of(content).encode("utf-8")
