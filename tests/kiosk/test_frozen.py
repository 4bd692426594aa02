"""`@frozen` against the dataclass that it stands for."""

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.frozen import frozen


@frozen
class Reading:
    celsius: float
    token: str = field(default="", repr=False)
    ticket: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Plain:
    celsius: float
    token: str = field(default="", repr=False)
    ticket: int = field(default=0, compare=False)


@frozen
class Left:
    """Nobody is there any more."""


@frozen
class Passed:
    """Of the same fields as `Left`."""


@frozen
class Spelled:
    word: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spelled) and other.word.casefold() == self.word.casefold()

    def __hash__(self) -> int:
        return hash(self.word.casefold())


Fields = tuple[float, str, int]
FIELDS = st.tuples(st.sampled_from([36.5, 37.0]), st.sampled_from(["a", "b"]), st.sampled_from([0, 1]))


@given(FIELDS, FIELDS)
def test_values_compare_and_hash_as_those_of_a_dataclass_do(
    one: tuple[float, str, int], other: tuple[float, str, int]
) -> None:
    assert (Reading(*one) == Reading(*other)) is (Plain(*one) == Plain(*other))
    assert hash(Reading(*one)) == hash(Plain(*one))
    assert repr(Reading(*one)).removeprefix("Reading") == repr(Plain(*one)).removeprefix("Plain")


def test_what_names_somebody_is_not_written_out() -> None:
    assert "secret" not in repr(Reading(36.5, "secret"))


def test_values_of_two_classes_are_never_equal() -> None:
    assert Left() == Left()
    others: list[object] = [Passed(), Plain(36.5), 36.5, ()]
    assert Left() not in others
    assert Reading(36.5) not in others
    assert {Left(), Left(), Passed()} == {Passed(), Left()}


@pytest.mark.parametrize("name", ["celsius", "token", "ticket"])
def test_a_field_is_set_once(name: str) -> None:
    reading = Reading(36.5)
    with pytest.raises(FrozenInstanceError):
        setattr(reading, name, 37.0)
    with pytest.raises(FrozenInstanceError):
        delattr(reading, name)
    assert reading == Reading(36.5)


def test_there_is_no_room_for_anything_but_the_fields() -> None:
    with pytest.raises(AttributeError):
        Reading(36.5).note = "x"  # type: ignore[attr-defined]


def test_a_method_of_its_own_is_kept() -> None:
    assert Spelled("Gate") == Spelled("gATE")
    assert len({Spelled("Gate"), Spelled("gate")}) == 1


def test_a_value_is_taken_apart_changed_copied_and_sent_as_a_dataclass_is() -> None:
    reading = Reading(36.5, "a", 1)
    match reading:
        case Reading(celsius, token, ticket):
            assert (celsius, token, ticket) == (36.5, "a", 1)
    assert replace(reading, celsius=37.0) == Reading(37.0, "a")
    assert copy.deepcopy(reading) == pickle.loads(pickle.dumps(reading)) == reading
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(reading), type=Reading) == reading
