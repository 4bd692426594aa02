"""Headers read back as `kiosk.events.parse` reads them, in half the time: a server does little else. Pure."""

from typing import Any

import msgspec

from kiosk import events
from kiosk.events import NotCanonical

_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder(order="sorted")


def parse(text: str) -> dict[str, Any]:
    """Read a canonical header. Raises NotCanonical when `text` is not exactly that.

    What msgspec writes in the same letters and can have a canonical text is canonical. All else is left to `events`.
    """
    try:
        header = _decoder.decode(text)
        if isinstance(header, dict) and _encoder.encode(header) == text.encode():
            events.see_canonical(header)
            return header
    except (msgspec.MsgspecError, UnicodeError, RecursionError, NotCanonical):
        pass
    return events.parse(text)
