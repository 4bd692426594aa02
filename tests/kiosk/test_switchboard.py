"""The core's end of the links, over real sockets."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.errors import DeviceLost
from kiosk.evidence import Colour, Scan
from kiosk.inbox import Inbox, Item
from kiosk.link import (
    BEAT_LOST,
    AnyMessage,
    Attend,
    Beat,
    Coloured,
    Connection,
    Finished,
    FormAsked,
    GuardAsked,
    HelloToo,
    Noticed,
    OpenGate,
    OverrideAsked,
    PartHealth,
    Scanned,
    SceneMoved,
    TimeAsked,
    ViewChanged,
    connect,
    greet,
)
from kiosk.model import EventId, Part, Phase, VisitId
from kiosk.switchboard import Switchboard
from kiosk.units import Monotonic, Seconds
from kiosk.view import Hint, View
from tests.kiosk.fakes import FakeClock

VIEW = View(Phase.COLLECTING, VisitId("v1"), Monotonic(1.0))


class Exchange:
    """A switchboard on a socket of its own, and what it posts."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "core.sock"
        self.inbox = Inbox()
        self.board = Switchboard(self.path, inbox=self.inbox, clock=FakeClock(), passage_s=Seconds(8.0))
        self.board.start()
        self.ends: list[Connection] = []

    def join(self, part: Part) -> Connection:
        end = connect(self.path)
        self.ends.append(end)
        greet(end, part, "1.0")
        assert self.next().well is True
        return end

    def next(self) -> PartHealth:
        item = self.take()
        assert isinstance(item, PartHealth)
        return item

    def take(self) -> Item:
        item = self.inbox.take(5.0)
        assert item is not None
        return item


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    built = Exchange(tmp_path)
    yield built
    built.board.close()
    built.board.close()
    for end in built.ends:
        end.close()


def heard(end: Connection, wanted: Callable[[AnyMessage], bool]) -> AnyMessage:
    """The first message that is wanted; others are passed over."""
    for _ in range(10):
        message = end.receive(5.0)
        assert message is not None
        if wanted(message):
            return message
    raise AssertionError("it never came")


def test_the_gate_is_asked_for_one_bounded_pulse(exchange: Exchange) -> None:
    gate = exchange.join(Part.GATE)
    exchange.board.open(EventId("gate-1/log/1"), Seconds(0.8))
    asked = heard(gate, lambda message: isinstance(message, OpenGate))
    assert asked == OpenGate(EventId("gate-1/log/1"), Seconds(0.8), Seconds(8.0), FakeClock().monotonic())


def test_without_a_gate_there_is_an_error_not_a_silence(exchange: Exchange) -> None:
    with pytest.raises(DeviceLost, match="gate process is not connected"):
        exchange.board.open(EventId("gate-1/log/1"), Seconds(0.8))


def test_a_part_that_goes_is_reported(exchange: Exchange) -> None:
    exchange.join(Part.GATE).close()
    lost = exchange.next()
    assert (lost.part, lost.well, lost.detail) == (Part.GATE, False, "the process is gone")


def test_a_part_that_falls_silent_is_reported_and_so_is_its_return(exchange: Exchange) -> None:
    eyes = exchange.join(Part.EYES)
    lost = exchange.next()
    assert (lost.part, lost.well, lost.detail) == (Part.EYES, False, "the process is silent")
    assert BEAT_LOST == 0.5
    eyes.send(Beat(Monotonic(1.0)))
    assert exchange.next().well is True


