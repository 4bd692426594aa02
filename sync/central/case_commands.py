"""The commands for cases: `gatepost central cases` lists them, `gatepost central case` records what is done about one."""

from typing import Annotated

import typer

from kiosk.errors import UsageError
from sync.central.asking import Compound, ConfigFile, InRole, Reason, Who, asker, loaded, print_line, store


def cases(
    context: typer.Context,
    compound: Compound,
    config: ConfigFile = None,
) -> int:
    """Print the cases of a compound, one JSON line each, what is due first: with who did what, to whom."""
    from sync.central import cases as held
    from sync.central.opening import wall_us

    with store(loaded(context, config)) as opened, opened.engine.connect() as connection:
        for one in held.cases(connection, compound):
            told = one.told(wall_us())
            for step, said in zip(one.case.steps, told["steps"], strict=True):
                said |= {"who": step.who, "to": step.to}
            print_line(told)
    return 0


def case(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The case, as `cases` prints it.", metavar="CASE")],
    deed: Annotated[str, typer.Argument(help="measure, report, hand_over or close.", metavar="ACT")],
    who: Who,
    reason: Reason,
    role: InRole = "guard",
    to: Annotated[str, typer.Option("--to", help="To whom it is reported or handed over.", metavar="NAME")] = "",
    celsius: Annotated[float | None, typer.Option("--celsius", help="What the clinical thermometer shows.")] = None,
    config: ConfigFile = None,
) -> int:
    """Record what you have done about a case: status 1 if it does not follow, or is not yours to do."""
    from kiosk.cases import Act
    from sync.central.cases import act
    from sync.central.holdings import EventName
    from sync.central.opening import wall_us

    if deed not in tuple(Act):
        raise UsageError(f"{deed}: there are {', '.join(Act)}")
    asked_by = asker(who, role, reason)
    with store(loaded(context, config)) as opened:
        now = act(opened.engine, EventName.read(name), Act(deed), asked_by, wall_us(), to=to, body_c=celsius)
    typer.echo(f"{name} is {now.case.state}")
    return 0
