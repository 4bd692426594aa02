"""Where people may go from every page, by their role. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from sync.central.access import Role
from sync.central.staff.permissions import NEEDS, Least, may_reach
from sync.central.words import WORDS

PLACES: Mapping[str, str] = MappingProxyType(
    {
        "passages": "/",
        "cases": "/cases",
        "gates": "/gates",
        "devices": "/devices",
        "passes": "/passes",
        "policies": "/policies",
        "account": "/account",
    }
)
"""Each by the key of its word, in order."""


def places(role: Role, language: str, path: str) -> list[dict[str, object]]:
    """The places that a role reaches: their address, word, and whether a path is there."""
    words = WORDS[language]["place"]
    found: list[dict[str, object]] = []
    for key, place in PLACES.items():
        needed = NEEDS["GET", place]
        if isinstance(needed, Least) and may_reach(role, needed):
            here = path == place or (place != "/" and path.startswith(f"{place}/"))
            found.append({"href": f"{place}?lang={language}", "says": words[key], "here": here})
    return found
