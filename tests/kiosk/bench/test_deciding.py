"""The measurement of how long a decision takes: it asks many rules, and repeats."""

import io
from collections import Counter

import pytest
from rich.console import Console

from kiosk.bench import deciding
from kiosk.bench.deciding import Row

Rows = tuple[Row, ...]


@pytest.fixture(scope="module")
def rows() -> Rows:
    return deciding.measure(rounds=400)


@pytest.mark.parametrize("number", range(len(deciding.DOCUMENTS)), ids=deciding.DOCUMENTS)
def test_the_visitors_get_every_answer(rows: Rows, number: int) -> None:
    row = rows[number]
    assert row.n == sum(row.answers.values()) == 400
    assert all(row.answers[answer] >= 8 for answer in ("admit", "hold", "refuse", "open")), row.answers
    assert 0 <= row.p50_ms <= row.p99_ms <= row.max_ms


def test_the_same_seed_brings_the_same_visitors(rows: Rows) -> None:
    again = deciding.measure(rounds=400)
    assert [row.answers for row in again] == [row.answers for row in rows]
    assert [row.answers for row in deciding.measure(rounds=400, seed=2)] != [row.answers for row in rows]


def test_the_report_and_the_table_have_every_document(rows: Rows) -> None:
    names = [f"{name}@1" for name in deciding.DOCUMENTS]
    assert list(deciding.report(rows)["documents"]) == names
    out = io.StringIO()
    deciding.show(Console(file=out, width=120), rows)
    assert all(name in out.getvalue() for name in names)


@pytest.mark.parametrize(("p99_ms", "in_time"), [(1.0, True), (1.001, False)])
def test_a_document_is_in_time_up_to_a_millisecond(p99_ms: float, in_time: bool) -> None:
    assert Row("x@1", 1, Counter(), 1, 0.0, p99_ms, 50.0).in_time is in_time
