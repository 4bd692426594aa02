"""The core's figures: what is counted, what is never in a label, and the real thing scraped over HTTP."""

import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from kiosk import config
from kiosk.bootstrap.documents import load_policy
from kiosk.credentials import TrustList
from kiosk.errors import LogUnusable, UsageError
from kiosk.events import Draft
from kiosk.evidence import Credential, Observation, Verdict
from kiosk.in_force import InForce, Renewed
from kiosk.link import PartHealth
from kiosk.metrics import OTHER, Metrics
from kiosk.model import Answer, Decision, EventId, GateOutcome, Part, ReasonCode, VisitId
from kiosk.staleness import Confirmed, Kind
from kiosk.units import Monotonic
from kiosk.visit import RecordGate
from tests.kiosk.fakes import FakeClock, FakeLog, FakeRecorder
from tests.kiosk.scraping import Scrape, running_core, taken_port

ROOT = Path(__file__).parents[2]
VISIT = VisitId("visit-1")
NAME = "Zhang-San-Planted"


class SlowLog(FakeLog):
    """A log that takes its time, and knows what the server lacks."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock
        self.lacks = 0
        self.room = 1000

    def append(self, *args: object, **named: object) -> EventId:
        self.clock.advance(0.02)
        return super().append(*args, **named)  # type: ignore[arg-type]

    def unacknowledged(self) -> int:
        if self.failing:
            raise LogUnusable("the disk is full")
        return self.lacks

    def left(self) -> int:
        if self.failing:
            raise LogUnusable("the disk is full")
        return self.room


class Counted:
    """What was refused, ignored or turned away of what came down."""

    refused = 0
    ignored = 0
    foreign = 0


class Bench:
    """Metrics with fakes behind them."""

    def __init__(self) -> None:
        self.metrics = Metrics(software="1.0", document=load_policy("shipped:normal-times", ROOT), simulated=True)
        self.clock = FakeClock()
        self.kept = SlowLog(self.clock)
        self.written = FakeRecorder()
        self.inbox = self.metrics.inbox()
        self.log = self.metrics.log(self.kept, self.clock)
        self.recorder = self.metrics.recorder(self.written)
        self.down = Counted()
        self.in_force = InForce(load_policy("shipped:normal-times", ROOT), TrustList(), confirmed=dict.fromkeys(Kind))
        self.metrics.downward(self.down, self.down, self.clock, self.in_force)

    def now(self) -> Scrape:
        return Scrape.of_registry(self.metrics.registry)

    def decide(self, answer: Answer, *reasons: str) -> None:
        decision = Decision(answer, tuple(map(ReasonCode, reasons)), "rule", "normal-times@1")
        self.recorder.decision(VISIT, decision, Draft("decision", {}), None)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_answers_are_counted_by_their_reason_and_passed_on(bench: Bench) -> None:
    bench.decide(Answer.ADMIT, "resident")
    bench.decide(Answer.ADMIT, "resident")
    bench.decide(Answer.REFUSE, "pass_used")
    assert bench.now()("gatepost_decisions_total", answer="admit", reason="resident") == 2
    assert bench.now()("gatepost_decisions_total", answer="refuse", reason="pass_used") == 1
    assert len(bench.written.decisions) == 3


def test_every_reason_of_the_policy_begins_at_nought(bench: Bench) -> None:
    assert bench.now()("gatepost_decisions_total", answer="admit", reason="guest") == 0
    assert bench.now()("gatepost_gate_outcomes_total", outcome="failed") == 0


@pytest.mark.parametrize("reasons", [(), ("",), (NAME,), ("Resident",)], ids=["none", "empty", "name", "case"])
def test_a_reason_that_the_policy_does_not_name_is_other(bench: Bench, reasons: tuple[str, ...]) -> None:
    bench.decide(Answer.HOLD, *reasons)
    assert bench.now()("gatepost_decisions_total", answer="hold", reason=OTHER) == 1
    assert NAME not in bench.now().text


@given(reasons=st.lists(st.text(max_size=20), max_size=50))
def test_whatever_is_given_as_a_reason_makes_few_series(reasons: list[str]) -> None:
    bench = Bench()
    before = len(bench.now().samples)
    for reason in reasons:
        bench.decide(Answer.HOLD, reason)
    assert len(bench.now().samples) <= before + len({*bench.metrics.reasons, OTHER})


def test_an_outcome_counts_once_it_is_durable_with_its_clear_time(bench: Bench) -> None:
    effect = RecordGate(VISIT, EventId("gate-1/log/1"), GateOutcome.PASSED)
    draft = Draft("gate_outcome", {"observed_clear_us": 640_000})
    bench.recorder.outcome(effect, draft, gives_back=False)
    assert bench.now()("gatepost_gate_outcomes_total", outcome="passed") == 0
    bench.log.record_outcome(effect.admission, effect.outcome, draft)
    bench.log.record_outcome(EventId("x"), GateOutcome.UNKNOWN, Draft("gate_outcome", {"observed_clear_us": None}))
    seen = bench.now()
    assert seen("gatepost_gate_outcomes_total", outcome="passed") == 1
    assert seen("gatepost_gate_outcomes_total", outcome="unknown") == 1
    assert seen("gatepost_observed_clear_seconds_count") == 1
    assert seen("gatepost_observed_clear_seconds_bucket", le="0.6") == 0
    assert seen("gatepost_observed_clear_seconds_bucket", le="0.8") == 1
    assert bench.written.outcomes == [(effect, draft)]


def test_durable_writes_are_timed_and_failed_ones_are_not(bench: Bench) -> None:
    bench.log.append(Draft("started", {}), visit="")
    bench.kept.failing = True
    with pytest.raises(LogUnusable):
        bench.log.append(Draft("started", {}), visit="")
    seen = bench.now()
    assert seen("gatepost_log_append_seconds_count") == 1
    assert seen("gatepost_log_append_seconds_sum") == pytest.approx(0.02)


def test_a_part_is_there_once_it_was_heard_of_and_down_while_it_is_lost(bench: Bench) -> None:
    assert bench.now()("gatepost_part_up", part="core") == 1
    assert bench.now()("gatepost_part_up", part="camera") is None
    at = Monotonic(1.0)
    bench.inbox.post(PartHealth(Part.CAMERA, well=True, detail="", at=at))
    assert bench.now()("gatepost_part_up", part="camera") == 1
    bench.inbox.post(PartHealth(Part.CAMERA, well=False, detail=NAME, at=at))
    assert bench.now()("gatepost_part_up", part="camera") == 0
    assert NAME not in bench.now().text


def test_a_gate_that_the_loop_itself_found_missing_is_down(bench: Bench) -> None:
    bench.recorder.note(VISIT, Draft("part_health", {"part": "gate", "well": False, "detail": "gone"}))
    assert bench.now()("gatepost_part_up", part="gate") == 0
    assert bench.written.notes[0].kind == "part_health"


def test_the_inbox_shows_its_depth_and_what_it_dropped(bench: Bench) -> None:
    for number in range(260):
        bench.inbox.post(Observation(present=False, at=Monotonic(float(number))))
    assert bench.now()("gatepost_inbox_depth") == 256
    assert bench.now()("gatepost_inbox_dropped_total") == 4
    bench.inbox.take(0.0)
    assert bench.now()("gatepost_inbox_depth") == 255


def test_what_the_log_has_and_takes_is_read_when_somebody_asks_and_unknown_without_a_log(bench: Bench) -> None:
    bench.kept.lacks, bench.kept.room = 17, 5000
    names = ("gatepost_log_unacknowledged_events", "gatepost_log_left_bytes")
    assert [bench.now()(name) for name in names] == [17, 5000]
    bench.kept.failing = True
    for name in names:
        found = bench.now()(name)
        assert found is not None
        assert math.isnan(found)


def test_a_visitor_is_seen_in_a_scrape_and_named_nowhere(tmp_path: Path) -> None:
    with running_core(tmp_path, metrics_port=0) as core:
        core.admit_resident(holder=NAME)
        # A thermometer is reported well after its first look, which may be the one that admitted the visitor.
        seen = core.scrape_until(
            lambda scrape: (
                scrape("gatepost_gate_outcomes_total", outcome="passed") == 1
                and scrape("gatepost_part_up", part="thermometer") == 1
            )
        )
        assert seen("gatepost_decisions_total", answer="admit", reason="resident") == 1
        assert seen("gatepost_observed_clear_seconds_count") == 1
        assert seen("gatepost_part_up", part="thermometer") == 1
        assert (seen("gatepost_log_append_seconds_count") or 0) >= 3
        assert (seen("gatepost_log_unacknowledged_events") or 0) >= 3
        assert seen("gatepost_info", software=core.software, policy="normal-times@1", simulated="false") == 1
        assert (seen("gatepost_process_resident_memory_bytes") or 0) > 1e6
        for planted in (NAME, *core.identities):
            assert planted not in seen.text
        # The test has hung up as the gate.
        core.scrape_until(lambda scrape: scrape("gatepost_part_up", part="gate") == 0)
        # What was planted is in the pass that opened the gate.
        assert isinstance(core.credential, Credential)
        assert (core.credential.verdict, core.credential.holder) == (Verdict.VALID, NAME)


def test_the_figures_are_served_on_loopback_alone_and_no_longer_than_the_core_lives(tmp_path: Path) -> None:
    with running_core(tmp_path, metrics_port=0) as core:
        assert core.reaches("127.0.0.1")
        assert not core.reaches("127.0.0.2")
    assert not core.reaches("127.0.0.1")


def test_a_core_whose_port_is_taken_says_so_once_and_clears_visitors_all_the_same(tmp_path: Path) -> None:
    with taken_port() as port, running_core(tmp_path, metrics_port=port) as core:
        core.admit_resident()
        errors = [line for line in core.said if line["log_level"] == "error"]
        assert [(line["event"], line["port"]) for line in errors] == [("metrics not served", port)]


def test_a_core_without_a_port_carries_no_library_for_figures() -> None:
    code = "import sys, kiosk.bootstrap.core, kiosk.cli; sys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False).returncode == 0


@pytest.mark.parametrize("port", ["-1", "65536", '"9464"'])
def test_a_port_that_is_none_is_bad_usage(tmp_path: Path, port: str) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text(f'[gate]\ncompound = "a"\ndevice = "b"\nmetrics_port = {port}\n[policy]\nfile = "x"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"\[gate\] metrics_port"):
        config.load(file)


def test_the_documentation_describes_exactly_what_is_served(bench: Bench) -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(gatepost_\w+)` \| (\w+) \|([^|]*)\|", page, re.MULTILINE)
    described = {(name, kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    served = set()
    bench.inbox.post(PartHealth(Part.EYES, well=True, detail="", at=Monotonic(1.0)))
    for family in text_string_to_metric_families(bench.now().text):
        labels = frozenset(name for sample in family.samples for name in sample.labels) - {"le"}
        suffix = "_total" if family.type == "counter" else ""
        served.add((family.name + suffix, family.type, labels))
    assert described ^ served == set()


def test_a_documents_age_is_known_since_the_server_vouched_for_it(bench: Bench) -> None:
    unknown = bench.now()("gatepost_document_age_seconds", document="revocations")
    assert unknown is not None
    assert math.isnan(unknown)
    vouched = Confirmed(bench.clock.wall(), bench.clock.boot_id(), bench.clock.monotonic())
    bench.inbox.post(Renewed(replace(bench.in_force, confirmed=dict.fromkeys(Kind, vouched))))
    bench.clock.advance(90)
    assert bench.now()("gatepost_document_age_seconds", document="revocations") == 90


def test_a_new_policys_reasons_are_counted_by_name_and_it_is_what_runs_here(bench: Bench) -> None:
    document = load_policy("shipped:response-level-2", ROOT)
    bench.inbox.post(Renewed(replace(bench.in_force, document=document)))
    bench.decide(Answer.HOLD, "temperature_high")
    assert bench.now()("gatepost_decisions_total", answer="hold", reason="temperature_high") == 1
    assert bench.now()("gatepost_info", software="1.0", simulated="true", policy=document.name) == 1


def test_what_came_down_in_vain_is_counted(bench: Bench) -> None:
    bench.down.refused, bench.down.foreign, bench.down.ignored = 1, 2, 3
    scrape = bench.now()
    assert scrape("gatepost_documents_refused_total") == 1
    assert scrape("gatepost_messages_foreign_total") == 2
    assert scrape("gatepost_documents_ignored_total") == scrape("gatepost_messages_ignored_total") == 3
