"""Pictures from files, as the camera would give them, and what `gatepost decode` says of each."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from kiosk.errors import UsageError

MAX_PIXELS = 64_000_000
"""A larger picture is refused before it is unpacked: a small file can claim any size."""
MAX_BYTES = 64 * 1024 * 1024
# OpenCV reads its own limit when it is first imported; it holds for the kinds of file with a header unknown here.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PIXELS))

import cv2  # noqa: E402 - after its limit

from drivers import qr, zbar  # noqa: E402 - after its limit
from drivers.charset import text_of  # noqa: E402 - after its limit
from drivers.engines import formats_of  # noqa: E402 - after its limit

Picture = NDArray[np.uint8]


class Code(msgspec.Struct, frozen=True):
    """A code as `gatepost decode` prints it."""

    text: str
    bytes_hex: str
    engine: str


class Decoded(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of `gatepost decode`: `ms` is decoding alone, in processor time; `error`: why a file could not be read."""

    file: str
    codes: list[Code]
    ms: float
    error: str | None = None


def decode_file(file: str | Path, symbologies: Iterable[str] = ("qr",)) -> dict[str, Any]:
    """Return the line of `gatepost decode` for one file, ready for JSON; `symbologies` are names in `SYMBOLOGIES`."""
    line: dict[str, Any] = msgspec.to_builtins(read_codes(str(file), symbologies))
    return line


def read_codes(file: str, symbologies: Iterable[str] = ("qr",)) -> Decoded:
    """Read the codes in a picture file, by every rung of the ladder until one finds something."""
    try:
        picture = fit(load_picture(Path(file)), qr.MAX_WIDTH, qr.MAX_HEIGHT)
    except UsageError as error:
        return Decoded(file, [], 0.0, str(error))
    zbar.available()  # Loading the library is not decoding.
    cv2.setNumThreads(1)  # As in the eyes; and all the work is then this thread's.
    began = time.thread_time()
    found = qr.decode(picture, formats=formats_of(symbologies))
    elapsed_ms = round((time.thread_time() - began) * 1000, 3)
    codes = [Code(text_of(code.content), code.content.hex(), code.engine) for code in found]
    return Decoded(file, codes, elapsed_ms)


def load_picture(path: Path) -> Picture:
    """Load a picture as BGR, the first frame of an animation; transparency becomes white.

    Raises UsageError with a sentence when the file cannot be read, is no picture, or is too large.
    """
    try:
        if not path.is_file():
            raise UsageError("the file is not there" if not path.exists() else "this is not a file")
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"the file is larger than {MAX_BYTES // 2**20} MiB")
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"the file cannot be read: {getattr(error, 'strerror', None) or error}") from error
    width, height = claimed_size(content)
    if width * height > MAX_PIXELS:
        raise UsageError(f"the picture is larger than {MAX_PIXELS // 10**6} million pixels")
    return _unpack(content)


def fit(picture: Picture, width: int, height: int) -> Picture:
    """Reduce a picture to fit; never enlarge it."""
    scale = min(1.0, width / picture.shape[1], height / picture.shape[0])
    if scale == 1.0:
        return picture
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def claimed_size(content: bytes) -> tuple[int, int]:
    """Return the width and height that a PNG, GIF, BMP, JPEG or WebP header claims; (0, 0) for anything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _pair(content, 16, 4, "big")
    if content.startswith((b"GIF87a", b"GIF89a")):
        return _pair(content, 6, 2, "little")
    if content.startswith(b"BM"):
        return _pair(content, 18, 4, "little")
    if content.startswith(b"\xff\xd8"):
        return _jpeg_size(content)
    if content[:4] == b"RIFF" and content[8:15] == b"WEBPVP8":
        return _webp_size(content)
    return 0, 0


def _pair(content: bytes, at: int, size: int, order: str) -> tuple[int, int]:
    first, second = content[at : at + size], content[at + size : at + 2 * size]
    if order == "big":
        return int.from_bytes(first, "big"), int.from_bytes(second, "big")
    # A BMP that is stored top-down has a negative height.
    signed = size == 4
    width, height = (int.from_bytes(part, "little", signed=signed) for part in (first, second))
    return abs(width), abs(height)


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """Walk the segments to the start of frame (ITU-T T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = _pair(content, at + 5, 2, "big")
            return width, height
        at += 1 if marker == 0xFF else 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return 0, 0


def _webp_size(content: bytes) -> tuple[int, int]:
    """Read the canvas of an extended, lossless or lossy file (RFC 9649, 2.5 to 2.7)."""
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = _pair(content, 24, 3, "little")
        return width + 1, height + 1
    if kind == b"VP8L":
        packed = int.from_bytes(content[21:25], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    width, height = _pair(content, 26, 2, "little")
    return width & 0x3FFF, height & 0x3FFF


def _unpack(content: bytes) -> Picture:
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        # Some readers refuse the smallest pictures for their length alone; bytes after the end harm none.
        picture = cv2.imdecode(np.frombuffer(content + bytes(64), np.uint8), cv2.IMREAD_UNCHANGED)
    except (cv2.error, MemoryError) as error:
        raise UsageError("the picture cannot be unpacked") from error
    finally:
        cv2.utils.logging.setLogLevel(level)
    if picture is None or picture.size == 0:
        raise UsageError("this is not a picture, or it is damaged")
    return _as_bgr(picture)


def _as_bgr(picture: NDArray[np.generic]) -> Picture:
    if picture.dtype == np.uint16:
        picture = np.asarray(np.asarray(picture, np.uint16) >> 8, np.uint8)
    elif picture.dtype != np.uint8:
        picture = cv2.normalize(np.asarray(picture, np.float32), np.empty(0), 0, 255, cv2.NORM_MINMAX, cv2.CV_8U)
    if picture.ndim == 2:
        return np.asarray(cv2.cvtColor(np.asarray(picture, np.uint8), cv2.COLOR_GRAY2BGR), np.uint8)
    if picture.shape[2] == 4:
        cover = picture[:, :, 3:].astype(np.uint16)
        over = picture[:, :, :3].astype(np.uint16)
        return np.asarray((over * cover + 255 * (255 - cover)) // 255, np.uint8)
    return np.ascontiguousarray(picture[:, :, :3], np.uint8)
