"""A picture that somebody has sent, made anew: nothing of the file it came in survives but what can be seen. Pure.

Only pictures: a PDF is a program to be run, and a photograph of the letter is what a phone has at hand.
"""

import io
import struct
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from kiosk.errors import GatepostError

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 50_000_000
"""A phone's largest photograph; what claims to be larger is not decoded."""
SIDE = 2000
"""Pixels: a page of writing can be read at that."""
QUALITY = 80
DAMAGED = (
    *(OSError, ValueError, TypeError, KeyError, IndexError, OverflowError, SyntaxError, EOFError, MemoryError),
    struct.error,
)
"""What Pillow raises for files that are damaged."""


class NotAPicture(GatepostError, ValueError):
    """It is none of the kinds that are taken, is damaged, or is larger than any photograph."""


def made_anew(data: bytes) -> bytes:
    """Decode a JPEG, PNG or WebP and write it as a JPEG of at most 2000 pixels a side. Raises NotAPicture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as found:
                if found.width * found.height > MOST_PIXELS:
                    raise NotAPicture("a picture larger than any photograph")
                # JPEGs are decoded no larger than they will be.
                found.draft("RGB", (SIDE, SIDE))
                found.load()
                seen = _upright(found)
                seen.thumbnail((SIDE, SIDE))
                flat = _flat(seen)
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotAPicture("not a picture that is taken here") from None
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        OverflowError,
        SyntaxError,
        EOFError,
        MemoryError,
        struct.error,
    ) as error:
        raise NotAPicture(f"a damaged picture: {type(error).__name__}") from None
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=QUALITY, exif=b"", icc_profile=None)
    return out.getvalue()


def _upright(found: Image.Image) -> Image.Image:
    """As it was held, where its notes say so and can be read."""
    try:
        return ImageOps.exif_transpose(found)
    except (SyntaxError, ValueError, TypeError, KeyError, struct.error, OSError):
        return found


def _flat(seen: Image.Image) -> Image.Image:
    """The pixels alone, on white where they are not there: a new picture has none of the old one's notes."""
    flat = Image.new("RGB", seen.size, "white")
    if seen.mode in {"RGBA", "LA", "PA"} or "transparency" in seen.info:
        clear = seen.convert("RGBA")
        flat.paste(clear, mask=clear.getchannel("A"))
    else:
        flat.paste(seen.convert("RGB"))
    return flat
