"""Mutants of the flow's table and conditions, one change each, and whether the flow's tests notice: `make mutants`.

What mutmut changes is inside functions; the flow is a literal table, so its rows are changed here. Each mutant is tried in a
process of its own, forked before anything has imported the table. Prints the survivors and the score.
"""

import ast
import copy
import importlib
import os
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

import pytest

MODULE = "kiosk.flow"
FILE = Path(__file__).parents[1] / "kiosk" / "flow.py"
TESTS = Path(__file__).parent / "kiosk" / "test_flow.py"
NOTHING = ast.Constant(None)


def mutants(tree: ast.Module) -> Iterator[tuple[str, ast.Module]]:
    """Yield each mutant with what was changed in it."""
    nodes = [node for top in tree.body if isinstance(top, ast.Assign | ast.AnnAssign) for node in ast.walk(top)]
    for number, node in enumerate(nodes):
        for what, change in _changes(node):
            changed = copy.deepcopy(tree)
            others = [other for top in changed.body if isinstance(top, ast.Assign | ast.AnnAssign) for other in ast.walk(top)]
            change(others[number])
            yield f"line {getattr(node, 'lineno', 0)}: {what}", ast.fix_missing_locations(changed)


def _changes(node: ast.AST):  # type: ignore[no-untyped-def]  # pairs of words and functions on a node of the same kind
    match node:
        case ast.Call(func=ast.Name(id="To"), args=args, keywords=keywords):
            if args:
                yield "another phase", lambda to: to.args.__setitem__(0, _other_phase(to.args[0]))
            if len(args) > 1 and isinstance(args[1], ast.Tuple) and args[1].elts:
                yield "no effects", lambda to: setattr(to.args[1], "elts", [])
            if len(args) > 2:
                yield "whatever holds", lambda to: to.args.__setitem__(2, NOTHING)
            for place, keyword in enumerate(keywords):
                yield f"no {keyword.arg}", lambda to, place=place: setattr(to.keywords[place], "value", NOTHING)
        case ast.Dict(keys=keys):
            for place, key in enumerate(keys):
                if isinstance(key, ast.Name):
                    yield f"no row for {key.id}", lambda table, place=place: _without(table, place)
        case ast.Lambda():
            yield "the opposite", lambda function: setattr(function, "body", ast.UnaryOp(ast.Not(), function.body))


def _other_phase(phase: ast.expr) -> ast.expr:
    ended = ast.Attribute(ast.Name("Phase", ast.Load()), "ENDED", ast.Load())
    return ended if isinstance(phase, ast.Constant) else NOTHING


def _without(table: ast.Dict, place: int) -> None:
    del table.keys[place], table.values[place]


def load() -> None:
    """Import what every child needs, and nothing that imports the table."""
    for plugin in entry_points(group="pytest11"):
        plugin.load()
    for name in ("hypothesis.stateful", "kiosk.visit", "kiosk.deadlines"):
        importlib.import_module(name)


def killed(mutant: ast.Module) -> bool:
    """Whether the tests notice."""
    child = os.fork()
    if child == 0:
        sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - the process ends with it
        module = ModuleType(MODULE)
        module.__file__ = str(FILE)
        sys.modules[MODULE] = module
        importlib.import_module("kiosk").flow = module  # type: ignore[attr-defined]  # as importing it does
        try:
            exec(compile(mutant, str(FILE), "exec"), module.__dict__)
            status = pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--assert=plain", str(TESTS)])
        except Exception:  # noqa: BLE001 - a mutant that cannot even be made is noticed by everybody
            status = 1
        os._exit(int(status != 0))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def say(line: str) -> None:
    """Print a line at once: it takes a while until the next."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Try all of them; status 1 if fewer than 85 of 100 are noticed."""
    load()
    tree = ast.parse(FILE.read_text(encoding="utf-8"))
    if killed(tree):
        say("the tests fail without any change")
        return 2
    tried = noticed = 0
    for what, mutant in mutants(tree):
        tried += 1
        if killed(mutant):
            noticed += 1
        else:
            say(f"survived: {what}")
    say(f"{noticed} of {tried} mutants of the flow's table noticed, {noticed / tried:.1%}")
    return int(noticed < 0.85 * tried)


if __name__ == "__main__":
    sys.exit(main())
