"""When a process looks for garbage."""

import gc
from collections.abc import Iterator

import pytest

from kiosk.garbage import loading


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    was_on = gc.isenabled()
    yield
    gc.unfreeze()
    if was_on:
        gc.enable()
    else:
        gc.disable()


def test_nothing_is_looked_at_while_modules_are_loaded_and_what_they_leave_is_not_looked_at_later() -> None:
    gc.enable()
    with loading():
        assert not gc.isenabled()
        loaded: list[list[int]] = [[] for _ in range(10)]
    assert gc.isenabled()
    watched = {id(one) for one in gc.get_objects()}
    assert watched.isdisjoint(id(one) for one in loaded)


def test_what_could_not_be_loaded_does_not_put_off_the_collection_for_ever() -> None:
    gc.enable()
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()


def test_a_process_that_collects_at_times_of_its_own_goes_on_doing_so() -> None:
    gc.disable()
    with loading():
        pass
    assert not gc.isenabled()
