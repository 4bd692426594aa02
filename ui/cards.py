"""For which reasons everything that is said is there: the visitor's sentence, and the guard's cue card. No Kivy here."""

from kiosk.cards import shipped
from kiosk.model import ReasonCode
from kiosk.policy import LANGUAGES
from ui.translation import shown


def reasons_with_words() -> frozenset[ReasonCode]:
    """Return the reasons for which the visitor has a sentence in every language, and the guard a card."""
    codes = {ReasonCode(code) for card in shipped().card for code in card.reasons}
    return frozenset(code for code in codes if all(f"reason.{code}" in shown(language) for language in LANGUAGES))
