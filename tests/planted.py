"""Personal data that tests plant at every entrance, and the search for it in whatever a process leaves behind."""

import base64
import json
import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

MOST_INFLATED = 16 * 1024 * 1024
_COMPRESSED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")


@dataclass(frozen=True)
class Secret:
    """A text that names a person, or opens something, and where it was planted."""

    where: str
    text: str

    def forms(self) -> dict[str, bytes]:
        """The ways in which it could come out again, by name."""
        found: dict[str, bytes] = {}
        for case, text in {
            "as it is": self.text,
            "in small letters": self.text.lower(),
            "in capitals": self.text.upper(),
        }.items():
            raw = text.encode()
            found |= {
                case: raw,
                f"UTF-16 little-endian, {case}": text.encode("utf-16-le"),
                f"UTF-16 big-endian, {case}": text.encode("utf-16-be"),
                f"hexadecimal, {case}": raw.hex().encode(),
                f"hexadecimal in capitals, {case}": raw.hex().upper().encode(),
                f"percent-encoded, {case}": quote(text, safe="").encode(),
                f"percent-encoded in small letters, {case}": quote(text, safe="").lower().encode(),
                f"GBK and GB18030, {case}": text.encode("gb18030"),
                f"escaped as in JSON, {case}": json.dumps(text)[1:-1].encode(),
                f"escaped as in Python, {case}": repr(raw)[2:-1].encode(),
            }
            for offset in range(3):
                # Where it stands among other bytes decides how its base64 looks; its first and last letters may be cut.
                standard = base64.b64encode(b"\0" * offset + raw)
                middle = standard[4 if offset else 0 : len(standard) - 4]
                found[f"base64 at {offset}, {case}"] = middle
                found[f"base64 for addresses at {offset}, {case}"] = middle.replace(b"+", b"-").replace(b"/", b"_")
        return found


def inflated(places: dict[str, bytes]) -> dict[str, bytes]:
    """The places, and beside each whatever in it is compressed as zlib or gzip."""
    found = dict(places)
    for place, content in places.items():
        for head in _COMPRESSED.finditer(content):
            with suppress(zlib.error):
                text = zlib.decompressobj(32 + zlib.MAX_WBITS).decompress(content[head.start() :], MOST_INFLATED)
                found[f"{place} (inflated from byte {head.start()})"] = text
    return found


def found_in(secrets: list[Secret], places: dict[str, bytes]) -> list[str]:
    """One sentence for each secret that is in one of the places."""
    return [
        f"{secret.where} is in {place}, {form}"
        for secret in secrets
        for form, data in secret.forms().items()
        for place, content in places.items()
        if data in content
    ]


def files_in(folder: Path) -> dict[str, bytes]:
    """The content of every file in a folder and those below, by its path in there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
