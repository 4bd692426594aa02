"""What a resident is sent: that somebody is at the gate, and where to answer. It names nobody. Pure."""

from dataclasses import dataclass, field

from kiosk.people import VisitorKind
from sync.central.forms.words import WORDS as FORM_WORDS
from sync.central.residents.words import WORDS


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice as it is sent. Services that carry it learn at which gate somebody is, and why, and not who."""

    compound: str
    gate: str
    language: str
    subject: str
    text: str
    link: str = field(repr=False)


def consent_notice(compound: str, gate: str, visitor: VisitorKind, language: str, link: str, minutes: int) -> Notice:
    """Somebody is at the gate and wants to be let in."""
    words = WORDS[language]["notice"]
    why = FORM_WORDS[language]["category"][visitor]
    text = words["text"].format(gate=gate, why=why, minutes=minutes)
    return Notice(compound, gate, language, words["subject"].format(gate=gate), f"{text}\n{link}", link)


def home_notice(compound: str, language: str, link: str) -> Notice:
    """The address of a resident's own page."""
    words = WORDS[language]["ask"]
    return Notice(compound, "", language, words["subject"], f"{words['text']}\n{link}", link)
