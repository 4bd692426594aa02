"""One view for every screen that a visitor may see: for the pictures of all screens, and for warming up. Pure."""

from collections.abc import Mapping

import segno

from kiosk.model import Answer, Need, Part, Phase, ReasonCode, VisitId
from kiosk.preview import Preview
from kiosk.units import Celsius, Monotonic
from kiosk.view import FormTicket, GuardCall, Hint, Measured, ParkedTicket, Step, StepState, View

NOW = Monotonic(1000.0)
"""When all of it is."""
_VISIT = VisitId("sample")


def _steps(temperature: StepState, code: StepState, form: StepState) -> tuple[tuple[Step, StepState], ...]:
    return (Step.TEMPERATURE, temperature), (Step.CODE, code), (Step.FORM, form)


def _view(phase: Phase, **parts: object) -> View:
    return View(phase=phase, visit=_VISIT, at=NOW, **parts)  # type: ignore[arg-type]  # each sample names View's own fields


_DONE = _steps(StepState.DONE, StepState.DONE, StepState.NOT_NEEDED)
_BEGUN = _steps(StepState.ACTIVE, StepState.ACTIVE, StepState.NOT_NEEDED)
_FORM = FormTicket("https://gatepost.example/f/riverside/7KQ2MX9D", "gatepost.example/7KQ2", Monotonic(NOW + 105))
_SETTLED = Measured(Celsius(36.5), Celsius(0.2), settled=True)


def _stopped(answer: Answer, reason: str, **parts: object) -> View:
    steps = _steps(StepState.DONE, StepState.NOT_IN_ORDER, StepState.NOT_NEEDED)
    return _view(Phase.AWAITING_GUARD, steps=steps, answer=answer, reasons=(ReasonCode(reason),), **parts)


