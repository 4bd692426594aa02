"""The door of the pages: every request passes it, and it goes by the one table of `sync.central.staff.permissions`.

Whoever sends a form has its fields from here, read within bounds and seen to come from a page of ours.
"""

import asyncio
import hmac
from collections.abc import Callable, Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Annotated, cast
from urllib.parse import parse_qsl

from anyio import to_thread
from fastapi import Depends, Request
from sqlalchemy import Engine

from kiosk.errors import GatepostError
from sync.central.body import Refused, read_body
from sync.central.staff.permissions import NEEDS, Least, may_reach
from sync.central.staff.sessions import Person, person_of

COOKIE, SECURE_COOKIE = "gatepost_staff", "__Host-gatepost_staff"
"""The second is one that browsers take over TLS alone, and from this very host."""
MAX_FIELDS = 200


class SignInNeeded(GatepostError, PermissionError):
    """Nobody is signed in."""


class NotTheirs(GatepostError, PermissionError):
    """It is for another role, or of another compound."""


class NotFromOurPage(GatepostError, PermissionError):
    """A form that was not sent from a page of this session."""


class Door:
    """Knows who comes; call it with a request. Any thread may ask for a person."""

    def __init__(self, engine: Engine, closing: asyncio.Event, wall_us: Callable[[], int]) -> None:
        self._engine = engine
        self._closing = closing
        self._wall_us = wall_us

    async def __call__(self, request: Request) -> None:
        """Let a request pass, or raise SignInNeeded, NotTheirs, NotFromOurPage or Refused."""
        needed = NEEDS.get((request.method, request.scope["route"].path))
        if needed is None:
            raise Refused(403, "nobody may go there")
        if isinstance(needed, Least):
            await self._see_through(request, needed)

    def person(self, request: Request) -> Person | None:
        """Whoever sends a request, if they are signed in."""
        cookie = request.cookies.get(cookie_name(request), "")
        return person_of(self._engine, cookie, self._wall_us()) if cookie else None

    async def still(self, request: Request) -> bool:
        """Whether whoever sent a request that lasts is still signed in."""
        return await to_thread.run_sync(self.person, request) is not None

    async def _see_through(self, request: Request, needed: Least) -> None:
        person = await to_thread.run_sync(self.person, request)
        if person is None:
            raise SignInNeeded("nobody is signed in")
        request.state.person = person
        if not may_reach(person.account.role, needed):
            raise NotTheirs("another role is needed")
        fields: Mapping[str, str] = {}
        if request.method != "GET":
            body = await read_body(request, needed.most, self._closing)
            fields = fields_of(body, request.headers.get("Content-Type", ""))
            if not hmac.compare_digest(fields.get("csrf", "").encode(), person.csrf.encode()):
                raise NotFromOurPage("the form is of no page of this session")
        request.state.fields = fields
        named = [*request.query_params.getlist("compound"), request.path_params.get("compound"), fields.get("compound")]
        if not all(person.sees(compound) for compound in named if compound):
            raise NotTheirs("another compound")


def cookie_name(request: Request) -> str:
    """By which name the session is kept: over TLS one that nothing but this host over TLS can set."""
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def fields_of(body: bytes, content_type: str = "") -> Mapping[str, str]:
    """The fields of a form, the first of each name. Raises Refused for what is none, or has too many.

    A file's bytes that are no UTF-8 are kept as lone surrogates: `surrogateescape` gives them back.
    """
    if content_type.lower().startswith("multipart/form-data"):
        return _parts_of(body, content_type)
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Refused(413, f"a form has at most {MAX_FIELDS} fields") from None
    return dict(reversed(pairs))


def _parts_of(body: bytes, content_type: str) -> Mapping[str, str]:
    """The same of a form with files (RFC 7578)."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    sent = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = list(sent.iter_parts()) if sent.is_multipart() else []
    if len(parts) > MAX_FIELDS:
        raise Refused(413, f"a form has at most {MAX_FIELDS} fields")
    found: dict[str, str] = {}
    for part in parts:
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            found.setdefault(name, content.decode("utf-8", "surrogateescape"))
    return found


def signed_in(request: Request) -> Person:
    """Whoever the door let in."""
    return cast("Person", request.state.person)


def sent_fields(request: Request) -> Mapping[str, str]:
    """The fields of the form that the door let in."""
    return cast("Mapping[str, str]", request.state.fields)


SignedIn = Annotated[Person, Depends(signed_in)]
Fields = Annotated[Mapping[str, str], Depends(sent_fields)]
