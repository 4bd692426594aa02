"""Visits on their way through."""

from kiosk.dossier import Dossier
from kiosk.model import EventId, Phase, VisitId
from kiosk.passing import PassingVisits
from kiosk.units import Monotonic
from kiosk.visit import Visit


def dossier(number: int, deadline: float | None = None) -> Dossier:
    until = None if deadline is None else Monotonic(deadline)
    return Dossier(Visit(VisitId(f"v{number}"), Phase.OPEN, until, admission=EventId(f"gate/log/{number}")))


def test_each_is_found_by_its_admission_and_the_newest_is_the_last() -> None:
    passing, one, two = PassingVisits(), dossier(1), dossier(2)
    assert passing.newest() is None
    passing.add(one)
    passing.add(two)
    assert passing.of(EventId("gate/log/1")) is one
    assert passing.of(EventId("gate/log/3")) is None
    assert passing.newest() is two
    passing.remove(two)
    assert passing.newest() is one
    assert two not in passing


def test_a_visit_is_overdue_at_its_deadline() -> None:
    passing, one, two = PassingVisits(), dossier(1, 10.0), dossier(2, 20.0)
    assert passing.next_deadline() is None
    passing.add(one)
    passing.add(two)
    assert passing.next_deadline() == 10.0
    assert passing.overdue(Monotonic(9.9)) == ()
    assert passing.overdue(Monotonic(10.0)) == (one,)


def test_visits_that_look_alike_are_told_apart() -> None:
    passing, one, twin = PassingVisits(), dossier(1), dossier(1)
    passing.add(one)
    passing.add(twin)
    passing.remove(twin)
    assert passing.all() == (one,)
