"""Pictures from files, and the lines of `gatepost decode`."""

import json
import os
import struct
import zlib
from pathlib import Path
from tempfile import NamedTemporaryFile

import cv2
import numpy as np
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers.pictures import MAX_BYTES, claimed_size, decode_file, fit, load_picture, read_codes
from kiosk.errors import UsageError
from tests.drivers.pictured import TESTDATA, drawn

HELLO = drawn(b"hello")
PNG = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, pixels: bytes, *, depth: int = 8, colour: int = 0) -> bytes:
    """Write a PNG by hand; `pixels` are rows, each with its filter byte."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return PNG + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def encoded(kind: str, image: NDArray[np.integer | np.floating] = HELLO) -> bytes:
    done, content = cv2.imencode(kind, image)
    assert done
    return content.tobytes()


def rows(image: NDArray[np.uint8]) -> bytes:
    return b"".join(b"\0" + row.tobytes() for row in image)


HEIGHT, WIDTH = HELLO.shape
CLEAR = 255 - HELLO
KINDS: dict[str, bytes] = {
    "png": encoded(".png"),
    "png, 16 bits": encoded(".png", HELLO.astype(np.uint16) * 257),
    "png, one bit": png(WIDTH, HEIGHT, b"".join(b"\0" + np.packbits(row > 0).tobytes() for row in HELLO), depth=1),
    "png, grey with alpha": png(WIDTH, HEIGHT, rows(np.stack([HELLO, np.full_like(HELLO, 255)], axis=-1)), colour=4),
    "png, black on nothing": encoded(".png", np.dstack([np.zeros((HEIGHT, WIDTH, 3), np.uint8), CLEAR])),
    "jpeg": encoded(".jpg"),
    "webp": encoded(".webp"),
    "gif": encoded(".gif", np.repeat(HELLO[:, :, None], 3, axis=2)),
    "bmp": encoded(".bmp"),
    "tiff, real numbers": encoded(".tiff", HELLO.astype(np.float32) / 255),
    "pgm": encoded(".pgm"),
}


@pytest.mark.parametrize("content", KINDS.values(), ids=KINDS.keys())
def test_a_code_is_read_from_any_kind_of_picture(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "picture"
    file.write_bytes(content)
    line = decode_file(file)
    assert "error" not in line
    assert line["file"] == str(file)
    assert line["codes"] == [{"text": "hello", "bytes_hex": b"hello".hex(), "engine": "zxing"}]
    assert line["ms"] > 0


PAYLOADS = {
    "utf8": ("门岗通 é".encode(), "门岗通 é"),
    "gbk": ("上海市浦东新区".encode("gbk"), "上海市浦东新区"),
    "control characters": (b"\x01\x1d\x1e", "\x01\x1d\x1e"),
    "nul": (b"\0\0a\0", "\0\0a\0"),
    "binary": (bytes(range(256)), None),
}


@pytest.mark.parametrize(("content", "text"), PAYLOADS.values(), ids=PAYLOADS.keys())
def test_the_bytes_are_exact_and_the_text_is_valid(tmp_path: Path, content: bytes, text: str | None) -> None:
    file = tmp_path / "code.png"
    file.write_bytes(encoded(".png", drawn(content)))
    line = json.loads(json.dumps(decode_file(file)))
    (code,) = line["codes"]
    assert bytes.fromhex(code["bytes_hex"]) == content
    assert code["text"].encode("utf-8")
    assert text is None or code["text"] == text


def test_every_code_of_a_picture_is_told(tmp_path: Path) -> None:
    both = np.hstack([drawn(b"one"), drawn(b"two")])
    file = tmp_path / "both.png"
    file.write_bytes(encoded(".png", both))
    assert {code["text"] for code in decode_file(file)["codes"]} == {"one", "two"}


def cut(kind: str) -> bytes:
    whole = encoded(kind, np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8))
    return whole[: len(whole) // 2]


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "not a picture"),
    "text": (b"not a picture at all", "not a picture"),
    "truncated png": (cut(".png"), "damaged"),
    "truncated jpeg": (cut(".jpg"), "damaged"),
    "truncated webp": (cut(".webp"), "damaged"),
    "png that ends in its header": (KINDS["png"][:20], "damaged"),
    "png without pixels": (png(8, 8, b""), "damaged"),
    "huge png": (png(100_000, 100_000, b""), "larger than 64 million pixels"),
    "huge gif": (b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + bytes(64), "larger than 64 million pixels"),
    "huge bmp": (b"BM" + bytes(16) + struct.pack("<ii", 100_000, -100_000) + bytes(64), "larger than 64 million"),
    "huge jpeg": (
        b"\xff\xd8\xff\xe0\x00\x10" + bytes(14) + b"\xff\xc2\x00\x0b\x08" + struct.pack(">HH", 65_500, 65_500) + bytes(9),
        "larger than 64 million pixels",
    ),
    "huge lossless webp": (b"RIFF\x40\0\0\0WEBPVP8L\x40\0\0\0\x2f\xff\xff\xff\xff" + bytes(64), "larger than 64 million"),
    "huge extended webp": (b"RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff" * 6 + bytes(64), "larger than 64"),
    "huge pgm": (b"P5 100000 100000 255\n", "cannot be unpacked"),
    "huge hdr": (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 100000 +X 100000\n", "cannot be unpacked"),
}


@pytest.mark.parametrize(("content", "words"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_that_cannot_be_read_is_a_line_with_an_error(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(content)
    line = decode_file(file)
    assert (line["file"], line["codes"], line["ms"]) == (str(file), [], 0.0)
    assert words in line["error"]
    assert "\n" not in line["error"]


PLACES = {
    "absent": ("absent.png", "the file is not there"),
    "a directory": (".", "this is not a file"),
    "a file as a folder": ("file/picture.png", "the file is not there"),
    "a loop of links": ("loop", "the file"),
    "a link to nowhere": ("dangling", "the file is not there"),
    "a pipe": ("pipe", "this is not a file"),
    "a name that cannot be": ("a\0b", "the file"),
    "a name that is too long": ("a" * 300, "the file"),
    "too large": ("large", "larger than 64 MiB"),
}


@pytest.mark.parametrize(("name", "words"), PLACES.values(), ids=PLACES.keys())
def test_what_is_no_file_is_a_line_with_an_error(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as large:
        large.truncate(MAX_BYTES + 1)
    line = decode_file(f"{tmp_path}/{name}")
    assert line["codes"] == []
    assert words in line["error"]


def test_a_file_name_that_is_not_utf8_is_given_back_as_it_came(tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/gl\xfcck.png")
    Path(name).write_bytes(KINDS["png"])
    line = decode_file(name)
    assert line["codes"]
    # JSON in ASCII can carry it; a lone surrogate has no UTF-8.
    assert os.fsencode(json.loads(json.dumps(line))["file"]).endswith(b"/gl\xfcck.png")


def test_the_name_is_given_back_as_it_was_written() -> None:
    assert decode_file("./no//such/../file")["file"] == "./no//such/../file"


def test_of_an_animation_the_first_picture_counts(tmp_path: Path) -> None:
    frames = [np.repeat(drawn(content)[:, :, None], 3, axis=2) for content in (b"first", b"later")]
    moving = cv2.Animation()
    moving.frames = frames
    moving.durations = [100, 100]
    file = tmp_path / "moving.webp"
    assert cv2.imwriteanimation(str(file), moving)
    assert [code["text"] for code in decode_file(file)["codes"]] == ["first"]


@pytest.mark.parametrize("name", ["1x1.webp", "1x100.webp", "#245.png", "MQR-falsepositive.jpg"])
def test_the_smallest_pictures_of_others_are_read_and_hold_no_code(name: str) -> None:
    path = TESTDATA / "qr" / "zxing-cpp" / "falsepositives-1" / name
    if not path.exists():
        pytest.skip("the pictures made by others are not here (GATEPOST_TESTDATA)")
    line = decode_file(path)
    assert "error" not in line
    assert line["codes"] == []


def loaded(content: bytes) -> NDArray[np.uint8]:
    with NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return load_picture(Path(file.name))


def test_transparency_is_white() -> None:
    layered = np.zeros((2, 2, 4), np.uint8)
    layered[0, 0] = (10, 20, 30, 255)
    layered[0, 1] = (0, 0, 0, 128)
    picture = loaded(encoded(".png", layered))
    assert picture[0, 0].tolist() == [10, 20, 30]
    assert picture[0, 1].tolist() == [127, 127, 127]
    assert picture[1, 1].tolist() == [255, 255, 255]


SIZES = [(1, 1), (1, 100), (37, 53), (640, 480), (1281, 7)]


@pytest.mark.parametrize("kind", [".png", ".jpg", ".webp", ".gif", ".bmp"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_size_in_a_header_is_the_pictures(kind: str, width: int, height: int) -> None:
    content = encoded(kind, np.full((height, width, 3), 90, np.uint8))
    assert claimed_size(content) == (width, height)
    assert loaded(content).shape == (height, width, 3)


@given(st.binary(max_size=64), st.sampled_from([b"", PNG, b"GIF89a", b"BM", b"\xff\xd8", b"RIFF\0\0\0\0WEBPVP8X"]))
def test_whatever_a_header_says_its_size_is_told_or_unknown(rest: bytes, start: bytes) -> None:
    width, height = claimed_size(start + rest)
    assert width >= 0
    assert height >= 0


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((1280, 720), (1280, 720)),
        ((2560, 1440), (1280, 720)),
        ((4000, 3000), (960, 720)),
        ((3000, 4000), (540, 720)),
        ((320, 240), (320, 240)),
        ((10_000, 1), (1280, 1)),
        ((1, 5000), (1, 720)),
    ],
)
def test_a_picture_is_reduced_to_fit_and_never_enlarged(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    width, height = size
    assert fit(np.zeros((height, width, 3), np.uint8), 1280, 720).shape[1::-1] == fitted


def test_loading_says_why_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^the file is not there$"):
        load_picture(tmp_path / "absent")


def test_other_symbologies_are_read_where_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "aztec.png"
    code = zxingcpp.create_barcode("HC1:6BF", zxingcpp.BarcodeFormat.Aztec)
    cv2.imwrite(str(path), np.pad(np.array(code.to_image(scale=6), np.uint8), 30, constant_values=255))
    assert [one.text for one in read_codes(str(path), ("qr", "aztec")).codes] == ["HC1:6BF"]
    assert read_codes(str(path)).codes == []
