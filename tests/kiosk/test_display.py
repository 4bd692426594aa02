"""What the screen is told, and whose visit it is of."""

from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.bootstrap.documents import load_policy
from kiosk.display import PARKED_FOR, Display
from kiosk.dossier import Dossier
from kiosk.model import Answer, Decision, EventId, Need, Part, Phase, ReasonCode, VisitId
from kiosk.site import Site
from kiosk.units import Monotonic, Seconds
from kiosk.view import View
from kiosk.visit import Visit
from tests.kiosk.fakes import FakeClock
from tests.kiosk.runtimes import trust_list

NOTHING_LOST: dict[Part, Monotonic] = {}
ADMITTED = Decision(Answer.ADMIT, (ReasonCode("resident"),), "rule", "policy@1")
REFUSED = Decision(Answer.REFUSE, (ReasonCode("pass_expired"),), "rule", "policy@1")


class Screen:
    """A display, and what it has told."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.views: list[View] = []
        document = load_policy("shipped:response-level-2", Path())
        site = Site("gate-1", "1.0", True, Seconds(0.8), document, trust_list())
        self._display = Display(site, self.clock, self.views.append)

    def shows(self, here: Visit, on_the_way: Visit | None = None) -> View:
        self._display.refresh(Dossier(here), None if on_the_way is None else Dossier(on_the_way), NOTHING_LOST)
        return self.views[-1]


@pytest.fixture
def screen() -> Screen:
    return Screen()


def visit(name: str, phase: Phase, decision: Decision | None = None) -> Visit:
    admission = EventId(f"gate-1/log/{name}") if decision is ADMITTED else None
    return Visit(VisitId(name), phase, Monotonic(10_000.0), decision=decision, admission=admission)


def test_a_view_is_told_when_something_has_changed_and_only_then(screen: Screen) -> None:
    here, began = visit("v", Phase.COLLECTING), screen.clock.now
    screen.shows(here)
    screen.clock.advance(1.0)
    screen.shows(here)
    screen.clock.advance(1.0)
    screen.shows(replace(here, wanted=frozenset({Need.PASS, Need.HEALTH_CODE})))
    assert [view.at - began for view in screen.views] == [0.0, 2.0]
    assert screen.views[-1].wanted == ("health_code", "pass")


def test_an_answer_is_shown_with_its_reasons(screen: Screen) -> None:
    view = screen.shows(visit("v", Phase.AWAITING_GUARD, REFUSED))
    assert (view.answer, view.reasons) == (Answer.REFUSE, ("pass_expired",))


def test_another_visit_in_the_same_phase_is_another_view(screen: Screen) -> None:
    for name in ("one", "other"):
        screen.shows(visit(name, Phase.IDLE))
    assert [view.visit for view in screen.views] == ["one", "other"]


def test_a_free_kiosk_shows_the_answer_of_the_one_on_the_way_until_somebody_comes(screen: Screen) -> None:
    passing = visit("before", Phase.OPEN, ADMITTED)
    assert screen.shows(visit("v", Phase.IDLE), passing).reasons == ("resident",)
    assert screen.shows(visit("v", Phase.APPROACHING), passing).visit == "v"


def test_whoever_was_parked_finds_their_ticket_though_somebody_is_on_the_way(screen: Screen) -> None:
    passing = visit("before", Phase.OPEN, ADMITTED)
    screen.shows(visit("v", Phase.PARKED), passing)
    assert screen.shows(visit("w", Phase.IDLE), passing).parked is not None
    screen.clock.advance(PARKED_FOR)
    view = screen.shows(visit("w", Phase.IDLE), passing)
    assert (view.visit, view.parked) == ("before", None)
