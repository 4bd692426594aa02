"""The guard's cue cards (门岗提示卡) beside a visit that is held or refused: what to say, what to do, whom to call. Pure."""

from collections.abc import Mapping

from kiosk.cards import Card, card, shipped
from kiosk.model import Answer, ReasonCode
from kiosk.policy import Contact
from sync.central.passages import OwnCard, Passage

MOST = 2
"""What decided comes first; more than two cards nobody reads at a gate."""
STOPPED = frozenset({Answer.HOLD, Answer.REFUSE})


def cue_cards(one: Passage, language: str) -> tuple[Mapping[str, str], ...]:
    """Return the cards for a passage, in the order of its reasons, each once: `say`, `do`, and `call`, empty for nobody.

    None for whoever was let in, and for what a person decided. A site's own document brings the cards of its own reasons.
    """
    if one.by_guard or one.answer not in STOPPED:
        return ()
    own = {each.reason: each for each in one.own}
    found: dict[str, Mapping[str, str]] = {}
    for reason in one.reasons:
        if reason in own:
            found[reason] = _own(own[reason], language)
        elif (told := card(ReasonCode(reason))) is not None:
            found.setdefault(told.reasons[0], _shipped(told, language))
    return tuple(found.values())[:MOST]


def _shipped(told: Card, language: str) -> Mapping[str, str]:
    return {
        "say": told.say.in_language(language),
        "do": told.do.in_language(language),
        "call": _called(told.call, language),
    }


def _own(told: OwnCard, language: str) -> Mapping[str, str]:
    return {"say": told.say[language], "do": told.do[language], "call": _called(Contact(told.call), language)}


def _called(contact: Contact, language: str) -> str:
    return "" if contact is Contact.NONE else shipped().contact[contact].in_language(language)
