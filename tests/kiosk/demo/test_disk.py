"""The demo's full disk: the kernel refuses one process, whoever it runs as, and no other."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.demo.disk import Disk

WRITER = """
import sys
for _ in sys.stdin:
    try:
        with open(sys.argv[1], "a") as file:
            file.write("a line\\n")
        print("written", flush=True)
    except OSError:
        print("refused", flush=True)
"""


@contextmanager
def writer(path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.communicate()


def write(process: subprocess.Popen[str]) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_a_process_writes_nothing_while_its_disk_is_full_and_others_do(tmp_path: Path) -> None:
    disk = Disk()
    with writer(tmp_path / "one") as one, writer(tmp_path / "other") as other:
        assert write(one) == "written"
        for _ in range(2):
            disk.set_full(one.pid, full=True)
            disk.set_full(one.pid, full=True)
            assert (write(one), write(other)) == ("refused", "written")
            disk.set_full(one.pid, full=False)
            disk.set_full(one.pid, full=False)
            assert write(one) == "written"


def test_a_process_that_is_gone_or_was_never_full_is_nothing_to_free(tmp_path: Path) -> None:
    disk = Disk()
    with writer(tmp_path / "file") as process:
        disk.set_full(process.pid, full=False)
        disk.set_full(process.pid, full=True)
    disk.set_full(process.pid, full=False)
    disk.set_full(None, full=True)
