"""The credentials made by others, for the demo's phones."""

from pathlib import Path

import pytest

from kiosk.credentials import CardPart, HealthToken, combine, examine, read_trust
from kiosk.demo import vectors
from kiosk.demo.cases import AT_THEIR_CLOCK, CREDENTIALS
from kiosk.demo.run import run_demo
from kiosk.demo.scenarios import Case
from kiosk.errors import UsageError
from kiosk.evidence import Verdict
from kiosk.model import Answer
from tests.kiosk.credentials.vectors import ABSENT, wall

CASES = [case for case in CREDENTIALS.cases if case.vector is not None]


@pytest.mark.skipif(vectors.missing(CREDENTIALS.vectors) is not None, reason=ABSENT)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_whoever_is_admitted_shows_a_valid_one_and_nobody_else_does(case: Case) -> None:
    assert case.vector is not None
    files = vectors.trust_files(CREDENTIALS.vectors)
    trust = combine(*(read_trust(data, name) for name, data in files.items()))
    found = examine(vectors.text_of(case.vector).encode(), trust, wall(AT_THEIR_CLOCK))
    assert not isinstance(found, HealthToken | CardPart)
    assert (found.verdict is Verdict.VALID) is (case.expected is Answer.ADMIT)


def test_without_them_the_scenario_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEPOST_TESTDATA", str(tmp_path))
    assert vectors.missing(CREDENTIALS.vectors) == CREDENTIALS.vectors[0]
    with pytest.raises(UsageError, match=r"scenario credentials needs dcc/CY/6\.json .+; set GATEPOST_TESTDATA"):
        run_demo(1, headless=True, report=None, seed=1, scenario="credentials", cpu_scale=1.0, program=[])
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        vectors.text_of("dcc/CY/6.json")
