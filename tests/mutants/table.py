"""Mutants of the flow's table and conditions, one change each, and whether the flow's tests notice: `make mutants`.

What mutmut changes is inside functions; the flow is a literal table, so its rows are changed here. Each mutant is tried in a
process of its own, forked before anything has imported the table. Prints the survivors and the score.
"""

import ast
import copy
import importlib
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutants.children import say, survivors

FOLDER = Path(__file__).parents[2]
MODULES = ("kiosk.way", "kiosk.flow")
TESTS = Path(__file__).parents[1] / "kiosk" / "test_flow.py"
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


def survives(module: str, mutant: ast.Module) -> bool:
    """Whether the tests do not notice. Only in a child: it takes the place of the module."""
    made = ModuleType(module)
    made.__file__ = str(_file(module))
    sys.modules[module] = made
    # As importing it does.
    setattr(importlib.import_module("kiosk"), module.rpartition(".")[2], made)
    exec(compile(mutant, made.__file__, "exec"), made.__dict__)
    return pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--assert=plain", str(TESTS)]) == pytest.ExitCode.OK


def _file(module: str) -> Path:
    return FOLDER / f"{module.replace('.', '/')}.py"


def score() -> tuple[str, int, int]:
    """Try all of them, and say how many were noticed of how many."""
    load()
    trees = {module: ast.parse(_file(module).read_text(encoding="utf-8")) for module in MODULES}
    for one in survivors(trees.items(), lambda one: survives(*one)):
        if not one[1]:
            raise SystemExit("the tests of the flow fail without any change")
    made = [(module, what, mutant) for module, tree in trees.items() for what, mutant in mutants(tree)]
    noticed = 0
    for (module, what, _), survived in survivors(made, lambda one: survives(one[0], one[2])):
        noticed += not survived
        if survived:
            say(f"survived: {module} {what}")
    return "of the flow's table", noticed, len(made)
