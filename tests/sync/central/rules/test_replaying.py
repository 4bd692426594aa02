"""A document tried on what gates recorded, on both databases."""

import tomllib
from collections.abc import Callable
from dataclasses import replace

import pytest

from kiosk import policy
from kiosk.holder import holder_of
from kiosk.model import Answer, Command, Decision, Facts, ReasonCode, Role, VisitId
from kiosk.people import Consent, Declaration, Stay, VisitorKind
from kiosk.policy import PolicyDocument
from kiosk.records import decision_draft
from kiosk.staleness import STALE_RULE
from kiosk.weighing import decided
from sync.central.rules.recorded import RecordedDecision, read
from sync.central.rules.replaying import Replay, replay
from sync.central.store import Store
from tests.kiosk.policy.visitors import GREEN, GUEST, POLICIES, RESIDENT, SHIPPED, parsed, reading, rule
from tests.sync.central.documents import COMPOUND
from tests.sync.central.kiosks import LOG_ID, NOON_US, KioskLog

LEVEL_2, NORMAL = SHIPPED["response-level-2"], SHIPPED["normal-times"]
DAY_US = 86_400_000_000


def stricter(raised: float) -> PolicyDocument:
    """Response level 2 with another threshold."""
    tree = tomllib.loads((POLICIES / "response-level-2.toml").read_text(encoding="utf-8"))
    tree["temperature"] = {"raised": raised}
    return policy.parse({**tree, "version": 2}, "stricter")


class Week:
    """Visits at one gate, each with one answer or several."""

    def __init__(self, store: Store, document: PolicyDocument) -> None:
        self.log = KioskLog()
        self.document = document
        self.store = store

    def visit(self, name: str, facts: Facts, answer: Decision | None = None, days_ago: float = 1.0) -> None:
        decision = answer or decided(self.document, facts, {})
        stamp = self.log.stamp(NOON_US - round(days_ago * DAY_US), facts.clock)
        self.log.append(decision_draft(stamp, VisitId(name), decision, facts, {}))

    def recorded(self) -> list[RecordedDecision]:
        found = [read(event.header) for event in self.log.events]
        return [one for one in found if one is not None]

    def try_on(self, document: PolicyDocument, days: int = 7, **more: object) -> Replay:
        self.store.append(COMPOUND, "gate-1", LOG_ID, self.log.upload())
        known: Callable[[str], PolicyDocument | None] = {self.document.name: self.document}.get
        with self.store.engine.connect() as connection:
            return replay(connection, COMPOUND, document, NOON_US - days * DAY_US, known=known, **more)  # type: ignore[arg-type]


@pytest.fixture
def week(store: Store) -> Week:
    return Week(store, LEVEL_2)


@pytest.mark.parametrize(("family", "reasons"), [("Wang", ("guest_green",)), ("Li", ("identity_differs",))])
def test_whom_form_and_code_were_about_is_sealed_but_what_was_found_of_it_counts(
    week: Week, family: str, reasons: tuple[str, ...]
) -> None:
    code = replace(GREEN, person=holder_of("Wang", "Fang", "1990-01-01"))
    told = Declaration(VisitorKind.GUEST, person=holder_of(family, "Fang", "1990-01-01"))
    week.visit("a", Facts(reading(36.5), None, code, declaration=told, consent=Consent.GIVEN))
    assert week.recorded()[0].reasons == reasons
    found = week.try_on(stricter(37.4))
    assert (found.visits, found.different, found.asked, found.unknown) == (1, (), (), 0)
    # Of rules that are not known here nobody can say what they found.
    week.document = NORMAL
    assert week.try_on(stricter(37.4)).unknown == 1


def test_the_rules_of_the_week_end_every_visit_as_it_ended(week: Week) -> None:
    week.visit("a", Facts(reading(36.5), RESIDENT))
    week.visit("b", Facts(reading(37.5), RESIDENT))
    week.visit("c", Facts(reading(36.5), GUEST, GREEN))
    found = week.try_on(LEVEL_2)
    assert (found.visits, found.different, found.asked, found.unknown, found.unreadable) == (3, (), (), 0, 0)


def test_whoever_would_have_been_stopped_is_listed_with_both_answers(week: Week) -> None:
    week.visit("held", Facts(reading(38.0), RESIDENT))
    week.visit("in", Facts(reading(37.05), RESIDENT))
    week.visit("cool", Facts(reading(36.0), RESIDENT))
    found = week.try_on(stricter(37.0))
    (one,) = found.different
    assert (one.event, one.gate, one.visitor) == ("gate-1/00c0ffee/2", "gate-1", VisitorKind.RESIDENT)
    assert (one.before.answer, one.before.reasons) == (Answer.ADMIT, ("resident",))
    assert (one.after.answer, one.after.reasons) == (Answer.HOLD, ("temperature_high",))
    assert (found.visits, found.turns) == (3, {(Answer.ADMIT, Answer.HOLD): 1})


