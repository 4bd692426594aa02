"""Commands as a kiosk hears them: late, repeated and foreign ones never open."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from kiosk.remote import CommandRefused, RemoteOpen, Unfit
from kiosk.spent import UsedElsewhere
from kiosk.units import Monotonic
from sync.downward.message import EXPIRES_US, OPEN, PASS_USED, Message
from sync.downward.orders import REMEMBERED, Orders
from sync.downward.server_time import ServerTime
from sync.downward.signing import Purpose, Signed, sign
from tests.sync.central.kiosks import NOON_US

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ADDRESS = ("riverside", "gate-1", "gate-1-in")
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
BEGAN, LEARNT = Monotonic(100.0), Monotonic(101.0)
BODY = {"issuer": "Wang Fang", "role": "guard", "reason": "the courier"}


def heard_by() -> Orders:
    """The server said that it was noon at second 101, one second after the core began; the answer took 0.1 s."""
    time = ServerTime()
    time.learn(NOON_US, LEARNT, Monotonic(LEARNT + 0.1))
    return Orders(KEY.public_key(), ADDRESS, time, BEGAN)


def command(issued_s: float = 1.0, number: int = 1, **other: object) -> Message:
    issued_us = NOON_US + round(issued_s * 1e6)
    said = Message(
        compound="riverside",
        gate="gate-1",
        device="gate-1-in",
        id=f"{number:032x}",
        kind=OPEN,
        issued_us=issued_us,
        expires_us=issued_us + EXPIRES_US,
        body=BODY,
    )
    return msgspec.structs.replace(said, **other)


def signed(said: Message, key: Ed25519PrivateKey = KEY, purpose: Purpose = Purpose.MESSAGE) -> Signed:
    return sign(key, purpose, said)


def at(seconds_after_noon: float) -> Monotonic:
    return Monotonic(LEARNT + seconds_after_noon)


def test_a_command_counts_for_ten_seconds_from_its_issue() -> None:
    order = heard_by().hear(signed(command(1.0)), at(2.0))
    assert isinstance(order, RemoteOpen)
    assert (order.command.issuer, order.command.reason) == ("Wang Fang", "the courier")
    assert order.until == pytest.approx(at(11.0))


@given(st.floats(1, 3000), st.floats(0, 100))
def test_no_command_is_ever_carried_out_later_than_that(issued_s: float, delay_s: float) -> None:
    order = heard_by().hear(signed(command(issued_s)), at(issued_s + delay_s))
    if isinstance(order, RemoteOpen):
        assert order.until <= at(issued_s + 10.0) + 1e-5
        assert delay_s < 10.0
    else:
        assert delay_s >= 10.0 - 1e-5


def test_a_command_that_says_it_counts_for_longer_counts_for_ten_seconds() -> None:
    said = command(1.0, expires_us=NOON_US + 3600 * 1_000_000)
    assert isinstance(heard_by().hear(signed(said), at(12.0)), CommandRefused)


def test_the_same_command_is_carried_out_once_and_told_of_once() -> None:
    orders = heard_by()
    assert isinstance(orders.hear(signed(command()), at(2.0)), RemoteOpen)
    assert orders.hear(signed(command()), at(3.0)) == CommandRefused(command().id, Unfit.REPEATED)
    assert orders.hear(signed(command()), at(4.0)) is None


def test_what_was_issued_before_this_core_began_may_have_been_carried_out_by_the_one_before() -> None:
    order = heard_by().hear(signed(command(-1.0)), at(0.5))
    assert order == CommandRefused(command().id, Unfit.LATE)


def test_without_the_servers_time_nothing_is_in_time() -> None:
    orders = Orders(KEY.public_key(), ADDRESS, ServerTime(), BEGAN)
    assert orders.hear(signed(command()), at(2.0)) == CommandRefused(command().id, Unfit.LATE)


FOREIGN = {
    "another site's": signed(command(), STRANGER),
    "another compound's": signed(command(compound="lakeside")),
    "another gate's": signed(command(gate="gate-2")),
    "that of the other device at the gate": signed(command(device="gate-1-out")),
    "signed for another purpose": signed(command(), purpose=Purpose.DOCUMENT),
    "changed": Signed(signed(command()).statement.replace("gate-1", "gate-9"), signed(command()).signature),
    "not canonical": Signed(" " + signed(command()).statement, signed(command()).signature),
    "endless": Signed("x" * 100_000, bytes(64)),
    "no signature": Signed(signed(command()).statement, b""),
}


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_message_is_turned_away_and_counted(foreign: Signed) -> None:
    orders = heard_by()
    assert orders.hear(foreign, at(2.0)) is None
    assert orders.foreign == 1


@pytest.mark.parametrize(
    "said",
    [command(kind="form_filled"), command(body={}), command(body={**BODY, "issuer": ""})],
    ids=["kind", "body", "name"],
)
def test_what_is_not_known_here_is_passed_over_and_counted(said: Message) -> None:
    orders = heard_by()
    assert orders.hear(signed(said), at(2.0)) is None
    assert (orders.ignored, orders.foreign) == (1, 0)


def test_a_pass_that_was_used_elsewhere_is_told_whenever_it_is_heard() -> None:
    orders, mark = heard_by(), "0123456789abcdef" * 2
    for used, issued_s in ((True, -600.0), (False, 1.0)):
        said = command(issued_s, kind=PASS_USED, body={"mark": mark, "used": used})
        assert orders.hear(signed(said), at(2.0)) == UsedElsewhere(mark, used)


@pytest.mark.parametrize("body", [{"mark": "x" * 32, "used": True}, {"mark": "0" * 32}, {"mark": "0" * 32, "used": 1}])
def test_what_names_no_pass_is_passed_over(body: dict[str, object]) -> None:
    orders = heard_by()
    assert orders.hear(signed(command(kind=PASS_USED, body=body)), at(2.0)) is None
    assert orders.ignored == 1


def test_members_that_are_not_known_here_are_passed_over() -> None:
    assert isinstance(heard_by().hear(signed(command(body={**BODY, "lane": 2})), at(2.0)), RemoteOpen)


def test_many_commands_do_not_fill_the_memory() -> None:
    orders = heard_by()
    told = [orders.hear(signed(command(-1.0, number)), at(1.0)) for number in range(REMEMBERED + 10)]
    assert all(isinstance(one, CommandRefused) for one in told)


def test_the_servers_time_is_known_between_two_bounds_and_the_closer_answer_counts() -> None:
    time = ServerTime()
    assert time.latest(BEGAN) is None
    time.learn(NOON_US, Monotonic(0.0), Monotonic(0.1))
    time.learn(NOON_US + 10_500_000, Monotonic(10.0), Monotonic(15.0))  # a slow answer, which says nothing else
    assert (time.earliest(Monotonic(20.1)), time.latest(Monotonic(20.0))) == (NOON_US + 20_000_000, NOON_US + 20_000_000)


def test_a_server_whose_clock_was_set_is_believed_anew() -> None:
    time = ServerTime()
    time.learn(NOON_US, Monotonic(0.0), Monotonic(0.1))
    time.learn(NOON_US - 3600 * 1_000_000, Monotonic(10.0), Monotonic(11.0))
    assert time.latest(Monotonic(10.0)) == NOON_US - 3600 * 1_000_000
