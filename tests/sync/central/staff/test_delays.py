from hypothesis import given
from hypothesis import strategies as st

from sync.central.staff.delays import FORGOTTEN_S, KEYS, LONGEST_S, Delays
from tests.sync.central.test_guessing import Clock


def test_the_first_few_are_free_and_then_each_waits_twice_as_long() -> None:
    clock = Clock()
    delays = Delays(clock)
    waits = []
    for _ in range(14):
        while (wait_s := delays.begin({"wang": 3})) > 0:
            waits.append(wait_s)
            clock.now += wait_s
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, LONGEST_S, LONGEST_S, LONGEST_S]


def test_whoever_waits_is_not_counted_and_whoever_is_right_begins_anew() -> None:
    clock = Clock()
    delays = Delays(clock)
    for _ in range(3):
        assert delays.begin({"wang": 3}) == 0
    assert [delays.begin({"wang": 3}) for _ in range(50)] == [2.0] * 50
    delays.forgive("wang")
    assert delays.begin({"wang": 3}) == 0


def test_one_key_that_has_to_wait_is_enough_and_the_others_are_not_counted() -> None:
    clock = Clock()
    delays = Delays(clock)
    for number in range(10):
        assert delays.begin({f"account {number}": 3, "address": 10}) == 0
    assert delays.begin({"account x": 3, "address": 10}) == 2
    assert delays.begin({"account x": 3, "elsewhere": 10}) == 0


def test_one_good_password_gives_its_own_attempt_back_and_nobody_elses() -> None:
    clock = Clock()
    delays = Delays(clock)
    for number in range(9):
        delays.begin({f"account {number}": 3, "address": 10})
    for _ in range(5):
        assert delays.begin({"own": 3, "address": 10}) == 0
        delays.forgive("own")
        delays.give_back("address")
    assert delays.begin({"next": 3, "address": 10}) == 0
    assert delays.begin({"another": 3, "address": 10}) > 0


def test_a_wrong_password_of_long_ago_is_forgotten() -> None:
    clock = Clock()
    delays = Delays(clock)
    for _ in range(3):
        delays.begin({"wang": 3})
    clock.now += FORGOTTEN_S + 1
    assert [delays.begin({"wang": 3}) for _ in range(3)] == [0.0] * 3


@given(st.lists(st.floats(0, 400), max_size=60))
def test_in_any_hour_an_account_is_guessed_at_no_more_than_so_often(pauses: list[float]) -> None:
    clock = Clock()
    delays = Delays(clock)
    taken: list[float] = []
    for pause in pauses:
        clock.now += pause
        if delays.begin({"wang": 3}) == 0:
            taken.append(clock.now)
    for began in taken:
        # Three at once, eight while the delay grows, then one in five minutes.
        assert sum(began <= at < began + 3600 for at in taken) <= 3 + 8 + 3600 / LONGEST_S + 1


def test_many_keys_take_no_more_room_than_is_set_aside_for_them() -> None:
    delays = Delays(Clock())
    for number in range(KEYS + 100):
        delays.begin({f"account {number}": 3})
    assert len(delays._counted) == KEYS
