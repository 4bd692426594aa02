"""What the answers of providers of health codes stand for: data that is shipped in `kiosk/providers/`, as fixed as code.

The same figure is green with one provider and red with another, so that a mapping is of one provider alone. An answer
that it does not name is `unknown`, and nothing makes an unknown answer green.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from kiosk.errors import UsageError
from kiosk.evidence import HealthStatus
from kiosk.frozen import frozen

_FOLDER = Path(__file__).parents[1] / "providers"


@frozen
class Answers:
    """How a provider's answers are read. With one of `no_answer` it says that it could not find out."""

    statuses: Mapping[str, HealthStatus]
    no_answer: frozenset[str] = frozenset()


def names() -> tuple[str, ...]:
    """Return the providers whose answers are known here."""
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in _FOLDER.iterdir() if entry.name.endswith(".toml")))


@cache
def answers_of(provider: str) -> Answers:
    """Return how the answers of a provider are read. Raises UsageError naming those there are."""
    if provider not in names():
        raise UsageError(f"there is no provider {provider!r}; there are {', '.join(names())}, or write a map")
    # Only here: most gates' lists name no provider.
    import tomllib

    tree = tomllib.loads((_FOLDER / f"{provider}.toml").read_text("utf-8"))
    statuses = {answer: HealthStatus(status) for answer, status in tree["answers"].items()}
    return Answers(MappingProxyType(statuses), frozenset(tree.get("no_answer", ())))
