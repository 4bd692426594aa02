"""Questions to the issuers: only those of whoever stands at the gate are put."""

import threading

import pytest

from kiosk.credentials import HealthToken
from kiosk.errors import ServiceUnavailable
from kiosk.inbox import Inbox, TokenAnswered
from kiosk.model import HealthStatus, Seconds, VisitId
from kiosk.recorder import IssuerResolver

FIRST, SECOND = VisitId("first"), VisitId("second")


def token(text: str, issuer: str = "health") -> HealthToken:
    return HealthToken(text, issuer)


class Issuer:
    """Answers green, or not at all."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.silent = False

    def resolve(self, token: str, timeout_s: Seconds) -> HealthStatus:
        self.asked.append(token)
        if self.silent:
            raise ServiceUnavailable("no answer")
        return HealthStatus.GREEN


class Desk:
    """A resolver with one issuer."""

    def __init__(self) -> None:
        self.issuer = Issuer()
        self.inbox = Inbox()
        self.resolver = IssuerResolver({"health": self.issuer}, self.inbox, Seconds(1.0))

    def turn(self) -> bool:
        return self.resolver.turn(threading.Event())


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_answer_comes_to_the_visit_that_asked(desk: Desk) -> None:
    desk.resolver.ask(FIRST, token("a"))
    assert desk.turn()
    assert desk.inbox.take(0) == TokenAnswered(FIRST, "a", HealthStatus.GREEN)


def test_the_questions_of_a_visitor_who_has_gone_are_not_put_any_more(desk: Desk) -> None:
    for number in range(10):
        desk.resolver.ask(FIRST, token(str(number)))
    desk.resolver.ask(SECOND, token("b"))
    while not desk.turn():
        pass
    assert desk.issuer.asked == ["b"]
    assert desk.inbox.take(0) == TokenAnswered(SECOND, "b", HealthStatus.GREEN)


@pytest.mark.parametrize("issuer", ["health", "nobody"], ids=["silent", "not configured"])
def test_an_issuer_that_does_not_answer_leaves_nobody_waiting(desk: Desk, issuer: str) -> None:
    desk.issuer.silent = True
    desk.resolver.ask(FIRST, token("a", issuer))
    with pytest.raises(ServiceUnavailable):
        desk.turn()
    assert desk.inbox.take(0) == TokenAnswered(FIRST, "a", None)


def test_a_queue_that_is_full_answers_at_once(desk: Desk) -> None:
    for number in range(17):
        desk.resolver.ask(FIRST, token(str(number)))
    assert desk.inbox.take(0) == TokenAnswered(FIRST, "16", None)
