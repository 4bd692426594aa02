"""The one thing that whoever stands at the gate should do now, as the key of its words: shown, and said once. Pure."""

from kiosk.model import Need, Phase
from kiosk.view import Step, StepState, View

COMING = frozenset({Phase.APPROACHING, Phase.COLLECTING})
WEIGHING = frozenset({Phase.CHECKING, Phase.DECIDING, Phase.COMMITTING})


def to_do(view: View) -> str | None:
    """Return the key of what to do; None where there is an answer, or nobody."""
    if view.phase in COMING:
        return _asked(view) or ("do.come_closer" if view.phase is Phase.APPROACHING else "do.one_moment")
    if view.phase is Phase.AWAITING_FORM:
        return _form(view)
    if view.phase is Phase.AWAITING_CONSENT:
        return "do.wait_consent"
    return "do.one_moment" if view.phase in WEIGHING else None


def _asked(view: View) -> str | None:
    """What the rules want, the visitor's hands and forehead first."""
    codes = {Need.PASS, Need.HEALTH_CODE} & set(view.wanted)
    measure = Need.TEMPERATURE in view.wanted
    # The step is active while somebody is in the thermometer's field.
    in_field = (Step.TEMPERATURE, StepState.ACTIVE) in view.steps
    if measure and not in_field:
        return "do.measure_and_hold" if codes else "do.measure"
    if codes == {Need.PASS}:
        return "do.hold_pass"
    if codes == {Need.HEALTH_CODE}:
        return "do.hold_health_code"
    if codes:
        return "do.hold_code"
    if measure:
        return "do.stand_still"
    if Need.FORM in view.wanted:
        return _form(view)
    return "do.wait_consent" if Need.CONSENT in view.wanted else None


def _form(view: View) -> str:
    return "do.fill_form" if view.form is not None else "form.unavailable"
