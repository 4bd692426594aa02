"""The console script: a process of the kiosk, as the supervisor and systemd start it, or whatever the command line knows.

The command line (`kiosk.cli`) brings libraries that a process of the kiosk would only wait for. So the one form in which
processes are started is recognised here, and that of `line-off`, for which a line that was left active waits; any other,
and whatever is wrong with it, is for the command line to judge.
"""

import os
import sys
from pathlib import Path

from kiosk import diagnostics
from kiosk.ending import end_with
from kiosk.part import PARTS, run_line_off, run_part


def main() -> None:
    """Run what the arguments ask for, and end the process with its exit status."""
    diagnostics.configure(os.environ.get("GATEPOST_LOG", "info"))
    match sys.argv[1:]:
        case ["kiosk", "--config", file, "--part", part] if part in PARTS:
            end_with(lambda: run_part(part, Path(file)))
        case ["line-off", "--config", file]:
            end_with(lambda: run_line_off(Path(file)))
        case _:
            from kiosk.cli import run_command

            end_with(run_command)
