"""The command that lists passes for one use with which people came in more than once: `gatepost central replays`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from sync.central.asking import Compound, ConfigFile, loaded, print_line, store

DAY_US = 86_400_000_000


def replays(
    context: typer.Context,
    compound: Compound,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How far back the last use may be.")] = 30,
    config: ConfigFile = None,
) -> int:
    """Print passes for one use that let people in more than once, one JSON line each: status 1 if there are any."""
    from sync.central.opening import wall_us

    with store(loaded(context, config)) as opened:
        found = opened.replays(compound, wall_us() - days * DAY_US)
    for one in found:
        uses = [{"event": use.event, "gate": use.device, "at": _written(use.at_us)} for use in one.uses]
        print_line({"pass": one.mark, "uses": uses})
    return 1 if found else 0


def _written(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).isoformat(timespec="seconds")
