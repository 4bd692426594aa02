"""Apprise, which knows over a hundred services: loaded when the first of them is named, since it takes its time."""

import threading
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apprise import Apprise

_loading = threading.Lock()


def service_at(target: str) -> "Apprise | None":
    """The service at an address; None where apprise knows none."""
    with _loading, warnings.catch_warnings():
        # What it warns of is in its own modules, and nobody's business who runs a gate.
        warnings.simplefilter("ignore", DeprecationWarning)
        from apprise import Apprise

        found = Apprise()
        return found if found.add(target) else None
