"""What the screen is told."""

from dataclasses import replace

from kiosk.display import Display
from kiosk.dossier import Dossier
from kiosk.link import ViewChanged
from kiosk.model import Answer, Decision, Monotonic, Need, ReasonCode, VisitId
from kiosk.visit import Phase, Visit


def test_a_view_is_told_when_something_has_changed_and_only_then() -> None:
    views: list[ViewChanged] = []
    display, dossier = Display(views.append), Dossier(Visit(VisitId("v"), Phase.COLLECTING))
    display.show(dossier, Monotonic(1.0))
    display.show(dossier, Monotonic(2.0))
    dossier.visit = replace(dossier.visit, wanted=frozenset({Need.PASS, Need.HEALTH_CODE}))
    display.show(dossier, Monotonic(3.0))
    dossier.evidence.recognised = False
    display.show(dossier, Monotonic(4.0))
    assert [view.at for view in views] == [1.0, 3.0, 4.0]
    assert views[-1].wanted == ("health_code", "pass")
    assert views[-1].notice == "not_recognised"


def test_an_answer_is_shown_with_its_reasons() -> None:
    views: list[ViewChanged] = []
    decision = Decision(Answer.REFUSE, (ReasonCode("pass_expired"),), "rule", "policy@1")
    Display(views.append).show(Dossier(Visit(VisitId("v"), Phase.AWAITING_GUARD, decision=decision)), Monotonic(1.0))
    assert (views[0].answer, views[0].reasons) == (Answer.REFUSE, ("pass_expired",))


def test_another_visit_in_the_same_phase_is_another_view() -> None:
    views: list[ViewChanged] = []
    display = Display(views.append)
    for visit in ("one", "other"):
        display.show(Dossier(Visit(VisitId(visit))), Monotonic(1.0))
    assert [view.visit for view in views] == ["one", "other"]
