"""A mutant is tried in a child of its own, which cannot run for ever nor take all memory; two at a time."""

import os
import resource
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

AT_ONCE = int(os.environ.get("MUTANTS_AT_ONCE", "2"))
CPU_S = 60
"""Whoever takes this much processor time never ends: the tests take a fifth of it."""
MEMORY = 4 << 30

Name = TypeVar("Name")


def say(line: str) -> None:
    """Print a line at once: it takes a while until the next."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def survivors(names: Iterable[Name], survives: Callable[[Name], bool]) -> Iterator[tuple[Name, bool]]:
    """Yield each name with what `survives` says of it in a child; a child that is killed, or cannot say, is noticed."""
    running: dict[int, Name] = {}
    for name in names:
        if len(running) >= AT_ONCE:
            yield _ended(running)
        running[_begun(name, survives)] = name
    while running:
        yield _ended(running)


def _begun(name: Name, survives: Callable[[Name], bool]) -> int:
    child = os.fork()
    if child:
        return child
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    status = 1
    try:
        status = int(not survives(name))
    finally:
        os._exit(status)


def _ended(running: dict[int, Name]) -> tuple[Name, bool]:
    child, status = os.waitpid(-1, 0)
    return running.pop(child), os.waitstatus_to_exitcode(status) == 0
