"""Just enough of OpenType to use a font collection: take one face out, and say which characters it has.

Kivy opens the first face of a collection alone. In Noto Sans CJK that is the Japanese one, whose characters a Chinese
reader finds foreign (ISO/IEC 14496-22: 'ttcf' header, table directory, 'cmap' formats 4 and 12, 'name').
"""

import struct
from collections.abc import Iterator
from pathlib import Path

COLLECTION = b"ttcf"
WINDOWS = 3
ENGLISH = 0x409
FULL_NAME = 4

_HEAD = struct.Struct(">4sHHHH")
_RECORD = struct.Struct(">4sIII")
_NAME = struct.Struct(">HHHHHH")

Tables = dict[bytes, tuple[int, int, int]]
"""Tag to checksum, offset and length."""


class FontFile:
    """One face of a font file."""

    def __init__(self, path: Path, face: str | None = None) -> None:
        """Open a font; `face` is the full name of one in a collection, None the first. Raises ValueError, OSError."""
        self._data = path.read_bytes()
        try:
            for at in self._faces():
                self._head, self._tables = self._directory(at)
                if face is None or face in self._names():
                    return
        except struct.error as error:
            raise ValueError(f"{path}: is no OpenType font") from error
        raise ValueError(f"{path}: has no face {face!r}")

    def characters(self) -> set[int]:
        """Return the code points that the face has a glyph for."""
        _, start, _ = self._tables[b"cmap"]
        count = struct.unpack_from(">H", self._data, start + 2)[0]
        subtables = [struct.unpack_from(">HHI", self._data, start + 4 + 8 * number)[2] for number in range(count)]
        found: set[int] = set()
        for offset in set(subtables):
            match struct.unpack_from(">H", self._data, start + offset)[0]:
                case 4:
                    found.update(self._format_4(start + offset))
                case 12:
                    found.update(self._format_12(start + offset))
        return found

    def write(self, path: Path) -> None:
        """Write the face as a font of its own, whole or not at all."""
        head = _HEAD.pack(*self._head)
        records, body = b"", b""
        at = len(head) + _RECORD.size * len(self._tables)
        for tag, (checksum, offset, length) in self._tables.items():
            padded = self._data[offset : offset + length] + b"\0" * (-length % 4)
            records += _RECORD.pack(tag, checksum, at + len(body), length)
            body += padded
        draft = path.with_suffix(".draft")
        draft.write_bytes(head + records + body)
        draft.rename(path)

    def _faces(self) -> tuple[int, ...]:
        if self._data[:4] != COLLECTION:
            return (0,)
        count = struct.unpack_from(">I", self._data, 8)[0]
        return struct.unpack_from(f">{count}I", self._data, 12)

    def _directory(self, at: int) -> tuple[tuple[bytes, int, int, int, int], Tables]:
        head = _HEAD.unpack_from(self._data, at)
        records = (_RECORD.unpack_from(self._data, at + _HEAD.size + _RECORD.size * number) for number in range(head[1]))
        return head, {tag: (checksum, offset, length) for tag, checksum, offset, length in records}

    def _names(self) -> Iterator[str]:
        if b"name" not in self._tables:
            return
        _, start, _ = self._tables[b"name"]
        count, strings = struct.unpack_from(">HH", self._data, start + 2)
        for number in range(count):
            platform, _, language, name, length, offset = _NAME.unpack_from(self._data, start + 6 + _NAME.size * number)
            if (platform, language, name) == (WINDOWS, ENGLISH, FULL_NAME):
                begin = start + strings + offset
                yield self._data[begin : begin + length].decode("utf-16-be")

    def _format_4(self, at: int) -> Iterator[int]:
        segments = struct.unpack_from(">H", self._data, at + 6)[0] // 2
        ends = struct.unpack_from(f">{segments}H", self._data, at + 14)
        begins = struct.unpack_from(f">{segments}H", self._data, at + 16 + 2 * segments)
        for begin, end in zip(begins, ends, strict=True):
            yield from range(begin, min(end, 0xFFFE) + 1)

    def _format_12(self, at: int) -> Iterator[int]:
        groups = struct.unpack_from(">I", self._data, at + 12)[0]
        for number in range(groups):
            begin, end, _ = struct.unpack_from(">III", self._data, at + 16 + 12 * number)
            yield from range(begin, end + 1)
