"""What ends the eyes' process when a decoder does not come back or eats memory: the kernel, for nothing else can.

The engines are C++ and see whatever somebody holds up. One that hangs may hold Python's lock, so no thread of ours
would get to run; a timer's signal needs none, and its default is the end of the process. The supervisor, or systemd,
starts it again, and the core goes on meanwhile. One that aborts ends by itself.
"""

import resource
import signal
from pathlib import Path
from types import TracebackType

HANGS_AFTER_S = 4.0
"""A frame takes 0.1 s on a slow board, at worst."""
MEMORY_MB = 512
"""What the process may take beyond what it has at the start. It needs a tenth of that."""
STATM = Path("/proc/self/statm")
DATA_FIELD = 5
"""Of proc(5)'s statm, in pages: data and stack."""


class Leash:
    """Held around each look at a frame: `with leash: ...`. One thread."""

    def __init__(self, after_s: float = HANGS_AFTER_S) -> None:
        self._after_s = after_s

    def __enter__(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._after_s)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)


def limit_memory(megabytes: int = MEMORY_MB) -> None:
    """Let this process have so much more memory, and no more: an allocation beyond fails. For good."""
    pages = int(STATM.read_text(encoding="ascii").split()[DATA_FIELD])
    most = pages * resource.getpagesize() + megabytes * 2**20
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
