"""The command line of the support bundle."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

JOURNAL = [
    "journalctl",
    "--unit=gatepost-*",
    "--output=json",
    "--output-fields=MESSAGE,_SYSTEMD_UNIT",
    "--no-pager",
    "--quiet",
]
READ_WITHIN_S = 60.0


def support_bundle(
    config: Annotated[Path, typer.Option("--config", help="The TOML configuration.", metavar="FILE")] = Path(
        "/etc/gatepost/kiosk.toml"
    ),
    to: Annotated[Path | None, typer.Option(help="Where to; else a file named after the hour, here.", metavar="FILE")] = None,
    days: Annotated[int, typer.Option(min=1, max=365, help="How much of the journal.")] = 7,
) -> int:
    """Gather what helps from afar, without a word about any visitor: the doctor's findings and our own log lines."""
    from kiosk import config as configuration
    from kiosk.doctor import examine, left_behind
    from kiosk.support_bundle import our_lines, write_bundle

    loaded = configuration.load(config)
    now = datetime.now(UTC)
    file = to or Path(f"gatepost-support-{now:%Y%m%d-%H%M%S}.tar.gz")
    write_bundle(file, examine(loaded, config).to_json(), loaded, our_lines(_entries(days)), now)
    typer.echo(str(file))
    if left_behind():
        # A thread that waits in a driver would hold up, or break, an end in order.
        sys.stdout.flush()
        os._exit(0)
    return 0


def _entries(days: int) -> list[bytes]:
    """Read the journal; there is none to read where systemd is not."""
    try:
        read = subprocess.run(
            [*JOURNAL, f"--since=-{days}d"], capture_output=True, timeout=READ_WITHIN_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return read.stdout.splitlines()