def test_who_was_let_in_and_would_not_have_been_comes_first(week: Week) -> None:
    week.visit("held", Facts(reading(37.4), RESIDENT), days_ago=3)
    week.visit("in", Facts(reading(36.5), RESIDENT), days_ago=1)
    the_other_way_round = parsed(
        rule(id="cool", when={"temperature_below": 37.0}, then="hold"), rule(id="warm", when={"always": True})
    )
    answers = [(one.before.answer, one.after.answer) for one in week.try_on(the_other_way_round).different]
    assert answers == [(Answer.ADMIT, Answer.HOLD), (Answer.HOLD, Answer.ADMIT)]


def test_the_last_answer_of_the_rules_is_how_a_visit_ended(week: Week) -> None:
    week.visit("a", Facts(reading(37.5), RESIDENT))
    week.visit("a", Facts(reading(36.5), RESIDENT))
    guard = Decision(Answer.ADMIT, (ReasonCode("override"),), "override", LEVEL_2.name, Role.GUARD, Command("1", "W", "r"))
    week.visit("b", Facts(reading(38.5), RESIDENT))
    week.visit("b", Facts(reading(38.5), RESIDENT), guard)
    found = week.try_on(stricter(40.0))
    (one,) = found.different
    assert (found.visits, one.event) == (2, "gate-1/00c0ffee/3")
    assert (one.before.answer, one.after.answer) == (Answer.HOLD, Answer.ADMIT)


def test_what_nobody_had_asked_for_leaves_it_open_how_a_visit_would_have_ended(store: Store) -> None:
    week = Week(store, NORMAL)
    week.visit("a", Facts(admission_pass=RESIDENT))
    found = week.try_on(LEVEL_2)
    (one,) = found.asked
    assert (one.after.answer, one.after.needs, found.different) == (None, ("temperature",), ())


def test_whoever_gave_no_answer_in_time_would_not_have_given_it_now(week: Week) -> None:
    week.visit("a", Facts(reading(36.5)))
    found = week.try_on(stricter(37.5))
    assert (found.different, found.asked) == ((), ())


def test_what_no_document_says_stays_as_it_was(week: Week) -> None:
    stale = Decision(Answer.HOLD, (ReasonCode("policy_stale"),), STALE_RULE, LEVEL_2.name)
    week.visit("a", Facts(reading(36.5), RESIDENT), stale)
    found = week.try_on(stricter(37.5))
    assert (found.visits, found.different) == (1, ())


def test_only_so_many_days_and_only_some_gates_are_looked_at(week: Week) -> None:
    week.visit("old", Facts(reading(36.5), RESIDENT), days_ago=7.1)
    week.visit("new", Facts(reading(36.5), RESIDENT), days_ago=6.9)
    assert week.try_on(LEVEL_2).visits == 1
    assert week.try_on(LEVEL_2, days=8).visits == 2
    assert week.try_on(LEVEL_2, gates=frozenset({"gate-2"})).visits == 0


ABROAD = Declaration(VisitorKind.GUEST, (Stay("IT", 3),))
HOME = Declaration(VisitorKind.GUEST, (Stay("NZ", 3),))


def test_where_somebody_was_is_sealed_and_by_the_same_list_of_regions_it_need_not_be_known(week: Week) -> None:
    for name, told in (("a", ABROAD), ("b", HOME)):
        week.visit(name, Facts(reading(36.5), None, GREEN, declaration=told, consent=Consent.GIVEN))
    found = week.try_on(stricter(37.5))
    assert (found.visits, found.different, found.unknown) == (2, (), 0)


def test_by_another_list_of_regions_nobody_can_say(week: Week) -> None:
    week.visit("a", Facts(reading(36.5), None, GREEN, declaration=ABROAD, consent=Consent.GIVEN))
    week.visit("b", Facts(reading(36.5), RESIDENT))
    other = SHIPPED["office-tower"]
    found = week.try_on(other)
    assert (found.visits, found.unknown) == (2, 1)


def test_what_cannot_be_read_is_counted(week: Week) -> None:
    week.log.add("decision", answer="perhaps")
    week.visit("a", Facts(reading(36.5), RESIDENT))
    found = week.try_on(LEVEL_2)
    assert (found.visits, found.unreadable) == (1, 1)
