"""What a visitor's way through may cost, and whether it did: the design's budget as a table. Pure.

What belongs to the world is taken off first: the camera's latency from a code's time, the card's from a record's.
Only visitors are judged whose parts all worked and whose issuer did not keep them waiting on purpose.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from drivers.simulated.frames import LATENCY_S
from kiosk.demo.report import percentiles
from kiosk.demo.scenarios import Case

Row = Mapping[str, Any]
"""A visitor's row of the demo's report."""


@dataclass(frozen=True, slots=True)
class Target:
    """At most so many seconds, at this quantile, for what `of` takes from a visitor's row (None: no such figure)."""

    figure: str
    quantile: Literal["p95", "p99", "max"]
    at_most_s: float
    of: Callable[[Row], float | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target, what was measured (None: nothing was), and whether that is within it."""

    figure: str
    quantile: str
    at_most_s: float
    measured_s: float | None
    met: bool

    def to_json(self) -> dict[str, Any]:
        """As the report has it."""
        return asdict(self)


def _frame_to_text(row: Row) -> float | None:
    code_s = row["stages_s"].get("code")
    return None if code_s is None else code_s - LATENCY_S


def _to_the_line(row: Row) -> float | None:
    """Decision, record and relay without the time that the card itself took."""
    stages = row["stages_s"]
    if any(stage not in stages for stage in ("decision", "record", "relay")):
        return None
    return float(stages["decision"] + stages["record"] + stages["relay"] - stages.get("card", 0.0))


def _stage(name: str) -> Callable[[Row], float | None]:
    return lambda row: row["stages_s"].get(name)


def _clear(row: Row) -> float | None:
    clear_s: float | None = row["clear_s"]
    return clear_s


TARGETS = (
    Target("newest frame to text", "p95", 0.045, _frame_to_text),
    Target("presence to reading", "p95", 0.30, _stage("temperature")),
    Target("credential verified", "p95", 0.010, _stage("credential")),
    Target("decision, record, relay", "p95", 0.020, _to_the_line),
    Target("clear time", "p95", 0.8, _clear),
    Target("clear time", "p99", 1.2, _clear),
    Target("clear time", "max", 2.0, _clear),
)


def judged(row: Row, case: Case) -> bool:
    """Whether the budget holds for this visitor: admitted, with all parts working and an issuer that answers."""
    return row["clear_s"] is not None and case.upset is None and case.issuer_s == 0


def judge(rows: Sequence[Row]) -> list[Verdict]:
    """Hold the rows of judged visitors against every target. What was not measured misses its target."""
    verdicts = []
    for target in TARGETS:
        measured = percentiles(target.of(row) for row in rows)[target.quantile]
        met = measured is not None and measured <= target.at_most_s
        verdicts.append(
            Verdict(target.figure, target.quantile, target.at_most_s, None if measured is None else round(measured, 4), met)
        )
    return verdicts
