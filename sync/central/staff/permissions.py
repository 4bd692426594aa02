"""Who may reach what: every route of the server with the least role that it takes, in one literal table. Pure.

The door (`sync.central.staff.door`) goes by this table alone, and shuts what is not in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from sync.central.access import Role

RANKS: Mapping[Role, int] = MappingProxyType({Role.GUARD: 1, Role.MANAGER: 2, Role.ADMIN: 3})
"""The roles that an account may have; each may reach what those before it may."""
MAX_FIELDS_BODY = 64 * 1024
"""Bytes of a form that is sent, unless its route says otherwise."""
POLICY_FORM = 1024 * 1024
"""A document that somebody brings, as a form encodes it."""


class Open(Enum):
    """Why nobody has to sign in for a route."""

    TO_ALL = "to all"
    """It tells nothing, or is how people sign in, or is believed by what is in its address."""
    TO_DEVICES = "to devices"
    """Devices sign what they ask (`sync.central.authentication`)."""


@dataclass(frozen=True, slots=True)
class Least:
    """The least role that reaches a route, and how many bytes may be sent to it."""

    role: Role
    most: int = MAX_FIELDS_BODY


GUARD, MANAGER, ADMIN = Least(Role.GUARD), Least(Role.MANAGER), Least(Role.ADMIN)
Way = tuple[str, str]
"""A method and a route's path, as it is declared."""

NEEDS: Mapping[Way, Open | Least] = MappingProxyType(
    {
        ("GET", "/healthz"): Open.TO_ALL,
        ("GET", "/readyz"): Open.TO_ALL,
        ("GET", "/static/{build}/{name}"): Open.TO_ALL,
        ("GET", "/sign-in"): Open.TO_ALL,
        ("POST", "/sign-in"): Open.TO_ALL,
        ("GET", "/f/{token}"): Open.TO_ALL,
        ("POST", "/f/{token}"): Open.TO_ALL,
        ("GET", "/f/{token}/{key}"): Open.TO_ALL,
        ("POST", "/f/{token}/{key}"): Open.TO_ALL,
        # Residents have no account: a link is theirs alone, or goes to an address that they gave.
        ("GET", "/c/{token}"): Open.TO_ALL,
        ("POST", "/c/{token}"): Open.TO_ALL,
        ("GET", "/h/{token}"): Open.TO_ALL,
        ("POST", "/h/{token}"): Open.TO_ALL,
        ("GET", "/g/{token}"): Open.TO_ALL,
        ("GET", "/home/{compound}"): Open.TO_ALL,
        ("POST", "/home/{compound}"): Open.TO_ALL,
        ("GET", "/api/v1/time"): Open.TO_ALL,
        ("GET", "/api/v1/site-ca"): Open.TO_ALL,
        ("POST", "/api/v1/enrol"): Open.TO_ALL,
        ("GET", "/api/v1/device"): Open.TO_DEVICES,
        ("GET", "/api/v1/logs/{device}/{log_id}"): Open.TO_DEVICES,
        ("POST", "/api/v1/logs/{device}/{log_id}"): Open.TO_DEVICES,
        ("GET", "/api/v1/documents"): Open.TO_DEVICES,
        ("POST", "/api/v1/documents"): Open.TO_DEVICES,
        ("GET", "/api/v1/now"): Open.TO_DEVICES,
        ("GET", "/"): GUARD,
        ("GET", "/live"): GUARD,
        ("GET", "/devices"): GUARD,
        ("GET", "/devices/enrol"): ADMIN,
        ("POST", "/devices/enrol"): ADMIN,
        # What may be ordered, and by whom: `sync.central.messages.MAY_OPEN`.
        ("GET", "/gates"): GUARD,
        ("POST", "/gates/{compound}/{device}"): GUARD,
        ("GET", "/cases"): GUARD,
        ("GET", "/cases/{compound}/{device}/{log_id}/{seq}"): GUARD,
        # Which act is for whom: `sync.central.cases.MAY_ACT`.
        ("POST", "/cases/{compound}/{device}/{log_id}/{seq}"): GUARD,
        ("GET", "/api/v1/cases"): GUARD,
        ("GET", "/account"): GUARD,
        ("POST", "/account/password"): GUARD,
        ("POST", "/sign-out"): GUARD,
        ("GET", "/policies"): MANAGER,
        ("POST", "/policies"): Least(Role.MANAGER, POLICY_FORM),
        ("GET", "/policies/{compound}/{number}"): MANAGER,
        ("GET", "/policies/{compound}/{number}/replay"): MANAGER,
        ("POST", "/policies/{compound}/{number}/discard"): MANAGER,
        # Whoever brings rules need not be the one who puts them in force.
        ("POST", "/policies/{compound}/{number}/sign"): ADMIN,
        ("GET", "/passes"): MANAGER,
        ("POST", "/passes"): MANAGER,
        ("GET", "/passes/{compound}/{pass_id}"): MANAGER,
        ("POST", "/passes/{compound}/{pass_id}/revoke"): MANAGER,
        # The ids of visits are in these, and by them a form can be found.
        ("GET", "/api/v1/logs"): MANAGER,
        ("GET", "/api/v1/events"): MANAGER,
    }
)


def may_reach(role: Role, least: Least) -> bool:
    """Whether an account of this role reaches a route."""
    return RANKS.get(role, 0) >= RANKS[least.role]
