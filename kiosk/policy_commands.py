"""The command line of policy documents: `gatepost policy`."""

import json
import os
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kiosk.errors import UsageError

if TYPE_CHECKING:
    from kiosk.policy.explanation import Explanation, Line

policy_app = typer.Typer(help="Policy documents.", no_args_is_help=True)

HELD = {True: "yes", False: "no", None: "open"}


@policy_app.command(name="check")
def check_policy(
    files: Annotated[list[str], typer.Argument(help="TOML files, folders of them, or shipped:NAME.", metavar="FILE...")],
) -> int:
    """Say what is wrong with policy documents, each by itself and their dates together: status 1 if anything is."""
    from kiosk.bootstrap.documents import documents_in, load_policy
    from kiosk.policy import check
    from ui.cards import reasons_with_words

    said = reasons_with_words()
    documents = []
    wrong = 0
    named = [[file] if not Path(file).is_dir() else [str(path) for path in documents_in(Path(file))] for file in files]
    for file in chain.from_iterable(named):
        document = load_policy(file, Path())
        documents.append(document)
        typer.echo(f"{file}: {document.name}, {len(document.rules)} rules")
        for sentence in check.findings(document, said):
            wrong += 1
            typer.echo(f"{file}: {sentence}")
    for gap in check.between(documents):
        wrong += 1
        typer.echo(gap)
    if not documents:
        raise UsageError("there is no policy document in these folders; their names end in .toml")
    return 1 if wrong else 0


@policy_app.command(name="explain")
def explain_policy(
    file: Annotated[str, typer.Argument(help="A TOML file, or shipped:NAME.", metavar="FILE")],
    facts: Annotated[Path, typer.Option("--facts", help="What is known of the visitor, as JSON.", metavar="FILE")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of lines.")] = False,
) -> int:
    """Say how a document answers these facts, rule by rule."""
    from kiosk.bootstrap.documents import load_policy
    from kiosk.facts_file import read_facts
    from kiosk.policy.explanation import explain

    found = explain(load_policy(file, Path()), read_facts(facts))
    if as_json:
        typer.echo(json.dumps(_as_json(found), ensure_ascii=False))
    else:
        typer.echo(os.linesep.join(_as_lines(found)))
    return 0


def _as_json(found: "Explanation") -> dict[str, Any]:
    decision = found.decision
    return {
        "policy": found.policy,
        "answer": None if decision is None else decision.answer,
        "rule": None if decision is None else decision.rule,
        "reasons": [] if decision is None else list(decision.reasons),
        "needs": list(found.needs),
        "override": found.override,
        "path": [
            {
                "rule": line.rule,
                "holds": line.holds,
                "then": line.then or "measure_on",
                "reason": line.reason,
                "fails": list(line.fails),
                "lacks": list(line.lacks),
            }
            for line in found.path
        ],
    }


def _as_lines(found: "Explanation") -> list[str]:
    width = max((len(line.rule) for line in found.path), default=0)
    lines = [found.policy, *(f"  {HELD[line.holds]:<5}{line.rule:<{width}}  {_why(line)}" for line in found.path)]
    if found.decision is None:
        return [*lines, f"no answer yet: needs {', '.join(found.needs)}"]
    lines.append(f"{found.decision.answer}, by rule {found.decision.rule}: {', '.join(found.decision.reasons)}")
    if found.override is not None:
        lines.append(f"may be overridden by: {found.override.replace('_', ' ')}")
    return lines


def _why(line: "Line") -> str:
    if line.holds:
        return f"-> {line.then}, {line.reason}"
    if line.holds is None:
        return f"needs {', '.join(line.lacks)}"
    return f"not: {', '.join(line.fails)}"
