"""One guest for the whole run: booted, installed, its kiosk ready. `make hil` has built what it needs."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.hil.gate import Gate
from tests.hil.machine import BUILT, Disks, GuestSilent, Machine
from tests.hil.site import Site
from tests.hil.table import Table

IN_GUEST = ("test_devices", "test_visitors", "test_faults", "test_power")
"""From the parts to the whole, and the power last. Everything else here needs no guest."""
RUN = BUILT / "run"


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
def disks() -> Iterator[Disks]:
    shutil.rmtree(RUN, ignore_errors=True)
    RUN.mkdir()
    Site().write(RUN / "payload")
    made = Disks(RUN)
    made.make(RUN / "payload")
    made.begin_history()
    yield made
    for big in RUN.glob("*.img"):
        big.unlink()


@pytest.fixture(scope="session")
def gate(disks: Disks, table: Table) -> Iterator[Gate]:
    began = time.monotonic()
    with closing(Machine(disks)) as machine:
        machine.wait_booted()
        table.add("guest", "boots", f"{time.monotonic() - began:.0f} s, kernel {machine.run('uname', '-r').strip()}")
        gate = Gate(machine)
        began = time.monotonic()
        gate.install()
        gate.wait_ready()
        table.add("guest", "`make install`, its units ready", f"{time.monotonic() - began:.0f} s")
        yield gate
        with contextlib.suppress(GuestSilent, OSError):
            gate.save_journal(RUN / "journal.txt")
