"""What a place in a document must be, in words that whoever writes it understands: told from the type it is read into."""

import re
from typing import Any

from msgspec import inspect

WORDS: dict[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.StructType: "a table",
    inspect.DictType: "a table",
}


def wanted(form: Any, path: str, *, key: bool = False) -> str | None:
    """Say what must be at a path such as `$.camera.volume[0][1]`; `key`: what a key there must be. None if anything may."""
    found = inspect.type_info(form)
    for step in re.findall(r"\.[^.\[]+|\[[^\]]*\]", path):
        if (under := _under(_plain(found), step)) is None:
            return None
        found = under
    if key:
        table = _plain(found)
        found = table.key_type if isinstance(table, inspect.DictType) else found
    return _words(found)


def _plain(found: inspect.Type) -> inspect.Type:
    """The type without its description, and without the None that only a default can be."""
    while True:
        match found:
            case inspect.Metadata(type=under):
                found = under
            case inspect.UnionType(types=types):
                (found, *others) = [one for one in types if not isinstance(one, inspect.NoneType)]
                if others:
                    return inspect.AnyType()
            case _:
                return found


def _under(found: inspect.Type, step: str) -> inspect.Type | None:
    match found:
        case inspect.StructType(fields=fields):
            return next((field.type for field in fields if f".{field.encode_name}" == step), None)
        case inspect.DictType(value_type=under) | inspect.ListType(item_type=under) | inspect.VarTupleType(item_type=under):
            return under
        case inspect.TupleType(item_types=types) if step.strip("[]").isdigit():
            return types[int(step.strip("[]"))]
        case _:
            return None


def _words(found: inspect.Type) -> str | None:
    if (described := _description(found)) is not None:
        return described
    match plain := _plain(found):
        case inspect.LiteralType(values=values):
            return " or ".join(str(value) for value in values)
        case inspect.IntType(ge=least, le=most) | inspect.FloatType(ge=least, le=most):
            number = "a whole number" if isinstance(plain, inspect.IntType) else "a number"
            above = f" above {plain.gt:g}" if plain.gt is not None else ""
            return number + above + _range(least, most)
        case inspect.StrType(min_length=least, max_length=most):
            return "text" + _range(least, most, " characters")
        case inspect.ListType() | inspect.VarTupleType():
            return "a list" + _range(plain.min_length, plain.max_length, " entries")
        case inspect.TupleType(item_types=types):
            return f"a list of {len(types)}"
        case _:
            return WORDS.get(type(plain))


def _range(least: float | None, most: float | None, what: str = "") -> str:
    of = " of" if what else ""
    if least is not None and most is not None:
        return f"{of} {'' if what else 'from '}{least:.10g} to {most:.10g}{what}"
    if least is not None:
        return f"{of}{'' if what else ','} at least {least:.10g}{what}"
    return "" if most is None else f"{of}{'' if what else ','} at most {most:.10g}{what}"


def _description(found: inspect.Type) -> str | None:
    match found:
        case inspect.Metadata(type=under, extra_json_schema=extra):
            return (extra or {}).get("description") or _description(under)
        case inspect.UnionType(types=types):
            return next((said for one in types if (said := _description(one)) is not None), None)
        case _:
            return None
