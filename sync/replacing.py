"""Replace a file whole and for good: what it held before is overwritten, not only forgotten."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Put new content in a file's place; after a loss of power there is either the old one or the new. Raises OSError.

    Nobody but its owner may read it.
    """
    beside = path.with_name(f"{path.name}.new")
    with suppress(FileNotFoundError), _held(beside) as left_behind:
        _overwrite(left_behind)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        with _held(path) as old:
            _take_place(beside, path)
            _overwrite(old)
    except FileNotFoundError:
        _take_place(beside, path)


def _take_place(beside: Path, path: Path) -> None:
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """A file that stays open although another takes its place."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _overwrite(descriptor: int) -> None:
    os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
    os.fsync(descriptor)
