"""An issuer that is asked with care: answers kept while they hold, questions repeated within bounds, silence respected."""

import pytest

from kiosk.errors import ServiceRefused, ServiceUnavailable
from kiosk.evidence import HealthStatus, IssuerAnswer
from kiosk.units import Seconds
from sync.breaker import FAILURES, FIRST_PAUSE_S
from sync.careful_issuer import KEPT_AT_MOST, VALID_AT_MOST_S, CarefulIssuer

GREEN = IssuerAnswer(HealthStatus.GREEN)
FOR_A_MINUTE = IssuerAnswer(HealthStatus.GREEN, valid_s=Seconds(60))
RED = IssuerAnswer(HealthStatus.RED)
LIMIT = Seconds(2)


class Issuer:
    """Takes `takes_s` for an answer, and gives the next of `answers`; the last one for ever."""

    def __init__(self, *answers: IssuerAnswer | Exception, takes_s: float = 0.1) -> None:
        self.answers, self.takes_s = list(answers), takes_s
        self.now = 50.0
        self.limits: list[float] = []
        self.careful = CarefulIssuer(self, lambda: self.now)

    def resolve(self, token: str, timeout_s: Seconds) -> IssuerAnswer:
        self.limits.append(timeout_s)
        self.now += self.takes_s
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def gives_none(self) -> bool:
        try:
            self.careful.resolve("t", LIMIT)
        except ServiceUnavailable:
            return True
        return False


def test_an_answer_is_kept_for_as_long_as_it_says_and_no_longer() -> None:
    issuer = Issuer(FOR_A_MINUTE, RED)
    assert issuer.careful.resolve("t", LIMIT) is FOR_A_MINUTE
    issuer.now += 59
    assert issuer.careful.resolve("t", LIMIT) is FOR_A_MINUTE
    issuer.now += 1
    assert issuer.careful.resolve("t", LIMIT) is RED
    assert len(issuer.limits) == 2


def test_no_answer_is_kept_so_long_that_a_red_one_comes_late() -> None:
    issuer = Issuer(IssuerAnswer(HealthStatus.GREEN, valid_s=Seconds(1e9)), RED)
    issuer.careful.resolve("t", LIMIT)
    issuer.now += VALID_AT_MOST_S
    assert issuer.careful.resolve("t", LIMIT) is RED


@pytest.mark.parametrize(
    "answer", [GREEN, IssuerAnswer(HealthStatus.UNKNOWN, valid_s=Seconds(60))], ids=["does not say", "unknown"]
)
def test_what_does_not_say_how_long_it_holds_or_was_not_understood_is_asked_again(answer: IssuerAnswer) -> None:
    issuer = Issuer(answer)
    for _ in range(3):
        assert issuer.careful.resolve("t", LIMIT) is answer
    assert len(issuer.limits) == 3


def test_an_answer_is_kept_for_its_own_token_alone() -> None:
    issuer = Issuer(FOR_A_MINUTE, RED)
    issuer.careful.resolve("mine", LIMIT)
    assert issuer.careful.resolve("yours", LIMIT) is RED


def test_however_many_codes_are_shown_the_oldest_answers_make_way() -> None:
    issuer = Issuer(FOR_A_MINUTE, takes_s=0.0)
    for number in range(KEPT_AT_MOST + 1):
        issuer.careful.resolve(str(number), LIMIT)
    issuer.careful.resolve(str(KEPT_AT_MOST), LIMIT)
    assert len(issuer.limits) == KEPT_AT_MOST + 1
    issuer.careful.resolve("0", LIMIT)
    assert len(issuer.limits) == KEPT_AT_MOST + 2


def test_a_question_that_failed_early_is_repeated_within_the_same_deadline() -> None:
    issuer = Issuer(ServiceUnavailable("reset"), GREEN, takes_s=0.5)
    assert issuer.careful.resolve("t", LIMIT) is GREEN
    assert issuer.limits == [2.0, 1.5]


def test_a_question_that_failed_late_or_was_refused_is_not_repeated() -> None:
    late = Issuer(ServiceUnavailable("no answer"), GREEN, takes_s=1.9)
    refused = Issuer(ServiceRefused("HTTP 429"), GREEN)
    assert late.gives_none()
    assert refused.gives_none()
    assert len(late.limits) == len(refused.limits) == 1


def test_a_silent_issuer_is_left_alone_and_asked_again_after_a_pause() -> None:
    issuer = Issuer(ServiceUnavailable("no answer"), takes_s=2.0)
    for _ in range(FAILURES):
        assert issuer.gives_none()
    began, asked = issuer.now, len(issuer.limits)
    assert issuer.gives_none()
    assert (issuer.now, len(issuer.limits)) == (began, asked), "nobody waits for what will not come"
    issuer.answers = [GREEN]
    issuer.now += FIRST_PAUSE_S
    assert issuer.careful.resolve("t", LIMIT) is GREEN


def test_what_is_kept_counts_while_the_issuer_is_left_alone() -> None:
    issuer = Issuer(FOR_A_MINUTE, ServiceUnavailable("no answer"), takes_s=2.0)
    issuer.careful.resolve("mine", LIMIT)
    for _ in range(FAILURES):
        assert issuer.gives_none()
    assert issuer.careful.resolve("mine", LIMIT) is FOR_A_MINUTE
