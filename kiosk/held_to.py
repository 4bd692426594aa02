"""What a pass asks of whoever shows it, beside the rules: a name where it is a company's, the vehicle it names. Pure."""

import unicodedata

from kiosk.evidence import Credential, Verdict
from kiosk.model import Answer, Decision, Facts, Need, Needs, ReasonCode
from kiosk.people import Declaration

PASS_RULE = "pass"
"""The rule named in a decision on what a pass itself asks for."""
NO_FORM = ReasonCode("form_unavailable")
OTHER_VEHICLE = ReasonCode("vehicle_differs")


def held_to(answer: Decision, facts: Facts) -> Decision | Needs:
    """Return an answer as the pass that was shown leaves it.

    An admission waits for the name of whoever shows a company's pass; one who comes with another vehicle than their pass
    names is the guard's to let in.
    """
    shown = facts.admission_pass
    if answer.answer is not Answer.ADMIT or shown is None or shown.verdict is not Verdict.VALID:
        return answer
    if shown.asks_name and facts.declaration is None:
        if Need.FORM in facts.unavailable:
            return Decision(Answer.HOLD, (NO_FORM,), PASS_RULE, answer.policy)
        return Needs(frozenset({Need.FORM}))
    if other_vehicle(shown, facts.declaration):
        return Decision(Answer.HOLD, (OTHER_VEHICLE,), PASS_RULE, answer.policy)
    return answer


def other_vehicle(shown: Credential, told: Declaration | None) -> bool:
    """Whether a pass names one plate and the form another; where either names none, nobody can say so."""
    if shown.plate is None or told is None or told.plate is None:
        return False
    return spelled(shown.plate) != spelled(told.plate)


def spelled(plate: str) -> str:
    """The one spelling of a plate: its letters and digits, capital and of usual width, without dots, spaces and dashes."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", plate).upper()))
