"""What is on a gate's data partition, also where files were: its raw bytes, searched for everybody who came.

The files of a bad day are searched by `tests/end_to_end/test_privacy.py`; here the whole of a real file system is,
blocks that were freed, overwritten or never belonged to a file included.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.evidence import Credential, CredentialKind, Verdict
from kiosk.model import Answer, ClockState, Command, Decision, Facts, GateOutcome, ReasonCode, Role, VisitId
from kiosk.people import VisitorKind
from kiosk.records import Stamp, decision_draft, outcome_draft
from kiosk.spent import spend_of
from kiosk.units import Monotonic
from sync.log import SqliteLog
from sync.sealing import MonthSealer
from tests.captured_lines import capture_logs
from tests.planted import Secret, found_in
from tests.sync.logs import COMPOUND, DAY_S, DEVICE, LogClock, acknowledge_all
from tests.sync.test_sealing import KEYS

SIZE = 16 * 1024 * 1024
BLOCK = 4096
PEOPLE = 12
LET_IN = (ReasonCode("guest"),)


class Partition:
    """A file system in an image file, mounted until `unmount`, which gives its raw bytes but for blocks of zeros."""

    def __init__(self, folder: Path) -> None:
        self._image, self.root = folder / "data.img", folder / "data"
        self.root.mkdir()
        with self._image.open("wb") as file:
            file.truncate(SIZE)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", self._image], check=True, capture_output=True)
        mounted = subprocess.run(["mount", "-o", "loop", self._image, self.root], check=False, capture_output=True)
        self.mounted = mounted.returncode == 0

    def unmount(self) -> bytes:
        if self.mounted:
            subprocess.run(["umount", self.root], check=True, capture_output=True)
            self.mounted = False
        raw = self._image.read_bytes()
        blocks = (raw[start : start + BLOCK] for start in range(0, len(raw), BLOCK))
        return b"".join(block for block in blocks if any(block))


@pytest.fixture
def partition(tmp_path: Path) -> Iterator[Partition]:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    made = Partition(tmp_path)
    if not made.mounted:
        pytest.skip("nothing can be mounted here")
    yield made
    made.unmount()


def planted(number: int) -> tuple[Secret, Secret, Secret]:
    """A name, a telephone number and a number plate that nobody else has."""
    return (
        Secret("a name", f"王小明-Planted-{number}"),
        Secret("a telephone number", f"+86 139-{number:04}-5678"),
        Secret("a number plate", f"沪A·P{number:04}"),
    )


def comes(log: SqliteLog, number: int, sealer: MonthSealer) -> None:
    """Somebody with a pass on which all of this stands is let in, every third by a guard who says why."""
    name, phone, plate = planted(number)
    shown = Credential(
        CredentialKind.PASS,
        Verdict.VALID,
        visitor=VisitorKind.GUEST,
        holder=name.text,
        unit=f"{phone.text} {plate.text}",
        serial=f"{number:024x}",
        single_use=True,
    )
    stamp = Stamp(DEVICE, "boot", "1", Monotonic(1.0), LogClock().wall(), ClockState.SYNCHRONISED, simulated=False)
    visit = VisitId(f"visit-{number:08}")
    decision = Decision(Answer.ADMIT, LET_IN, "guests", "policy@1")
    if number % 3 == 0:
        command = Command("0f" * 16, name.text, f"called {phone.text} about {plate.text}", None)
        decision = Decision(Answer.ADMIT, LET_IN, "override", "policy@1", Role.GUARD, command)
    spends = spend_of(shown)
    draft = decision_draft(stamp, visit, decision, Facts(admission_pass=shown), {}, sealer, spends)
    admission = log.append(draft, visit=visit, decision=decision, spends=spends)
    log.record_outcome(admission, GateOutcome.PASSED, outcome_draft(stamp, visit, admission, GateOutcome.PASSED, {}, 0.4))


def test_nobody_who_came_is_in_a_raw_byte_of_a_used_data_partition(partition: Partition) -> None:
    path, clock, sealer = partition.root / "log.sqlite", LogClock(), MonthSealer(KEYS)
    deleted = Secret("a file that was deleted", "Planted-and-deleted")
    (partition.root / "note").write_text(deleted.text * 100)
    os.sync()
    (partition.root / "note").unlink()
    with capture_logs():
        for begin in (0, PEOPLE // 2):
            with closing(SqliteLog(path, compound=COMPOUND, device=DEVICE, clock=clock)) as log:
                for number in range(begin, begin + PEOPLE // 2):
                    comes(log, number, sealer)
                acknowledge_all(log)
                clock.advance(15 * DAY_S)
                while log.prune():
                    pass
            # What was written is set aside, and what it still held goes on in a new file.
            with path.open("r+b") as file:
                file.write(b"torn")
    raw = partition.unmount()
    assert found_in([deleted], {"the partition": raw}), "the search does not see what was deleted"
    assert b"visit-00000001" in raw, "no record of theirs was ever there"
    assert found_in([secret for number in range(PEOPLE) for secret in planted(number)], {"the partition": raw}) == []
