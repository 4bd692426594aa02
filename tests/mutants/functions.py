"""Mutants inside functions, made by mutmut: each is tried by the tests that reach its function, the quickest first.

The tests are imported once, and a child runs them for each mutant. What a test module makes at its import, such as the
shipped documents, is then not changed: so whatever survives in a function that was reached by that is tried again in a child
that has imported nothing of this product.
"""

import importlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from tests.mutants.children import say, survivors

TESTS = ("tests/kiosk/policy", "tests/kiosk/test_flow.py")
QUIET = ("-q", "-x", "-n", "0", "-p", "no:cacheprovider", "--assert=plain")
MUTANT = "MUTANT_UNDER_TEST"
UNCHANGED = "__mutmut_0"
"""Behind the name of a function: no mutant of it, but the function as it is."""
FOLDER = Path("mutants")


def score(chosen: Sequence[str] = ()) -> tuple[str, int, int]:
    """Make the mutants, try those that are chosen, and say how many were noticed."""
    _make()
    environment = {**os.environ, "HYPOTHESIS_PROFILE": "mutants"}
    # In the folder in which mutmut has put the changed tree, and where everything else is as it is here.
    command = [sys.executable, "-m", "tests.mutants.functions", *chosen]
    run = subprocess.run(command, cwd=FOLDER, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    *said, last = run.stdout.splitlines()
    for line in said:
        say(line)
    noticed, tried = json.loads(last)
    return "inside functions", noticed, tried


def _make() -> None:
    """Write the tree with all mutants into `mutants/`."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    made = "from mutmut.__main__ import *; copy_src_dir(); copy_also_copy_files(); create_mutants(2)"
    subprocess.run([sys.executable, "-c", made], stdout=subprocess.DEVNULL, check=True)


def _names(chosen: Sequence[str]) -> list[str]:
    """Every mutant by name, such as `kiosk.policy.check.x_findings__mutmut_1`."""
    files = sorted(Path("kiosk").rglob("*.py.meta"))
    names = [name for file in files for name in json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]]
    found = [name for name in names if not chosen or name.startswith(tuple(chosen))]
    # In an order by chance: whoever has no time for all of them has tried a fair sample.
    random.Random(20261201).shuffle(found)
    return found


class Tried:
    """A plugin of pytest that tries mutants in the place of running the tests once."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._progress = os.dup(2)
        self._reached = _reached()
        self._at_import: set[str] = set()
        self.survived: list[str] = []
        self.again: list[str] = []

    def pytest_collection_finish(self) -> None:
        self._at_import = set(self._reached)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        by_function = self._tests(session)
        os.environ[MUTANT] = ""

        def survives(name: str) -> bool:
            os.environ[MUTANT] = name
            return all(_passes(session, item) for item in by_function.get(_function(name), ()))

        controls = [f"{function}{UNCHANGED}" for function in sorted(by_function)[::20]]
        if not all(survived for _, survived in survivors(controls, survives)):
            raise pytest.UsageError("the tests that reach a function fail without any change")
        for number, (name, survived) in enumerate(survivors(self._names, survives), start=1):
            if survived:
                (self.again if _function(name) in self._at_import else self.survived).append(name)
            if survived or number % 100 == 0:
                still = len(self.survived) + len(self.again)
                self._tell(f"{number} of {len(self._names)} tried, {still} survive so far, last {name}\n")
        return True

    def _tell(self, line: str) -> None:
        os.write(self._progress, line.encode())

    def _tests(self, session: pytest.Session) -> dict[str, list[pytest.Item]]:
        """The tests that reach a function, quickest first; found out in a child, so that nothing here has run."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            found = []
            for item in session.items:
                self._reached.clear()
                began = time.process_time()
                if not _passes(session, item):
                    self._tell(f"{item.nodeid} fails without any change\n")
                    os._exit(1)
                found.append((time.process_time() - began, sorted(self._reached)))
            with os.fdopen(writing, "w") as out:
                json.dump(found, out)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as told:
            text = told.read()
        if os.waitpid(child, 0)[1]:
            raise pytest.UsageError("the tests fail without any change")
        by_function: dict[str, list[tuple[float, int]]] = {}
        for number, (took, reached) in enumerate(json.loads(text)):
            for function in reached:
                by_function.setdefault(function, []).append((took, number))
        return {name: [session.items[number] for _, number in sorted(found)] for name, found in by_function.items()}


def _passes(session: pytest.Session, item: pytest.Item) -> bool:
    # Without a next one, whatever an item was given is taken down with it.
    from _pytest.runner import runtestprotocol

    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def _reached() -> set[str]:
    """The functions that are reached from now on while mutmut's own name for that is the mutant under test."""
    trampoline: Any = importlib.import_module("mutmut.mutation.trampoline")
    found: set[str] = set()
    trampoline.record_trampoline_hit = lambda name, caller=None: found.add(name)
    os.environ[MUTANT] = "stats"
    return found


def _function(mutant: str) -> str:
    return mutant.rpartition("__mutmut_")[0]


def _anew(name: str) -> bool:
    """Whether a mutant survives where nothing was imported before; tests by many examples it has survived already."""
    os.environ[MUTANT] = name
    return pytest.main([*QUIET, "-m", "not hypothesis", *TESTS]) == pytest.ExitCode.OK


@contextmanager
def _unheard() -> Iterator[None]:
    """Let nothing that pytest says come between the lines."""
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def main() -> int:
    """Print each survivor, and at last how many were noticed of how many."""
    names = _names(sys.argv[1:])
    for plugin in entry_points(group="pytest11"):
        plugin.load()
    importlib.import_module("hypothesis.stateful")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        tried = Tried(names)
        with _unheard():
            status = pytest.main([*QUIET, *TESTS], plugins=[tried])
        with os.fdopen(writing, "w") as out:
            json.dump((tried.survived, tried.again), out)
        os._exit(int(status not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}))
    os.close(writing)
    with os.fdopen(reading) as told:
        survived, again = json.load(told)
    if os.waitpid(child, 0)[1]:
        return 2
    survived += [name for name, survives in survivors(again, _anew) if survives]
    for name in sorted(survived):
        say(f"survived: {name}")
    say(json.dumps((len(names) - len(survived), len(names))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
