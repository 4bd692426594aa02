"""One guest for all parts, and one more for each cut of the power. `make hil` has built what they need."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hil.gate import Gate
from tests.hil.machine import BUILT, RUN, GuestSilent
from tests.hil.ready import Ready
from tests.hil.table import Table

IN_GUEST = ("test_devices", "test_screen", "test_visitors", "test_faults", "test_power")
"""From the parts to the whole, and the power last. Everything else here needs no guest."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark and order what needs the guest."""
    places = [n for n, item in enumerate(items) if item.path.parent == Path(__file__).parent and item.path.stem in IN_GUEST]
    ranked = sorted((items[place] for place in places), key=lambda item: IN_GUEST.index(item.path.stem))
    for place, item in zip(places, ranked, strict=True):
        item.add_marker(pytest.mark.hardware)
        items[place] = item


@pytest.fixture(scope="session")
def table() -> Iterator[Table]:
    found = Table()
    yield found
    found.write(BUILT / "table.md")
    os.write(1, f"\n{found.text()}".encode())


@pytest.fixture(scope="session")
def ready(table: Table) -> Ready:
    shutil.rmtree(RUN, ignore_errors=True)
    RUN.mkdir()
    found = Ready()
    table.add("guest", "boots", f"{found.coming.booted_s:.0f} s, kernel {found.coming.kernel}")
    table.add("guest", "`make install`, its units ready", f"{found.coming.ready_s:.0f} s")
    return found


@pytest.fixture(scope="session")
def gate(ready: Ready) -> Iterator[Gate]:
    with ready.going_on(RUN / "parts") as (machine, _):
        gate = Gate(machine)
        yield gate
        with contextlib.suppress(GuestSilent, OSError):
            gate.save_journal(RUN / "journal.txt")
