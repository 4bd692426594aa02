"""A runtime on the bench: a clock that the test moves, fakes at every port, and passes that it believes."""

import base64
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.attention import Attention
from kiosk.bootstrap.documents import load_policy
from kiosk.credentials import PassClaims, TrustList, Uses, key_id, parse_trust
from kiosk.credentials.pass_terms import ANYWHERE_ALWAYS, Terms
from kiosk.credentials.passes import encode
from kiosk.direction import Direction
from kiosk.evidence import Doubt, Observation, Reading, Scan
from kiosk.gate_mode import Kept
from kiosk.in_force import InForce
from kiosk.inbox import Inbox, Item, Recorded
from kiosk.link import GateOpened, PartHealth
from kiosk.model import Decision, EventId, GateOutcome, Part, Phase
from kiosk.people import VisitorKind
from kiosk.runtime import Runtime
from kiosk.site import Site
from kiosk.units import Celsius, Monotonic, Seconds, WallTime
from kiosk.view import View
from tests.kiosk.fakes import NOON, FakeClock, FakeFormLinks, FakeGate, FakeRecorder, FakeResolver, FakeSealer

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
HEALTH_CODE = b"https://health.example/code?t=abcDEF123456"
FIRST, SECOND = EventId("gate-1/log/1"), EventId("gate-1/log/2")
MENU = b"https://shop.example/menu"
"""A code that is none of ours."""


def trust_document() -> dict[str, Any]:
    return {
        "schema": 1,
        "id": "test",
        "issued_at": "2026-11-01T00:00:00Z",
        "issuers": [
            {
                "kind": "pass",
                "id": "passes",
                "key": base64.b64encode(PUBLIC).decode(),
                "compounds": ["riverside"],
                "visitors": ["resident", "guest", "courier", "renovation"],
            },
            {"kind": "health_token", "id": "health", "hosts": ["health.example"], "map": {"00": "green"}},
        ],
    }


def trust_list() -> TrustList:
    return parse_trust(json.dumps(trust_document()).encode(), "trust.json").for_compound("riverside")


def signed_pass(
    visitor: VisitorKind,
    *,
    days: int = 1,
    number: int = 1,
    holder: str | None = None,
    unit: str | None = None,
    uses: Uses = Uses.SINGLE,
    language: str | None = None,
    terms: Terms = ANYWHERE_ALWAYS,
) -> bytes:
    claims = PassClaims(
        pass_id=bytes([number]) * 12,
        compound="riverside",
        visitor=visitor,
        not_before=WallTime(NOON - 86_400_000_000),
        not_after=WallTime(NOON + days * 86_400_000_000),
        uses=uses,
        holder=holder,
        unit=unit,
        language=language,
        terms=terms,
    )
    return encode(claims, KEY.sign, key_id(PUBLIC)).encode()


class Bench:
    """A runtime on the bench: what comes in, and what went out."""

    def __init__(
        self,
        document: str,
        form_base: str | None = "https://gatepost.example/f/",
        sealer: FakeSealer | None = None,
        attention: Attention | None = None,
        expected: frozenset[Part] = frozenset(),
        direction: Direction = Direction.IN,
        kept: Kept | None = None,
    ) -> None:
        """Go by one of the shipped policy documents; without a sealer nothing personal is recorded."""
        self.clock = FakeClock()
        self.inbox = Inbox()
        self.links = FakeFormLinks()
        self.gate = FakeGate()
        self.recorder = FakeRecorder()
        self.resolver = FakeResolver()
        self.attention: list[bool] = []
        self.views: list[View] = []
        self.there_since: Monotonic | None = None
        policy = load_policy(f"shipped:{document}", Path())
        site = Site(
            "gate-1", "1.0", True, Seconds(0.8), policy, trust_list(), form_base, form_links=self.links, direction=direction
        ).going_by(InForce(policy, trust_list(), sealer=sealer))
        self.runtime = Runtime(
            site,
            inbox=self.inbox,
            clock=self.clock,
            gate=self.gate,
            recorder=self.recorder,
            resolver=self.resolver,
            attend=self.attention.append,
            show=self.views.append,
            attention=attention,
            expected=expected,
            kept=kept,
        )

    def give(self, item: Item) -> None:
        self.runtime.handle(item)
        self.runtime.tick()

    def stand(
        self, body_c: float | None = 36.6, *, present: bool = True, samples: int = 4, quality: tuple[Doubt, ...] = ()
    ) -> None:
        now = self.clock.monotonic()
        reading = None
        self.there_since = (self.there_since or now) if present else None
        if body_c is not None and self.there_since is not None:
            since = self.there_since
            values = (Celsius(34.5), Celsius(22.0), Celsius(body_c), Celsius(0.2))
            reading = Reading(*values, samples, "factory", since, now, quality)
        self.give(Observation(present, now, reading))

    def scan(self, content: bytes) -> None:
        now = self.clock.monotonic()
        self.give(Scan(content, "QRCode", "zxing", now, now))

    def durable(self, event: str = "gate-1/log/1") -> Decision:
        visit, decision, _ = self.recorder.decisions[-1]
        spends = self.recorder.spends[-1]
        self.give(Recorded(visit, decision, EventId(event), self.clock.monotonic(), spends))
        return decision

    def phase(self) -> Phase:
        return self.runtime.visit.phase


def admit_resident(bench: Bench) -> EventId:
    """A resident shows a pass, is measured, and the admission is durable: the gate was told to open."""
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    bench.durable()
    return EventId("gate-1/log/1")


def lose(bench: Bench, part: Part, *, well: bool = False) -> None:
    """A part says that it is lost, or well again."""
    bench.give(PartHealth(part, well, "" if well else "gone", bench.clock.now))


def come_again(bench: Bench, event: str) -> Decision:
    """The same pass, shown again by whoever comes after."""
    bench.stand(present=False)
    bench.clock.advance(10)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    return bench.durable(event)


def let_in(bench: Bench, number: int = 1, event: EventId = FIRST, visitor: VisitorKind = VisitorKind.RESIDENT) -> str:
    """Somebody stands there, shows a pass and sees the gate open; return their visit."""
    bench.stand()
    bench.scan(signed_pass(visitor, number=number))
    bench.durable(event)
    visit = bench.recorder.decisions[-1][0]
    bench.give(GateOpened(event, bench.clock.now))
    return visit


def step_aside(bench: Bench, seconds: float = 0.8) -> None:
    """Whoever was in the thermometer's spot is out of it."""
    bench.stand(present=False)
    bench.clock.advance(seconds)
    bench.stand(present=False)


def outcomes(bench: Bench) -> dict[str, GateOutcome]:
    """How each admission ended."""
    return {effect.admission: effect.outcome for effect, _ in bench.recorder.outcomes}
