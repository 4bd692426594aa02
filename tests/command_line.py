"""The command line as a process of its own that waits for no imports: it is forked from one that has them."""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

WAIT_S = 60.0
PRELOADED = ["kiosk.cli", "sync.central.commands", "sync.central.store", "sync.central.people", "sync.central.file_vault"]
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(PRELOADED)


def gatepost(*arguments: str | Path, given: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `gatepost` with these arguments to its end, `given` on its standard input, in a folder."""
    ran = gatepost_bytes(*arguments, given=given.encode(), cwd=cwd)
    return subprocess.CompletedProcess(ran.args, ran.returncode, ran.stdout.decode(), ran.stderr.decode())


def gatepost_bytes(*arguments: str | Path, given: bytes = b"", cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """As `gatepost`, where what goes in and out may be no text."""
    words = [str(argument) for argument in arguments]
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "0").write_bytes(given)
        process = _processes.Process(target=_run, args=(words, folder, cwd or Path.cwd(), dict(os.environ)))
        process.start()
        process.join(WAIT_S)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(words, WAIT_S)
        said = [(folder / str(number)).read_bytes() for number in (1, 2)]
    return subprocess.CompletedProcess(words, process.exitcode, *said)


def _run(words: Sequence[str], folder: Path, cwd: Path, environment: Mapping[str, str]) -> None:
    for number, how in ((0, os.O_RDONLY), (1, os.O_WRONLY | os.O_CREAT), (2, os.O_WRONLY | os.O_CREAT)):
        os.dup2(os.open(folder / str(number), how), number)
    # multiprocessing gave it another.
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - the process's own
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["gatepost", *words]
    from kiosk.entry import main

    main()
