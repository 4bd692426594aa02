"""The mode that was ordered last, in a small file beside the log: what outlives a restart of the core."""

import json
from pathlib import Path

from kiosk.gate_mode import GateMode, Kept
from kiosk.lines import get_logger
from sync.replacing import replace_file

MOST_BYTES = 1024
_log = get_logger()


class ModeFile:
    """One gate's file. Whatever is wrong with it, the gate is in its normal mode, in which it opens for nobody by itself."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Kept:
        """Read what was kept; nothing where there is nothing that can be read."""
        try:
            with self._path.open("rb") as file:
                tree = json.loads(file.read(MOST_BYTES))
            command = tree["command"]
            return Kept(GateMode(tree["mode"]), None if command is None else str(command))
        except FileNotFoundError:
            return Kept()
        except (OSError, ValueError, TypeError, LookupError) as error:
            _log.error("gate mode not known", reason=type(error).__name__)
            return Kept()

    def keep(self, kept: Kept) -> None:
        """Write it durably. A disk that takes nothing is said, and keeps no order from counting until the next start."""
        try:
            replace_file(self._path, json.dumps({"mode": kept.mode, "command": kept.command}).encode())
        except OSError as error:
            _log.error("gate mode not kept", reason=error.strerror)
