"""A badge at the staff's door: what it opens, and what it is kept from."""

from dataclasses import replace

import pytest

from kiosk.credentials import PassClaims, Uses, key_id
from kiosk.credentials.passes import encode
from kiosk.credentials.revocations import Revocations
from kiosk.link import DoorMoved
from kiosk.model import ClockState, Phase
from kiosk.people import VisitorKind
from kiosk.presence import SAME_CODE_AGAIN
from kiosk.staff_door import ASKS_AT_MOST
from kiosk.units import Monotonic, WallTime
from kiosk.view import Badge
from tests.kiosk.fakes import NOON
from tests.kiosk.runtimes import KEY, PUBLIC, Bench, signed_pass
from tests.kiosk.watching import shown, wait

DAY = 86_400_000_000


def badge(kind: VisitorKind, *, days: int = 1) -> bytes:
    begins, ends = WallTime(NOON - 2 * DAY), WallTime(NOON + days * DAY)
    claims = PassClaims(bytes(12), "riverside", kind, begins, ends, Uses.MULTIPLE, holder="g-17")
    return encode(claims, KEY.sign, key_id(PUBLIC)).encode()


GUARD = badge(VisitorKind.GUARD)


@pytest.fixture
def bench() -> Bench:
    """A gate that trusts who signs its staff's badges."""
    bench = Bench("response-level-2")
    site = bench.runtime._rules.site
    issuers = {key: replace(one, visitors=frozenset(VisitorKind)) for key, one in site.trust.pass_issuers.items()}
    bench.runtime._rules.site = replace(site, trust=replace(site.trust, pass_issuers=issuers))
    bench.runtime._display.go_by(bench.runtime._rules.site)
    return bench


def ask(bench: Bench, seconds: float | None = 20.0) -> None:
    until = None if seconds is None else Monotonic(bench.clock.now + seconds)
    bench.give(DoorMoved(until, guard=False, at=bench.clock.now))


@pytest.mark.parametrize("kind", [VisitorKind.GUARD, VisitorKind.TECHNICIAN])
def test_a_badge_opens_the_door_and_neither_the_gate_nor_a_visit(bench: Bench, kind: VisitorKind) -> None:
    ask(bench)
    bench.scan(badge(kind))
    assert shown(bench).badge == Badge(kind, bench.clock.now)
    assert (bench.phase(), bench.recorder.decisions) == (Phase.IDLE, [])


def test_it_is_for_the_door_as_long_as_it_is_held_up(bench: Bench) -> None:
    ask(bench)
    bench.scan(GUARD)
    ask(bench, None)
    assert shown(bench).badge is None
    for _ in range(10):
        wait(bench, SAME_CODE_AGAIN - 0.5)
        bench.scan(GUARD)
        assert bench.phase() is Phase.IDLE
    wait(bench, SAME_CODE_AGAIN + 0.1)
    bench.scan(GUARD)
    assert bench.phase() is Phase.COLLECTING


@pytest.mark.parametrize(
    "content",
    [signed_pass(VisitorKind.RESIDENT), badge(VisitorKind.GUARD, days=-1), b"GP1:NOT A PASS"],
    ids=["a resident's pass", "expired", "forged"],
)
def test_nothing_else_does_and_is_answered_as_ever(bench: Bench, content: bytes) -> None:
    ask(bench)
    bench.scan(content)
    assert shown(bench).badge is None
    assert bench.phase() is not Phase.IDLE


def test_a_badge_that_was_taken_back_opens_nothing(bench: Bench) -> None:
    site = bench.runtime._rules.site
    bench.runtime._rules.site = replace(site, revocations=Revocations(passes=frozenset({bytes(12).hex()})))
    ask(bench)
    bench.scan(GUARD)
    assert shown(bench).badge is None


def test_without_the_time_nobody_knows_whether_it_is_over(bench: Bench) -> None:
    bench.clock.trusted = ClockState.NEVER_SET
    ask(bench)
    bench.scan(GUARD)
    assert shown(bench).badge is None


@pytest.mark.parametrize("asked", [None, 20.0, 1e9], ids=["not asked", "too late", "asked for ever"])
def test_a_door_that_does_not_ask_takes_no_badge(bench: Bench, asked: float | None) -> None:
    ask(bench, asked)
    wait(bench, ASKS_AT_MOST)
    bench.scan(GUARD)
    assert shown(bench).badge is None
    assert bench.phase() is not Phase.IDLE


def test_whoever_is_at_the_gate_keeps_their_visit(bench: Bench) -> None:
    bench.stand()
    visit = bench.runtime.visit.id
    ask(bench)
    bench.scan(GUARD)
    assert (bench.runtime.visit.id, bench.runtime._here.evidence.facts.admission_pass) == (visit, None)


def test_the_screen_knows_whether_a_badge_can_open_it(bench: Bench) -> None:
    bench.stand()
    assert shown(bench).badges
    assert not shown(Bench("response-level-2")).badges
