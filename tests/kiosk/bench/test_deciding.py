"""The measurement of how long a decision takes: it asks many rules, and repeats."""

import io
from collections import Counter

import pytest
from rich.console import Console

from kiosk.bench import deciding
from kiosk.bench.deciding import Row

ROWS = deciding.measure(rounds=400)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.document)
def test_the_visitors_get_every_answer(row: Row) -> None:
    assert row.n == sum(row.answers.values()) == 400
    assert all(row.answers[answer] >= 8 for answer in ("admit", "hold", "refuse", "open")), row.answers
    assert 0 <= row.p50_ms <= row.p99_ms <= row.max_ms


def test_the_same_seed_brings_the_same_visitors() -> None:
    again = deciding.measure(rounds=400)
    assert [row.answers for row in again] == [row.answers for row in ROWS]
    assert [row.answers for row in deciding.measure(rounds=400, seed=2)] != [row.answers for row in ROWS]


def test_the_report_and_the_table_have_every_document() -> None:
    names = [f"{name}@1" for name in deciding.DOCUMENTS]
    assert list(deciding.report(ROWS)["documents"]) == names
    out = io.StringIO()
    deciding.show(Console(file=out, width=120), ROWS)
    assert all(name in out.getvalue() for name in names)


@pytest.mark.parametrize(("p99_ms", "in_time"), [(1.0, True), (1.001, False)])
def test_a_document_is_in_time_up_to_a_millisecond(p99_ms: float, in_time: bool) -> None:
    assert Row("x@1", 1, Counter(), 1, 0.0, p99_ms, 50.0).in_time is in_time
