"""A kiosk's log as the server meets it, made with the product's own chain and encoding."""

from collections.abc import Mapping, Sequence
from typing import Any

from kiosk import events
from kiosk.events import Draft, Event, Head, canonical
from kiosk.model import Answer, ClockState, Decision, EventId, Facts, GateOutcome, ReasonCode, Role, VisitId
from kiosk.ports import Sealer
from kiosk.records import Stamp, decision_draft, outcome_draft
from kiosk.units import Monotonic, WallTime
from sync.wire import Upload, decode_upload, encode_event, encode_upload

NOON_US = 1_795_521_600_000_000
"""The server's time in tests: 2026-11-24 12:00:00 UTC."""
PAST_US = 1_735_732_800_000_000
"""2025-01-01 12:00:00 UTC: for servers that go by the machine's own clock."""
LOG_ID = "00c0ffee"


class KioskLog:
    """Appends as a kiosk does; `body` is what it would send."""

    def __init__(self, device: str = "gate-1", compound: str = "riverside", log_id: str = LOG_ID) -> None:
        self.compound, self.device, self.log_id = compound, device, log_id
        self.events: list[Event] = []
        self._head = Head(compound, device, log_id)

    @property
    def path(self) -> str:
        return f"/api/v1/logs/{self.device}/{self.log_id}"

    def add(self, kind: str = "note", **body: Any) -> EventId:
        return self.append(Draft(kind, body))

    def append(self, draft: Draft) -> EventId:
        event, self._head = events.append(self._head, draft)
        self.events.append(event)
        return event.id

    def append_newer(self, draft: Draft, schema: int) -> EventId:
        """An event as a kiosk of a later version writes it."""
        head, digest = self._head, events.sealed_digest(draft.sealed)
        identity = {"compound": head.compound, "device": head.device, "log_id": head.log_id, "seq": head.next_seq}
        header = canonical({**draft.body, "schema": schema, "kind": draft.kind, **identity})
        chained = events.chain_hash(header, head.hash, digest)
        self.events.append(Event(header, head.hash, digest, chained, draft.sealed))
        self._head = Head(head.compound, head.device, head.log_id, head.next_seq + 1, chained)
        return self.events[-1].id

    def append_sealed(self, sealed: bytes, **body: Any) -> EventId:
        """An event with these bytes as its sealed part, whatever they are."""
        return self.append(Draft("note", body, sealed))

    def passage(
        self,
        answer: Answer = Answer.ADMIT,
        *reasons: str,
        at_us: int = NOON_US,
        clock: ClockState = ClockState.SYNCHRONISED,
        simulated: bool = False,
        role: Role = Role.POLICY,
        sealer: Sealer | None = None,
        person: Mapping[str, str] | None = None,
    ) -> EventId:
        return self.append(
            self.passage_draft(
                answer, *reasons, at_us=at_us, clock=clock, simulated=simulated, role=role, sealer=sealer, person=person
            )
        )

    def passage_draft(
        self,
        answer: Answer = Answer.ADMIT,
        *reasons: str,
        at_us: int = NOON_US,
        clock: ClockState = ClockState.SYNCHRONISED,
        simulated: bool = False,
        role: Role = Role.POLICY,
        sealer: Sealer | None = None,
        person: Mapping[str, str] | None = None,
    ) -> Draft:
        codes = tuple(map(ReasonCode, reasons or ("resident",)))
        decision = Decision(answer, codes, "rule", "policy@1", role)
        draft = decision_draft(self.stamp(at_us, clock, simulated), VisitId("v"), decision, Facts(), {})
        if sealer is not None and person is not None:
            # What a later kiosk may know of a person, sealed as one of today does.
            sealed = sealer.seal(canonical(person).encode(), WallTime(at_us))
            draft = Draft(draft.kind, {**draft.body, "sealed_for": sealed.key_id}, sealed.data)
        return draft

    def outcome(self, admission: EventId, outcome: GateOutcome = GateOutcome.PASSED, at_us: int = NOON_US) -> EventId:
        return self.append(outcome_draft(self.stamp(at_us), VisitId("v"), admission, outcome, {}, None))

    def stamp(self, at_us: int = NOON_US, clock: ClockState = ClockState.SYNCHRONISED, simulated: bool = False) -> Stamp:
        return Stamp(self.device, "boot", "0", Monotonic(1.0), WallTime(at_us), clock, simulated)

    def body(self, first: int = 1, last: int | None = None, *, mended: Sequence[tuple[int, bytes]] = ()) -> bytes:
        """The upload of events `first` to `last`; `mended` are other bytes for some of them, by number."""
        chosen = self.events[first - 1 : last]
        bodies = [encode_event(event) for event in chosen]
        for number, other in mended:
            bodies[number - first] = other
        before = self.events[first - 2].hash if first > 1 else events.GENESIS
        return encode_upload(first, before, bodies)

    def upload(self, first: int = 1, last: int | None = None, *, mended: Sequence[tuple[int, bytes]] = ()) -> Upload:
        return decode_upload(self.body(first, last, mended=mended))[0]

    def branch(self, last: int) -> "KioskLog":
        """Another log that is the same up to event `last`: what a copied card makes of it."""
        other = KioskLog(self.device, self.compound, self.log_id)
        other.events = self.events[:last]
        hash_ = other.events[-1].hash if other.events else events.GENESIS
        other._head = Head(self.compound, self.device, self.log_id, last + 1, hash_)
        return other
