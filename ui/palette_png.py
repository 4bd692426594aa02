"""PNG files of 256 colours: a quarter of the size, and on a drawn screen nobody sees the difference."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_COLOURS = 256
SIGNATURE = b"\x89PNG\r\n\x1a\n"
INDEXED = 3

Pixels = npt.NDArray[Any]
"""Height by width by red, green, blue, a byte each."""


def write_palette_png(path: Path, pixels: Pixels) -> None:
    """Write a picture with the colours that it has most of; the others become the nearest of them (W3C PNG, type 3)."""
    height, width, _ = pixels.shape
    # Steps of eight: what differs less is the same colour of one edge.
    coarse = (pixels >> 3).astype(np.uint32)
    packed = (coarse[..., 0] << 10) | (coarse[..., 1] << 5) | coarse[..., 2]
    found, inverse, counts = np.unique(packed, return_inverse=True, return_counts=True)
    kept = np.argsort(counts)[::-1][:MOST_COLOURS]
    colours = np.stack([(found >> shift & 31) for shift in (10, 5, 0)], axis=1).astype(np.int32)
    distances = ((colours[:, None, :] - colours[kept][None, :, :]) ** 2).sum(axis=2)
    indexes = distances.argmin(axis=1).astype(np.uint8)[inverse.reshape(height, width)]
    palette = _true_colours(pixels, packed, found[kept])
    rows = np.concatenate([np.zeros((height, 1), np.uint8), indexes], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, INDEXED, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    path.write_bytes(SIGNATURE + b"".join(_chunk(kind, body) for kind, body in chunks))


def _true_colours(pixels: Pixels, packed: npt.NDArray[Any], kept: npt.NDArray[Any]) -> bytes:
    """Return one of the true colours behind each coarse one: a plain ground keeps its exact shade."""
    _, first = np.unique(packed, return_index=True)
    by_code = dict(zip(np.unique(packed).tolist(), first.tolist(), strict=True))
    flat = pixels.reshape(-1, 3)
    return b"".join(flat[by_code[code]].tobytes() for code in kept.tolist())


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
