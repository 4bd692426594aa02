"""When a process looks for garbage: not while it loads, and never again among what it has loaded.

The collector looks at everything there is, and nothing else in the process runs meanwhile. While modules are loaded it looks
in vain, again and again: a sixth of the time that the core takes to start. What they leave behind is a hundred thousand
objects, and each full look at them holds up whoever is at the gate for 30 ms on a server, 150 on a Pi 4.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Load modules, and let what they leave behind count as there for good, whether or not all could be loaded."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
