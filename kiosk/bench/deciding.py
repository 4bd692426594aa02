"""How long a decision takes: the shipped documents over visitors of every kind, drawn by chance from a seed.

Figures are milliseconds of the thread's own processor time: deciding waits for nothing.
"""

import gc
import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from kiosk import policy
from kiosk.bootstrap.documents import load_policy
from kiosk.evidence import Credential, CredentialKind, HealthStatus, Reading, Verdict
from kiosk.model import ClockState, Decision, Facts, LocalTime, Need
from kiosk.people import Consent, Declaration, Filing, FirstReturn, Stay, Vehicle, VisitorKind
from kiosk.units import Celsius, Monotonic

DOCUMENTS = ("normal-times", "response-level-1", "response-level-2", "office-tower")
ROUNDS = 20_000
P99_MS = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """What deciding under one document came to, and how often which answer was given; `open` is a need."""

    document: str
    rules: int
    answers: Mapping[str, int]
    n: int
    p50_ms: float
    p99_ms: float
    max_ms: float

    @property
    def in_time(self) -> bool:
        """Whether it keeps to what is promised."""
        return self.p99_ms <= P99_MS


def measure(rounds: int = ROUNDS, seed: int = 1) -> tuple[Row, ...]:
    """Decide about the same visitors under each document."""
    chance = random.Random(seed)  # noqa: S311 - it must repeat
    visitors = [_visitor(chance) for _ in range(rounds)]
    return tuple(_measured(load_policy(f"shipped:{name}", Path()), visitors) for name in DOCUMENTS)


def report(rows: tuple[Row, ...]) -> dict[str, Any]:
    """Return the figures as the JSON report has them."""
    return {
        "unit": "milliseconds of processor time",
        "documents": {
            row.document: {
                "rules": row.rules,
                "n": row.n,
                "answers": dict(row.answers),
                "p50": round(row.p50_ms, 4),
                "p99": round(row.p99_ms, 4),
                "max": round(row.max_ms, 4),
                "in_time": row.in_time,
            }
            for row in rows
        },
    }


def show(console: Console, rows: tuple[Row, ...]) -> None:
    """Print the figures as a table."""
    table = Table("document", "rules", "p50 ms", "p99 ms", "max ms", "in time")
    for row in rows:
        figures = (f"{figure:.4f}" for figure in (row.p50_ms, row.p99_ms, row.max_ms))
        table.add_row(row.document, str(row.rules), *figures, "yes" if row.in_time else "no")
    console.print(table)


def _measured(document: policy.PolicyDocument, visitors: list[Facts]) -> Row:
    answers: Counter[str] = Counter()
    times = []
    gc.collect()
    for facts in visitors:
        began = time.thread_time_ns()
        answer = policy.evaluate(document, facts)
        times.append((time.thread_time_ns() - began) / 1e6)
        answers[answer.answer if isinstance(answer, Decision) else "open"] += 1
    times.sort()
    n = len(times)
    return Row(document.name, len(document.rules), answers, n, times[n // 2], times[min(n - 1, n * 99 // 100)], times[-1])


def _visitor(chance: random.Random) -> Facts:
    """Somebody with whom most is in order, so that many rules are asked; now and then something is not known yet."""

    def mostly(good: Any, others: Any) -> Any:
        return good if chance.random() < 0.8 else chance.choice([None, *others])

    kind = chance.choice(list(VisitorKind))
    body_c = chance.gauss(36.6, 0.4)
    values = (Celsius(body_c - 2), Celsius(chance.uniform(5, 38)), Celsius(body_c), Celsius(0.3))
    read = Reading(*values, chance.randint(3, 12), "bench", Monotonic(0), Monotonic(1))
    verdict = Verdict.VALID if chance.random() < 0.9 else chance.choice(list(Verdict))
    stays = (Stay(chance.choice(["IT", "NZ", "CN-HB", "CN-ZJ"]), chance.randint(0, 30)),) if chance.random() < 0.2 else ()
    return Facts(
        reading=mostly(read, [read]),
        admission_pass=mostly(Credential(CredentialKind.PASS, verdict, visitor=kind), []),
        health_code=mostly(
            Credential(CredentialKind.HEALTH_TOKEN, Verdict.VALID, health=HealthStatus.GREEN),
            [Credential(CredentialKind.HEALTH_TOKEN, Verdict.VALID, health=status) for status in HealthStatus],
        ),
        unavailable=frozenset(chance.sample(list(Need), 1)) if chance.random() < 0.05 else frozenset(),
        pass_used=chance.random() < 0.02,
        clock=chance.choices(list(ClockState), weights=(90, 8, 2))[0],
        declaration=mostly(Declaration(kind, stays), [Declaration(kind, stays, how, Vehicle.VAN, 2) for how in FirstReturn]),
        consent=mostly(Consent.GIVEN, list(Consent)),
        filing=mostly(Filing.FILED, list(Filing)),
        local_time=LocalTime(chance.randrange(7), chance.randrange(1440)),
    )
