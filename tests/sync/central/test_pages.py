import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from kiosk.model import Answer, EventId, GateOutcome
from sync.central.access import Role
from sync.central.board import Snapshot, snapshot_of
from sync.central.calls import Call
from sync.central.pages import ASSETS, BUILD, change, page
from sync.central.passages import Passage
from sync.central.words import LANGUAGES, WORDS
from tests.sync.central.kiosks import NOON_US

LIGHT = 8_000
"""Bytes on the wire of a full page with all that it names, compressed."""
OTHERS = {"form.css", "staff.css", "again.js"}
"""Files that this page does not name."""
ONE = Passage(
    compound="riverside",
    event=EventId("gate-1/00c0ffee/1"),
    gate="gate-1",
    at_us=NOON_US,
    certain=True,
    visitor="guest",
    answer="admit",
    reasons=("guest_green",),
    by_guard=False,
    body_c=36.54,
    outcome="passed",
    simulated=False,
)


CALL = Call(
    compound="riverside",
    event=EventId("gate-1/00c0ffee/9"),
    gate="gate-1",
    at_us=NOON_US,
    certain=True,
    unanswered=False,
    simulated=False,
)


def shown(language: str, *passages: Passage, calls: tuple[Call, ...] = ()) -> str:
    return page(snapshot_of(passages, None, calls), language, Role.GUARD, packed=False).decode()


