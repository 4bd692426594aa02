"""The measurement of what checking a credential takes: every case is what it says, and none is too much by its bounds."""

import io

import pytest
from rich.console import Console

from kiosk.bench import verify
from kiosk.bench.verify import Row

ROWS = verify.measure(rounds=3)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_case_has_the_verdict_that_it_is_measured_for(row: Row) -> None:
    if row.hostile:
        assert row.verdict == "malformed"
    else:
        assert row.verdict == ("untrusted_issuer" if "another" in row.name else "valid")
    assert row.n == 3
    assert 0 <= row.p50_ms <= row.p95_ms <= row.max_ms


def test_the_report_and_the_table_have_every_case() -> None:
    names = [row.name for row in ROWS]
    assert list(verify.report(ROWS)["rows"]) == names
    out = io.StringIO()
    verify.show(Console(file=out, width=120), ROWS)
    assert all(name in out.getvalue() for name in names)


@pytest.mark.parametrize(
    ("hostile", "p95_ms", "max_ms", "in_time"),
    [(False, 2.0, 90.0, True), (False, 2.1, 2.1, False), (True, 49.0, 49.9, True), (True, 1.0, 50.0, False)],
)
def test_a_case_is_in_time_when_a_gate_can_spare_it(hostile: bool, p95_ms: float, max_ms: float, in_time: bool) -> None:
    assert Row("x", "valid", hostile, 1, 0.0, p95_ms, max_ms).in_time is in_time
