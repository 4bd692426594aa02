"""The guard's cue cards (门岗提示卡) beside a visit that is held or refused: what to say, what to do, whom to call. Pure."""

from collections.abc import Mapping

from kiosk.cards import card, shipped
from kiosk.model import Answer, ReasonCode
from kiosk.policy import Contact
from sync.central.passages import Passage

MOST = 2
"""What decided comes first; more than two cards nobody reads at a gate."""
STOPPED = frozenset({Answer.HOLD, Answer.REFUSE})


def cue_cards(one: Passage, language: str) -> tuple[Mapping[str, str], ...]:
    """Return the cards for a passage, in the order of its reasons, each once: `say`, `do`, and `call`, empty for nobody.

    None for whoever was let in, for what a person decided, and for a reason that only a site's own document has.
    """
    if one.by_guard or one.answer not in STOPPED:
        return ()
    found = dict.fromkeys(told for reason in one.reasons if (told := card(ReasonCode(reason))) is not None)
    return tuple(
        {
            "say": told.say.in_language(language),
            "do": told.do.in_language(language),
            "call": "" if told.call is Contact.NONE else shipped().contact[told.call].in_language(language),
        }
        for told in list(found)[:MOST]
    )