def test_what_the_eyes_see_reaches_the_loop(exchange: Exchange) -> None:
    eyes = exchange.join(Part.EYES)
    scan = Scan(b"GP1:X", "QRCode", "zxing", Monotonic(1.0), Monotonic(1.1))
    eyes.send(Scanned(scan))
    assert exchange.take() == scan


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (Part.EYES, SceneMoved(True, Monotonic(1.0))),
        (Part.EYES, Coloured(Monotonic(1.0), Colour.GREEN, 0.9)),
        (Part.EYES, Noticed(Hint.HOLD_STILL, Monotonic(1.0))),
        (Part.SCREEN, FormAsked(Monotonic(1.0))),
        (Part.SCREEN, GuardAsked(Monotonic(1.0))),
        (Part.SCREEN, TimeAsked(Monotonic(1.0))),
        (Part.SCREEN, Finished(Monotonic(1.0))),
        (Part.SCREEN, OverrideAsked("Wang Fang", "a neighbour", Monotonic(1.0), "Li Wei")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_eyes_and_screen_have_to_say_reaches_the_loop(exchange: Exchange, part: Part, message: AnyMessage) -> None:
    exchange.join(part).send(message)
    assert exchange.take() == message


def test_a_guards_override_counts_from_the_screen_alone(exchange: Exchange) -> None:
    eyes = exchange.join(Part.EYES)
    eyes.send(OverrideAsked("Wang Fang", "a neighbour", Monotonic(1.0)))
    eyes.send(SceneMoved(True, Monotonic(2.0)))
    assert exchange.take() == SceneMoved(True, Monotonic(2.0))


def test_eyes_that_come_late_learn_that_a_visitor_is_here(exchange: Exchange) -> None:
    exchange.board.attend(True)
    eyes = exchange.join(Part.EYES)
    assert heard(eyes, lambda message: isinstance(message, Attend)) == Attend(True)


def test_a_screen_that_comes_late_is_told_what_to_show(exchange: Exchange) -> None:
    view = View(Phase.IDLE, VisitId("v"), Monotonic(1.0))
    exchange.board.show(view)
    screen = exchange.join(Part.SCREEN)
    assert heard(screen, lambda message: isinstance(message, ViewChanged)) == ViewChanged(view)


def test_a_further_screen_is_shown_the_same_and_heard_and_its_absence_is_no_loss(exchange: Exchange) -> None:
    own = exchange.join(Part.SCREEN)
    exchange.board.show(VIEW)
    further = connect(exchange.path)
    exchange.ends.append(further)
    further.send(HelloToo(1))
    assert heard(further, lambda message: isinstance(message, ViewChanged)) == ViewChanged(VIEW)
    further.send(Beat(Monotonic(1.0)))
    further.send(GuardAsked(Monotonic(2.0)))
    assert exchange.take() == GuardAsked(Monotonic(2.0))
    later = View(Phase.IDLE, VisitId("v9"), Monotonic(3.0))
    exchange.board.show(later)
    assert heard(further, lambda message: isinstance(message, ViewChanged)) == ViewChanged(later)
    further.close()
    own.send(FormAsked(Monotonic(4.0)))
    assert exchange.take() == FormAsked(Monotonic(4.0)), "nothing was said about the one that went"


def test_who_does_not_introduce_itself_is_not_heard(exchange: Exchange) -> None:
    stranger = connect(exchange.path)
    stranger.send(Beat(Monotonic(1.0)))
    with pytest.raises(DeviceLost):
        stranger.receive(5.0)
    stranger.close()
    assert exchange.inbox.take(0) is None


def test_a_second_process_of_a_part_that_speaks_is_turned_away(exchange: Exchange) -> None:
    first = exchange.join(Part.GATE)
    second = connect(exchange.path)
    exchange.ends.append(second)
    greet(second, Part.GATE, "1.0")
    with pytest.raises(DeviceLost):
        second.receive(5.0)
    exchange.board.heartbeat()
    assert isinstance(heard(first, lambda message: isinstance(message, Beat)), Beat)


def test_a_part_that_fell_silent_gives_its_place_to_the_one_that_comes(exchange: Exchange) -> None:
    first = exchange.join(Part.GATE)
    assert exchange.next().well is False
    second = connect(exchange.path)
    exchange.ends.append(second)
    greet(second, Part.GATE, "1.0")
    assert exchange.next().well is True
    with pytest.raises(DeviceLost):
        first.receive(5.0)
    exchange.board.heartbeat()
    assert isinstance(heard(second, lambda message: isinstance(message, Beat)), Beat)


@pytest.mark.parametrize("part", [Part.EYES, Part.SCREEN])
def test_a_part_that_does_not_read_never_holds_up_the_loop(exchange: Exchange, part: Part) -> None:
    gate = exchange.join(Part.GATE)
    exchange.join(part)
    for _ in range(2000):
        exchange.board.heartbeat()
        assert isinstance(gate.receive(5.0), Beat)
    while (lost := exchange.next()).part is not part:
        pass
    assert lost.well is False


def test_closing_ends_every_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    built = Exchange(tmp_path)
    end = built.join(Part.GATE)
    built.board.close()
    end.close()
    assert threading.active_count() == before