class Text(HTMLParser):
    """The cells of a page, and every attribute and tag in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "td":
            self._inside = True
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "td"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.cells[-1] += data.strip()


@pytest.mark.parametrize(
    ("language", "cells"),
    [
        ("zh", ["放行", "访客，通行码有效，绿码", "访客", "gate-1", "36.5 °C", "已通过"]),
        (
            "en",
            ["Admitted", "Guest with a valid pass and a green health code", "Guest", "gate-1", "36.5 °C", "Went through"],
        ),
        ("ja", ["通行可", "来訪者、通行コード有効、健康コードは緑", "来訪者", "gate-1", "36.5 °C", "通過"]),
        ("ko", ["통행 허용", "방문객, 유효한 출입 코드, 건강 코드 녹색", "방문객", "gate-1", "36.5 °C", "통과함"]),
    ],
)
def test_a_passage_is_told_in_plain_words(language: str, cells: list[str]) -> None:
    assert Text(shown(language, ONE)).cells == ["2026-11-24 12:00:00 UTC", *cells]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("answer", Answer)
def test_every_answer_has_its_colour_its_shape_and_its_word(language: str, answer: Answer) -> None:
    html = shown(language, replace(ONE, answer=answer))
    assert f'class="{answer}"' in html
    assert f'<use href="#{answer}"/></svg>{WORDS[language]["answer"][answer]}</b>' in html
    assert f'<symbol id="{answer}"' in html
    assert f".{answer} .answer" in ASSETS["live.css"].body.decode()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", GateOutcome)
def test_every_outcome_is_told(language: str, outcome: GateOutcome) -> None:
    assert Text(shown(language, replace(ONE, outcome=outcome))).cells[-1] == WORDS[language]["outcome"][outcome]


@pytest.mark.parametrize(
    "made",
    [
        lambda code: replace(ONE, answer=code),
        lambda code: replace(ONE, visitor=code),
        lambda code: replace(ONE, outcome=code),
        lambda code: replace(ONE, gate=code),
    ],
    ids=["answer", "visitor", "outcome", "gate"],
)
@pytest.mark.parametrize("code", ["quarantine_2031", "<script>alert(1)</script>", "\"'><img src=x onerror=x>", "{{ 7*7 }}"])
def test_an_unknown_code_is_shown_as_it_is_and_runs_nothing(made: Callable[[str], Passage], code: str) -> None:
    html = Text(shown("en", made(code)))
    assert code in html.cells
    assert not {"img", "iframe"} & {tag for tag, _ in html.tags}
    assert [attributes for tag, attributes in html.tags if tag == "script"] == [
        {"src": f"/static/{BUILD}/live.js", "defer": None}
    ]


def test_an_unknown_reason_is_shown_as_it_is() -> None:
    cells = Text(shown("ja", replace(ONE, reasons=("pass_expired", "<b>odd</b>")))).cells
    assert cells[2] == "通行コードの有効期限切れ<b>odd</b>"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_has_no_inline_script_or_style(language: str) -> None:
    for tag, attributes in Text(shown(language, ONE)).tags:
        assert tag != "style"
        assert not any(name == "style" or name.startswith("on") for name in attributes)
        assert tag != "script" or attributes["src"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_simulated_passages_are_marked_and_explained(language: str) -> None:
    words = WORDS[language]["page"]
    real, made_up = shown(language, ONE), shown(language, ONE, replace(ONE, event=EventId("x/1/1"), simulated=True))
    assert f"<i>{words['simulated']}</i>" not in real
    assert made_up.count(f"<i>{words['simulated']}</i>") == 1
    assert f'class="notice" hidden>{words["simulated_notice"]}' in real
    assert f'class="notice">{words["simulated_notice"]}' in made_up


def test_a_time_that_is_not_certain_says_so() -> None:
    mark = f'<abbr title="{WORDS["en"]["page"]["uncertain"]}">≈</abbr>'
    assert mark not in shown("en", ONE)
    assert mark in shown("en", replace(ONE, certain=False))


def test_a_guards_own_answer_says_so() -> None:
    assert WORDS["ko"]["page"]["by_guard"] in shown("ko", replace(ONE, by_guard=True))


def test_gates_are_named_with_their_compound_only_where_there_are_several() -> None:
    other = replace(ONE, compound="lakeside")
    assert "riverside" not in shown("en", ONE)
    assert Text(shown("en", ONE, other)).cells[4::7] == ["gate-1riverside", "gate-1lakeside"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_page_says_that_nobody_has_come(language: str) -> None:
    assert WORDS[language]["page"]["none"] in shown(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_full_page_is_light(language: str) -> None:
    many = tuple(replace(ONE, event=EventId(f"gate-1/00c0ffee/{n}"), at_us=NOON_US - n * 7_000_001) for n in range(50))
    packed = page(snapshot_of(many, None), language, Role.GUARD, packed=True)
    assert gzip.decompress(packed) == page(snapshot_of(many, None), language, Role.GUARD, packed=False)
    assert len(packed) + sum(len(ASSETS[name].packed) for name in ASSETS if name not in OTHERS) < LIGHT


def told(snapshot: Snapshot, seen: str) -> dict[str, Any]:
    block = change(snapshot, "en", seen).decode()
    found = re.fullmatch(r"id: (\S+)\nevent: passages\ndata: (.*)\n\n", block)
    assert found is not None
    assert found[1] == f"{BUILD}-{snapshot.version}"
    data: dict[str, Any] = json.loads(found[2])
    return data


def test_a_listener_hears_only_what_is_new_since_the_state_it_has() -> None:
    two = replace(ONE, event=EventId("gate-1/00c0ffee/2"))
    first = snapshot_of((ONE,), None)
    second = snapshot_of((two, ONE), first)
    assert len(told(second, first.version)["rows"]) == 1
    assert len(told(second, first.version)["order"]) == 2
    # Whoever has seen another state, or none, gets it whole.
    assert len(told(second, "elsewhere")["rows"]) == 2
    assert len(told(second, "")["rows"]) == 2
    assert len(told(first, "")["rows"]) == 1


def test_a_passage_that_went_through_meanwhile_is_told_again() -> None:
    first = snapshot_of((replace(ONE, outcome=""),), None)
    second = snapshot_of((ONE,), first)
    assert second.version != first.version
    assert list(told(second, first.version)["rows"]) == told(first, "")["order"]


def test_the_first_passage_of_another_compound_renames_all_gates() -> None:
    first = snapshot_of((ONE,), None)
    second = snapshot_of((replace(ONE, compound="lakeside"), ONE), first)
    assert len(told(second, first.version)["rows"]) == 2
    assert "riverside" in change(second, "en", first.version).decode()


def test_the_same_passages_are_the_same_version_whoever_read_them() -> None:
    assert snapshot_of((ONE,), None).version == snapshot_of((replace(ONE),), snapshot_of((), None)).version


def called(html: str) -> str:
    """What stands above the passages."""
    return html.partition('<section id="calls" role="alert">')[2].partition("</section>")[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unanswered", [False, True])
def test_a_call_for_the_guard_stands_above_the_passages_with_its_gate_its_time_and_its_state(
    language: str, unanswered: bool
) -> None:
    html = called(shown(language, ONE, calls=(replace(CALL, unanswered=unanswered),)))
    state = "unanswered" if unanswered else "ringing"
    words = WORDS[language]["call"]
    for part in (words["title"], words[state], "gate-1", "2026-11-24 12:00:00 UTC", f'<use href="#{state}"/>'):
        assert part in html
    assert f'<symbol id="{state}"' in shown(language)


def test_without_a_call_nothing_stands_above_the_passages() -> None:
    assert called(shown("en", ONE)) == ""


def test_a_simulated_call_is_marked_and_explained() -> None:
    html = shown("en", calls=(replace(CALL, simulated=True),))
    assert f"<i>{WORDS['en']['page']['simulated']}</i>" in called(html)
    assert f'class="notice">{WORDS["en"]["page"]["simulated_notice"]}' in html


def test_a_gates_name_in_a_call_runs_nothing() -> None:
    html = called(shown("en", calls=(replace(CALL, gate="<script>alert(1)</script>"),)))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_calls_are_told_when_they_have_changed_and_to_whoever_knows_nothing() -> None:
    first = snapshot_of((ONE,), None)
    second = snapshot_of((ONE,), first, (CALL,))
    assert "Guard called" in told(second, first.version)["calls"]
    assert told(second, first.version)["rows"] == {}
    third = snapshot_of((replace(ONE, outcome=""),), second, (CALL,))
    assert "calls" not in told(third, second.version)
    assert "Guard called" in told(third, "")["calls"]
    fourth = snapshot_of((ONE,), third, ())
    assert told(fourth, third.version)["calls"] == ""


def test_a_call_from_another_compound_names_all_gates_with_theirs() -> None:
    first = snapshot_of((ONE,), None, (CALL,))
    second = snapshot_of((ONE,), first, (CALL, replace(CALL, compound="lakeside")))
    news = told(second, first.version)
    assert "riverside" in news["calls"]
    assert len(news["rows"]) == 1
