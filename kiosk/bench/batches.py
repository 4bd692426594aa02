"""Uploads of simulated devices, made beforehand and kept in files: sealed and chained as a kiosk's, a hundred events each."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import BinaryIO

import msgspec

from kiosk import events
from kiosk.events import Draft, Head, canonical
from kiosk.model import Answer, ClockState, Decision, EventId, Facts, GateOutcome, ReasonCode, VisitId
from kiosk.ports import Sealer
from kiosk.records import Stamp, decision_draft, outcome_draft
from kiosk.units import Monotonic, WallTime
from sync.wire import encode_event, encode_upload

COMPOUNDS = 20
EVENTS = 100
"""How many events one upload has."""
SECOND_US = 1_000_000
ADMIT = Decision(Answer.ADMIT, (ReasonCode("guest_green"),), "guest-green", "response-level-2@1")


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """One upload, ready to be sent."""

    compound: str
    device: str
    log_id: str
    body: bytes


@dataclass
class Fleet:
    """Simulated devices, each with a log that goes on from batch to batch. `sealers` are by compound."""

    sealers: Mapping[str, Sealer]
    devices: int
    now_us: int
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - it must repeat

    def __post_init__(self) -> None:
        self._heads = [
            Head(compound, f"gate-{number}", f"{number:016x}")
            for number, compound in zip(range(self.devices), cycle(sorted(self.sealers)), strict=False)
        ]
        self._turn = 0

    def write(self, paths: Sequence[Path], count: int) -> None:
        """Write so many batches, of one device after the other, a device's always to the same file."""
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("wb")) for path in paths]
            for _ in range(count):
                number, self._turn = self._turn, (self._turn + 1) % self.devices
                _put(files[number % len(files)], self._batch(number))

    def _batch(self, number: int) -> Batch:
        head = before = self._heads[number]
        bodies: list[bytes] = []
        last = EventId("")
        for place in range(EVENTS):
            draft = self._draft(head, last, admits=place % 2 == 0)
            event, head = events.append(head, draft)
            last = event.id
            bodies.append(encode_event(event))
        self._heads[number] = head
        return Batch(head.compound, head.device, head.log_id, encode_upload(before.next_seq, before.hash, bodies))

    def _draft(self, head: Head, last: EventId, *, admits: bool) -> Draft:
        """An admission and, next, what became of it."""
        at = WallTime(self.now_us + head.next_seq * SECOND_US)
        stamp = Stamp(
            head.device, "boot", "bench", Monotonic(float(head.next_seq)), at, ClockState.SYNCHRONISED, simulated=True
        )
        visit = VisitId(f"{self.chance.getrandbits(64):016x}")
        times = {name: Monotonic(head.next_seq + 0.1) for name in ("presence", "reading", "code_captured", "decided")}
        if not admits:
            return outcome_draft(stamp, visit, last, GateOutcome.PASSED, times, 0.5)
        draft = decision_draft(stamp, visit, ADMIT, Facts(), times)
        person = {
            "name": f"{self.chance.getrandbits(40):x}",
            "phone": f"1{self.chance.getrandbits(33):010}",
            "unit": "12-301",
        }
        sealed = self.sealers[head.compound].seal(canonical(person).encode(), at)
        return Draft(draft.kind, {**draft.body, "sealed_for": sealed.key_id}, sealed.data)


def read(path: Path) -> Iterator[Batch]:
    """The batches of a file, one by one."""
    decoder = msgspec.msgpack.Decoder(Batch)
    with path.open("rb") as file:
        while size := file.read(4):
            yield decoder.decode(file.read(int.from_bytes(size, "big")))


def _put(file: BinaryIO, batch: Batch) -> None:
    data = msgspec.msgpack.encode(batch)
    file.write(len(data).to_bytes(4, "big") + data)
