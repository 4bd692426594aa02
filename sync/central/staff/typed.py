"""Texts that people of staff type into forms, as they are kept: one line, one spelling, nothing that cannot be seen. Pure."""

import unicodedata


def line_of(text: str) -> str:
    """A text as one line: without controls, and without characters that turn the direction of a text around."""
    plain = unicodedata.normalize("NFC", text)
    seen = "".join(" " if one.isspace() else one for one in plain if one.isspace() or unicodedata.category(one)[0] != "C")
    return " ".join(seen.split())


def number_of(text: str) -> float | None:
    """A number as people write it: with a point or a comma, in narrow digits or wide ones; None: it is none."""
    try:
        return float(unicodedata.normalize("NFKC", text).strip().replace(",", "."))
    except ValueError:
        return None
