"""What a browser sends of a form with a file: its fields, and the file's bytes. Pure."""

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

MOST_PARTS = 8
MOST_FIELD = 1024


@dataclass(slots=True)
class Parts:
    """Fields by name, and the bytes of the one file; empty where none was chosen. Its name and kind are not believed."""

    fields: dict[str, str] = field(default_factory=dict)
    file: bytes = field(default=b"", repr=False)


class NotParts(ValueError):
    """It is no form with a file, or one of more parts than any of ours."""


def read_parts(content_type: str, body: bytes) -> Parts:
    """Read `multipart/form-data`. Raises NotParts."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= 200:
        raise NotParts("not multipart/form-data")
    reader = _Reader()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reader.begin,
                "on_header_field": reader.header_name,
                "on_header_value": reader.header_value,
                "on_header_end": reader.header_end,
                "on_part_data": reader.data,
                "on_part_end": reader.end,
                "on_end": reader.over,
            },
        )
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise NotParts("a damaged form") from None
    if not reader.whole:
        raise NotParts("a form that was cut short")
    return reader.parts


class _Reader:
    def __init__(self) -> None:
        self.parts = Parts()
        self.whole = False
        self._count = 0
        self._name, self._value, self._disposition = b"", b"", b""
        self._body = bytearray()

    def begin(self) -> None:
        self._count += 1
        if self._count > MOST_PARTS:
            raise NotParts("more parts than any of ours")
        self._disposition, self._body = b"", bytearray()

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name, self._value = b"", b""

    def data(self, data: bytes, start: int, end: int) -> None:
        self._body += data[start:end]

    def end(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"filename" in options:
            self.parts.file = self.parts.file or bytes(self._body)
        elif len(self._body) <= MOST_FIELD:
            name = options.get(b"name", b"").decode("utf-8", "replace")
            self.parts.fields.setdefault(name, self._body.decode("utf-8", "replace"))

    def over(self) -> None:
        self.whole = True
