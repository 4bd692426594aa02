"""Where a program that somebody runs by hand keeps what it made: the person's own cache (XDG Base Directory)."""

import os
from pathlib import Path


def personal_cache() -> Path:
    """Return the folder; it need not be there yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gatepost"
