"""What the code may say in its log: short events in plain words, and never what somebody showed or sent."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for folder in ("kiosk", "drivers", "sync", "ui") for path in (ROOT / folder).rglob("*.py"))
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
WORDS = re.compile(r"[a-z]+( [a-z]+){0,5}")
BELONGS_TO_EDGE = re.compile(r"\{.+\} (lost|back)")
"""Only what `kiosk.edge` tells of has a name of its own in its event."""
CONTENT = {"content", "text", "token", "holder", "serial", "name", "unit", "body", "header", "url", "path", "query", "repr"}
"""Keys under which what people show or send would end up."""


def is_logger(node: ast.expr) -> bool:
    match node:
        case ast.Name(id="_log" | "log") | ast.Call(func=ast.Name(id="get_logger")):
            return True
    return False


def log_calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(value=logger, attr=level)) if level in LEVELS and is_logger(logger):
                yield node


LINES = [
    pytest.param(path, call, id=f"{path.relative_to(ROOT)}:{call.lineno}") for path in SOURCES for call in log_calls(path)
]


def test_the_lines_are_found() -> None:
    assert len(LINES) > 15


@pytest.mark.parametrize(("path", "call"), LINES)
def test_an_event_is_a_few_plain_words_and_what_varies_has_a_key(path: Path, call: ast.Call) -> None:
    (event,) = call.args
    if path.name == "edge.py":
        assert isinstance(event, ast.JoinedStr)
        assert BELONGS_TO_EDGE.fullmatch(ast.unparse(event)[2:-1])
    else:
        assert isinstance(event, ast.Constant)
        assert WORDS.fullmatch(str(event.value)), event.value


@pytest.mark.parametrize(("path", "call"), LINES)
def test_no_line_has_a_place_for_what_people_show_or_send(path: Path, call: ast.Call) -> None:
    assert not CONTENT & {keyword.arg for keyword in call.keywords}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_printed_or_logged_past_the_places_that_take_messages_out(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    if path.name in {"diagnostics.py", "ending.py", "lines.py"}:
        return
    for way_round in (
        r"\btraceback\.",
        r"(?<!utils\.)\blogging\.",
        r"sys\.stderr\b",
        r"rich\.traceback",
        r"show_locals",
        r"\bcgitb\b",
    ):
        assert not re.search(way_round, source), way_round
