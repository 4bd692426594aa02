#!/usr/bin/env python3
"""Wrap a script for U-Boot: the header of its legacy images, as `mkimage -T script` writes it. Usage: boot-script.py FROM TO.

Layout: U-Boot's include/image.h, `legacy_img_hdr`: 64 bytes, big-endian, then the lengths of the parts, a zero, and the text.
"""

import struct
import sys
import zlib
from pathlib import Path

MAGIC = 0x27051956
OS_LINUX, ARCH_ARM64, TYPE_SCRIPT, UNCOMPRESSED = 5, 22, 6, 0


def wrapped(script: bytes) -> bytes:
    """The image; no time is in it, so the same script gives the same bytes."""
    data = struct.pack(">II", len(script), 0) + script

    def header(own_crc: int) -> bytes:
        kinds = OS_LINUX, ARCH_ARM64, TYPE_SCRIPT, UNCOMPRESSED
        return struct.pack(">7I4B32s", MAGIC, own_crc, 0, len(data), 0, 0, zlib.crc32(data), *kinds, b"gatepost")

    return header(zlib.crc32(header(0))) + data


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_bytes(wrapped(source.read_bytes()))
