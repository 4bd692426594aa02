"""Questions to the issuers: only those of whoever stands at the gate are put."""

import threading

import pytest

from kiosk.credentials import HealthToken
from kiosk.errors import ServiceUnavailable
from kiosk.evidence import HealthStatus, IssuerAnswer
from kiosk.holder import masked_holder
from kiosk.inbox import Inbox, TokenAnswered
from kiosk.model import VisitId
from kiosk.recorder import IssuerResolver
from kiosk.units import Seconds

FIRST, SECOND = VisitId("first"), VisitId("second")
PERSON = masked_holder("W* Fang", "310***1234")
GREEN = IssuerAnswer(HealthStatus.GREEN, PERSON)


def token(text: str, issuer: str = "health") -> HealthToken:
    return HealthToken(text, issuer)


class Issuer:
    """Answers green, that it knows no such token, or not at all."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.silent = False

    def resolve(self, token: str, timeout_s: Seconds) -> IssuerAnswer:
        self.asked.append(token)
        if self.silent:
            raise ServiceUnavailable("no answer")
        return IssuerAnswer(HealthStatus.UNKNOWN) if token == "made up" else GREEN


class Desk:
    """A resolver with two issuers, and what it tells of their health."""

    def __init__(self) -> None:
        self.issuer, self.other = Issuer(), Issuer()
        self.inbox = Inbox()
        self.health: list[tuple[bool, str]] = []
        self.resolver = IssuerResolver(
            {"health": self.issuer, "other": self.other},
            self.inbox,
            Seconds(1.0),
            lambda well, detail: self.health.append((well, detail)),
        )

    def ask(self, issuer: str, text: str = "a") -> TokenAnswered:
        self.resolver.ask(FIRST, token(text, issuer))
        assert self.turn()
        answered = self.inbox.take(0)
        assert isinstance(answered, TokenAnswered)
        return answered

    def turn(self) -> bool:
        return self.resolver.turn(threading.Event())


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_answer_comes_to_the_visit_that_asked(desk: Desk) -> None:
    desk.resolver.ask(FIRST, token("a"))
    assert desk.turn()
    assert desk.inbox.take(0) == TokenAnswered(FIRST, "a", HealthStatus.GREEN, PERSON)


def test_the_questions_of_a_visitor_who_has_gone_are_not_put_any_more(desk: Desk) -> None:
    for number in range(10):
        desk.resolver.ask(FIRST, token(str(number)))
    desk.resolver.ask(SECOND, token("b"))
    while not desk.turn():
        pass
    assert desk.issuer.asked == ["b"]
    assert desk.inbox.take(0) == TokenAnswered(SECOND, "b", HealthStatus.GREEN, PERSON)


@pytest.mark.parametrize("issuer", ["health", "nobody"], ids=["silent", "not configured"])
def test_an_issuer_that_does_not_answer_leaves_nobody_waiting(desk: Desk, issuer: str) -> None:
    desk.issuer.silent = True
    assert desk.ask(issuer) == TokenAnswered(FIRST, "a", None)


def test_an_issuer_that_stays_silent_is_told_once_and_so_is_its_answer(desk: Desk) -> None:
    desk.issuer.silent = True
    for _ in range(20):
        desk.ask("health")
    desk.issuer.silent = False
    for _ in range(20):
        desk.ask("health")
    assert desk.health == [(False, "health: no answer"), (True, "")]


def test_another_issuer_that_answers_does_not_make_the_silent_one_well(desk: Desk) -> None:
    desk.issuer.silent = True
    for _ in range(5):
        desk.ask("health")
        desk.ask("other")
    assert desk.health == [(False, "health: no answer")]
    desk.issuer.silent = False
    desk.ask("other")
    desk.ask("health")
    assert desk.health == [(False, "health: no answer"), (True, "")]


def test_a_made_up_token_is_no_outage_and_the_next_question_is_put_at_once(desk: Desk) -> None:
    assert desk.ask("health", "made up").status is HealthStatus.UNKNOWN
    assert desk.ask("health").status is HealthStatus.GREEN
    assert desk.health == []


def test_a_queue_that_is_full_answers_at_once(desk: Desk) -> None:
    for number in range(17):
        desk.resolver.ask(FIRST, token(str(number)))
    assert desk.inbox.take(0) == TokenAnswered(FIRST, "16", None)