SAMPLES: Mapping[str, View | None] = {
    "idle": _view(
        Phase.IDLE, steps=_steps(StepState.WAITING, StepState.WAITING, StepState.NOT_NEEDED), notices="epidemic", badges=True
    ),
    "steps": _view(
        Phase.COLLECTING,
        steps=_BEGUN,
        wanted=(Need.TEMPERATURE, Need.PASS, Need.HEALTH_CODE),
        measured=Measured(Celsius(36.1), Celsius(0.8), settled=False),
        ends_at=Monotonic(NOW + 25),
    ),
    "steps-taken": _view(
        Phase.COLLECTING,
        steps=_steps(StepState.DONE, StepState.ACTIVE, StepState.NOT_NEEDED),
        wanted=(Need.HEALTH_CODE,),
        measured=_SETTLED,
        code_taken_at=Monotonic(NOW - 0.5),
    ),
    "steps-hint": _view(
        Phase.COLLECTING,
        steps=_steps(StepState.DONE, StepState.ACTIVE, StepState.WAITING),
        wanted=(Need.HEALTH_CODE,),
        measured=_SETTLED,
        hint=Hint.SEVERAL_CODES,
        ends_at=Monotonic(NOW + 8),
        extendable=True,
    ),
    "steps-lost": _view(
        Phase.COLLECTING,
        steps=_steps(StepState.WAITING, StepState.UNAVAILABLE, StepState.NOT_NEEDED),
        wanted=(Need.TEMPERATURE,),
        lost=(Part.CAMERA,),
        server_lost_at=Monotonic(NOW - 600),
        simulated=True,
    ),
    "steps-bereft": _view(
        Phase.COLLECTING,
        steps=_steps(StepState.UNAVAILABLE, StepState.UNAVAILABLE, StepState.NOT_NEEDED),
        lost=(Part.CAMERA, Part.GATE, Part.ISSUER, Part.LOG, Part.SERVER, Part.THERMOMETER),
        server_lost_at=Monotonic(NOW - 600),
        simulated=True,
    ),
    "steps-unmeasured": _view(
        Phase.COLLECTING,
        steps=_steps(StepState.UNAVAILABLE, StepState.WAITING, StepState.NOT_NEEDED),
        wanted=(Need.PASS,),
        lost=(Part.THERMOMETER,),
    ),
    "moment": None,
    "admit": _view(Phase.OPEN, steps=_DONE, answer=Answer.ADMIT, reasons=(ReasonCode("courier_green"),)),
    "exit": _view(Phase.IDLE, leaving=True),
    "exit-open": _view(Phase.OPEN, answer=Answer.ADMIT, reasons=(ReasonCode("leaving"),), leaving=True),
    "hold": _stopped(Answer.HOLD, "temperature_high", guard=GuardCall.RINGING, override_takes=2),
    "hold-phone": _stopped(
        Answer.HOLD,
        "health_unavailable",
        guard=GuardCall.RINGING,
        guard_phone="021-5555 0142",
        ends_at=Monotonic(NOW + 12),
        lost=(Part.ISSUER,),
        server_lost_at=Monotonic(NOW - 600),
        extendable=True,
    ),
    "refuse": _stopped(Answer.REFUSE, "pass_used", simulated=True),
    "refuse-several": _view(
        Phase.AWAITING_GUARD,
        steps=_steps(StepState.DONE, StepState.NOT_IN_ORDER, StepState.NOT_NEEDED),
        answer=Answer.REFUSE,
        reasons=(ReasonCode("health_red"), ReasonCode("consent_missing")),
        override_takes=0,
    ),
    "refuse-ending": _stopped(Answer.REFUSE, "pass_expired", ends_at=Monotonic(NOW + 9), extendable=True),
    "form": _view(
        Phase.AWAITING_FORM,
        steps=_steps(StepState.DONE, StepState.NOT_NEEDED, StepState.ACTIVE),
        form=_FORM,
        ends_at=Monotonic(NOW + 45),
        extendable=True,
    ),
    "form-offline": _view(Phase.AWAITING_FORM, server_lost_at=Monotonic(NOW - 4000)),
    "parked": _view(
        Phase.IDLE, parked=ParkedTicket("K7Q2MX", Monotonic(NOW + 590)), ends_at=Monotonic(NOW + 14), extendable=True
    ),
    "guard": _view(Phase.AWAITING_GUARD, guard=GuardCall.RINGING),
    "guard-offline": _view(
        Phase.AWAITING_GUARD,
        guard=GuardCall.RINGING,
        guard_phone="021-5555 0142",
        server_lost_at=Monotonic(NOW - 600),
    ),
    "unanswered": _view(
        Phase.AWAITING_GUARD, guard=GuardCall.UNANSWERED, guard_phone="021-5555 0142", lost=(Part.GATE,), extendable=True
    ),
}


def sample_preview() -> Preview:
    """Return a made-up picture of somebody who holds up a code, as the camera would see it."""
    width, height = 320, 180
    code = segno.make_qr("sample", error="l")
    rows = [bytes(row) for row in code.matrix_iter(border=2)]
    module, left, top = 3, 122, 62
    rgb = bytearray()
    for y in range(height):
        for x in range(width):
            column, row = (x - left) // module, (y - top) // module
            if 0 <= row < len(rows) and 0 <= column < len(rows):
                rgb += b"\x18\x1c\x22" if rows[row][column] else b"\xf4\xf6\xf8"
            elif (x - 214) ** 2 / 1500 + (y - 66) ** 2 / 2100 < 1:
                rgb += b"\xc8\xa0\x86"
            elif y > 112 and (x - 214) ** 2 / 8000 + (y - 190) ** 2 / 5600 < 1:
                rgb += b"\x3c\x56\x74"
            else:
                rgb += bytes((150 + x // 8, 168 + y // 6, 176 + y // 5))
    side = len(rows) * module
    corners = ((left, top), (left + side, top), (left + side, top + side), (left, top + side))
    return Preview(1, NOW, width, height, rgb, (corners,))
