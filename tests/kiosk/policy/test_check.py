"""What `policy check` says of documents that are wrong. Each of those in `broken/` is wrong in one way."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.bootstrap.documents import load_policy
from kiosk.errors import UsageError
from kiosk.model import ReasonCode
from kiosk.people import VisitorKind
from kiosk.policy import PolicyDocument, check
from kiosk.units import WallTime
from tests.kiosk.policy.documents import documents
from tests.kiosk.policy.visitors import TITLE, parsed, person, rule
from ui.cards import reasons_with_words

BROKEN = Path(__file__).parent / "broken"
DAY = 86_400_000_000
FOUND: dict[str, tuple[str, ...]] = {
    "people-left-out": (
        "nobody may admit courier: no rule lets them in, and none says why not; add a [[person]] for them",
        "nobody may admit renovation: no rule lets them in, and none says why not; add a [[person]] for them",
    ),
    "never-reached": ("rule 'everybody-else' is never reached: whenever it holds, one of the rules before it has answered",),
    "said-twice": ("rule 'withdrawn' is never reached: 'bad-pass' holds whenever it does",),
    "contradiction": ("rule 'no-couriers' contradicts 'valid-pass', which answers admit before it whenever it holds",),
    "never-holds": ("rule 'borderline' never holds: its conditions contradict one another",),
    "unchecked": (
        "rule 'everybody' admits unchecked while the temperature, asked for by rule 'high', cannot be had; "
        'put a rule with when = { unavailable = ["temperature"] } before it',
    ),
    "no-words": (
        "reason 'use_the_side_gate' has no words for visitor and guard; "
        "write [reason.use_the_side_gate] in all four languages",
    ),
    "idle-override": ("[override] names 'pass_forgd', which no rule gives; correct or remove it",),
    "in-march": (),
    "from-april": (),
}
UNREADABLE = {
    "half-translated": "[reason.use_the_side_gate] visitor: the key 'ja' is missing; add it",
    "backwards": "until must be later than from",
    "fahrenheit": "[temperature] raised must be degrees Celsius from 30 to 45, not 99.1",
}


def test_every_broken_document_is_told() -> None:
    assert {path.stem for path in BROKEN.glob("*.toml")} == FOUND.keys() | UNREADABLE.keys()


@pytest.mark.parametrize("name", FOUND)
def test_what_is_wrong_with_a_document_is_found_and_nothing_else(name: str) -> None:
    document = load_policy(f"{name}.toml", BROKEN)
    assert check.findings(document, reasons_with_words()) == FOUND[name]


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_meant_is_not_read(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_policy(f"{name}.toml", BROKEN)
    assert str(caught.value).endswith(f"{name}.toml: {UNREADABLE[name]}")


def test_a_gap_between_two_documents_is_found() -> None:
    march, april = (load_policy(f"{name}.toml", BROKEN) for name in ("in-march", "from-april"))
    gap = ("nothing is in force between in-march@1 and from-april@1, for 14.5 days",)
    assert check.between([march, april]) == check.between([april, march]) == gap
    assert check.between([march]) == ()


def dated(name: str, begins: int | None, ends: int | None) -> PolicyDocument:
    document = parsed(rule(), id=name)
    times = [None if at is None else WallTime(at * DAY) for at in (begins, ends)]
    return PolicyDocument(document.id, 1, TITLE, document.rules, begins_at=times[0], ends_at=times[1])


def test_documents_in_force_at_the_same_time_are_found() -> None:
    found = check.between([dated("a", 1, 5), dated("b", 4, 6), dated("c", 6, None)])
    assert found == ("a@1 and b@1 are in force at the same time",)
    assert check.between([dated("a", None, None), dated("b", 4, 6)]) == ("a@1 and b@1 are in force at the same time",)


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)).filter(lambda span: span[0] < span[1]), max_size=4))
def test_gaps_and_overlaps_are_those_of_the_days(spans: list[tuple[int, int]]) -> None:
    found = check.between([dated(f"d{place}", *span) for place, span in enumerate(spans)])
    days = [sum(begins <= day < ends for begins, ends in spans) for day in range(1, 21)]
    within = days[min((b for b, _ in spans), default=1) - 1 : max((e for _, e in spans), default=1) - 1]
    assert any("same time" in sentence for sentence in found) == any(count > 1 for count in days)
    assert any("nothing is in force" in sentence for sentence in found) == (0 in within)


def test_whoever_is_sent_away_in_so_many_words_is_not_left_out() -> None:
    others = [str(kind) for kind in VisitorKind if kind is not VisitorKind.RESIDENT]
    closed = parsed(person=[person("resident"), person(*others, then="refuse", reason="closed")])
    assert check.findings(closed, set(closed.reasons)) == ()


def test_a_document_of_its_own_words_needs_no_others() -> None:
    texts = dict.fromkeys(TITLE, "…")
    words = {"visitor": texts, "say": texts, "do": texts, "call": "committee"}
    document = parsed(rule(reason="own"), reason={"own": words})
    known = {reason for reason in document.reasons if reason != "own"}
    assert check.findings(document, known) == ()
    assert len(check.findings(parsed(rule(reason="own")), known)) == 1


def test_a_check_that_a_lost_part_would_silence_is_pointed_out() -> None:
    fever = rule(id="fever", when={"temperature_at_least": 37.3}, then="hold")
    lost_part = rule(id="lost", when={"unavailable": ["temperature"]}, then="hold")
    everyone = rule(id="everyone")
    (sentence,) = check.open_ends(parsed(fever, everyone))
    assert "'everyone'" in sentence
    assert "'fever'" in sentence
    assert check.open_ends(parsed(fever, lost_part, everyone)) == ()
    assert check.open_ends(parsed(fever, rule(id="cool", when={"temperature_below": 37.3}))) == ()


def test_a_lost_part_matters_only_to_those_whom_its_check_is_about() -> None:
    red = rule(id="red", when={"visitor": ["guest"], "health": ["red"]}, then="refuse")
    resident = rule(id="resident", when={"visitor": ["resident"]})
    assert check.open_ends(parsed(red, resident)) == ()
    assert len(check.open_ends(parsed(red, rule(id="guest", when={"visitor": ["guest"]})))) == 1


@given(documents())
def test_the_check_comes_to_an_end_with_sentences(document: PolicyDocument) -> None:
    found = check.findings(document, {ReasonCode("because")})
    assert all(sentence and "\n" not in sentence for sentence in found)


def test_rules_that_are_too_entangled_are_said_to_be() -> None:
    document = load_policy("shipped:response-level-2", BROKEN)
    assert check.findings(document, document.reasons, most_steps=3) == (check.ENTANGLED,)
