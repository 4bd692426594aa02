"""Memory and idle load against their limits."""

import os
from typing import Any

import pytest

from kiosk.bench.memory import memory_report
from kiosk.bench.samples import Sample, look

NEVER = 2**22 + 1
"""No process has this id: it is above the kernel's largest."""


def sample(rss_mb: float) -> Sample:
    return Sample(rss_mb, rss_mb * 0.7, rss_mb * 0.5, 10, 5, 1.0)


def limits(found: dict[str, Any]) -> list[bool]:
    return [limit["met"] for limit in found["limits"]]


def test_idle_and_after_visitors_stand_side_by_side() -> None:
    idle = {"gate": sample(50.0), "core": sample(60.0), "eyes": sample(110.0)}
    after = {**idle, "eyes": sample(120.0)}
    found = memory_report(idle, after, 0.07, 20)
    assert found["processes"]["eyes"]["idle"]["rss_mb"] == 110.0
    assert found["processes"]["eyes"]["after"]["rss_mb"] == 120.0
    assert (found["together"]["idle"]["rss_mb"], found["together"]["after"]["rss_mb"]) == (220.0, 230.0)
    assert limits(found) == [True, True]


@pytest.mark.parametrize(
    ("rss_mb", "cpu_share", "kept"), [(351.0, 0.07, [False, True]), (300.0, 0.08, [True, False])], ids=["memory", "idle-load"]
)
def test_what_is_beyond_its_limit_is_named(rss_mb: float, cpu_share: float, kept: list[bool]) -> None:
    assert limits(memory_report({"core": sample(200.0)}, {"core": sample(rss_mb)}, cpu_share, 20)) == kept


def test_a_process_is_looked_at_from_outside() -> None:
    seen = look(os.getpid())
    assert seen is not None
    assert seen.rss_mb >= seen.pss_mb >= seen.uss_mb > 1
    assert seen.files > 2
    assert seen.threads >= 1


def test_a_process_that_is_gone_has_no_sample() -> None:
    assert look(NEVER) is None
