"""`gatepost central --demo-data`: a made-up day at a gate called demo, in a database that holds nothing else.

The day goes through the same encoding, chain and append as a kiosk's log, and the shipped rules decide. Every event
says `simulated`, as a simulated kiosk's would, so no page or report takes it for real. It is the operator's own
choice at the command line, which is why it works where simulated kiosks are refused.
"""

import random
import tomllib
from collections.abc import Iterator
from importlib.resources import files

from kiosk import __version__, events, policy, records
from kiosk.cases import causes_of
from kiosk.errors import UsageError
from kiosk.events import Draft, Event, Head
from kiosk.model import Answer, ClockState, Decision, EventId, GateOutcome, Needs, Part, VisitId
from kiosk.records import Stamp
from kiosk.units import Monotonic, WallTime
from kiosk.visit import Ending
from sync.central.demo_visitors import Visitor, visitors
from sync.central.store import Store
from sync.wire import decode_upload, encode_event, encode_upload

COMPOUND = "demo"
DEVICE = "demo-gate"
POLICY = "response-level-2.toml"
BOOT = "demo"
UPTIME_S = 3 * 86_400.0
"""How long the gate had been up when the day began."""
OUTCOMES = {GateOutcome.PASSED: 970, GateOutcome.NOT_PASSED: 20, GateOutcome.NOT_OPENED: 4, GateOutcome.FAILED: 6}


def fill(store: Store, now: WallTime, seed: int = 1) -> int:
    """Append the day that ends at `now`; return how many events, 0 when a demo's are there already.

    Raises UsageError when the database holds anything else: made-up passages never come among real ones.
    """
    held = [(log["compound"], log["device"]) for log in store.logs()]
    if (COMPOUND, DEVICE) in held:
        return 0
    if held:
        raise UsageError(
            "--demo-data needs an empty database, and this one holds the logs of kiosks; name another in [database]"
        )
    day = list(_chain(Head(COMPOUND, DEVICE, f"{seed:016x}"), _drafts(now, random.Random(seed))))  # noqa: S311 - it must repeat
    # One upload is one transaction: the day is there whole or not at all.
    upload, _ = decode_upload(encode_upload(1, events.GENESIS, [encode_event(event) for event in day]))
    store.append(COMPOUND, DEVICE, f"{seed:016x}", upload)
    return len(day)


def _chain(head: Head, drafts: Iterator[Draft]) -> Iterator[Event]:
    """Give each draft its place. An outcome names the event before it."""
    last = EventId("")
    for draft in drafts:
        body = draft.body if draft.kind != "gate_outcome" else {**draft.body, "admission": last}
        event, head = events.append(head, Draft(draft.kind, body))
        last = event.id
        yield event


def _drafts(now: WallTime, chance: random.Random) -> Iterator[Draft]:
    """The day's events in order of time."""
    text = (files("kiosk") / "policies" / POLICY).read_text(encoding="utf-8")
    document = policy.parse(tomllib.loads(text), POLICY)
    day = _Day(now)
    yield records.started_draft(day.stamp(0.0), document.name)
    lost = False
    for visitor in visitors(now, chance):
        if visitor.issuer_lost is not lost:
            lost = visitor.issuer_lost
            detail = "HTTP 503" if lost else ""
            yield records.health_draft(day.stamp(visitor.at_s - 2.0), Part.ISSUER, well=not lost, detail=detail)
        yield from _visit(day, visitor, policy.evaluate(document, visitor.facts), chance)


def _visit(day: "_Day", visitor: Visitor, answer: Decision | Needs, chance: random.Random) -> Iterator[Draft]:
    visit = VisitId(f"{chance.getrandbits(64):016x}")
    clear_s = chance.uniform(0.35, 0.9)
    if not isinstance(answer, Decision):
        # Whoever does not show what is asked for goes away again.
        yield records.ended_draft(day.stamp(visitor.at_s + chance.uniform(4.0, 6.5)), visit, Ending.ABANDONED)
        return
    decided = day.stamp(visitor.at_s + clear_s)
    times = {"presence": day.mono(visitor.at_s), "decided": decided.mono}
    yield records.decision_draft(decided, visit, answer, visitor.facts, times)
    if causes := causes_of(answer):
        yield records.case_draft(decided, visit, causes, visitor.facts)
    if answer.answer is Answer.ADMIT:
        (outcome,) = chance.choices(list(OUTCOMES), weights=list(OUTCOMES.values()))
        opened = {"opened": decided.mono} if outcome in (GateOutcome.PASSED, GateOutcome.NOT_PASSED) else {}
        after = day.stamp(visitor.at_s + clear_s + chance.uniform(1.5, 6.0))
        yield records.outcome_draft(after, visit, EventId(""), outcome, opened, clear_s if opened else None)


class _Day:
    """The demo gate's clocks: seconds since the day began to what is stamped."""

    def __init__(self, now: WallTime) -> None:
        self._begins = now - 86_400 * 1_000_000
        self._software = __version__

    def mono(self, at_s: float) -> Monotonic:
        return Monotonic(UPTIME_S + at_s)

    def stamp(self, at_s: float) -> Stamp:
        wall = WallTime(self._begins + round(at_s * 1e6))
        return Stamp(DEVICE, BOOT, self._software, self.mono(at_s), wall, ClockState.SYNCHRONISED, simulated=True)
