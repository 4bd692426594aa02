"""A disk that is full for one process only: the kernel refuses every write of its own to a file, whoever it runs as."""

import resource
from contextlib import suppress


class Disk:
    """Fills the disk of processes and frees it again, by their limit for the size of a file (RLIMIT_FSIZE)."""

    def __init__(self) -> None:
        self._before: dict[int, int] = {}

    def set_full(self, pid: int | None, *, full: bool) -> None:
        """Fill or free the disk of a process. One that is gone, or comes anew, has no limit; Idempotent."""
        if pid is None or full == (pid in self._before):
            return
        with suppress(ProcessLookupError):
            soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            # Nothing can be written at or beyond the first byte.
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0 if full else self._before[pid], hard))
            if full:
                self._before[pid] = soft
            else:
                del self._before[pid]
