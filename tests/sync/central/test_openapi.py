"""Whatever is asked of the server's interface, as its OpenAPI document describes it and as it does not: never a 5xx."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from sync.central.api import create_app
from sync.central.authentication import Authentication
from sync.central.board import Board
from sync.central.enrolment_routes import Enrolling
from sync.central.forms.store import Forms
from sync.central.guessing import Attempts
from sync.central.housekeeping import Housekeeping
from sync.central.metrics import Metrics
from sync.central.office import Office
from sync.central.people import People
from sync.central.publishing import Documents
from sync.central.residents.consents import Consents
from sync.central.residents.homes import Homes
from sync.central.residents.invitations import Invitations
from sync.central.residents.web import ResidentPages
from sync.central.store import Store
from sync.central.vault import ClosedVault
from sync.downward.publication import GivenBack
from sync.wire import COMPOUND_HEADER, NAME, SIMULATED_HEADER, Upload, WireEvent
from tests.examples import examples
from tests.sync.central.kiosks import LOG_ID, NOON_US, KioskLog
from tests.sync.central.serving import Running, document_key, server

UPLOADS = "/api/v1/logs/{device}/{log_id}"
DOCUMENTS = "/api/v1/documents"
WITHOUT_PARAMETERS = ("/api/v1/logs", "/api/v1/time", "/api/v1/site-ca", "/api/v1/device", "/healthz", "/readyz")
NEEDS_A_CODE = ("/api/v1/enrol", "/api/v1/site-ca")
"""Nobody guesses one; and this server has no TLS."""
LONG_POLL = "/api/v1/now"
"""Whoever asks it well waits for half a minute: `test_downward` asks it by hand."""
WAYS_IN = [
    ("post", UPLOADS),
    ("get", UPLOADS),
    ("get", "/api/v1/events"),
    ("get", "/api/v1/cases"),
    ("post", "/api/v1/enrol"),
    ("get", DOCUMENTS),
    ("post", DOCUMENTS),
    *(("get", path) for path in WITHOUT_PARAMETERS),
]


def document(store: Store, folder: Path) -> dict[str, Any]:
    """The interface as it describes itself; the server itself shows it to nobody. Bodies are described by `sync.wire`."""
    vault = ClosedVault("none")
    people = People(store.engine, vault, lambda: NOON_US)
    chores = Housekeeping(store.engine, people, vault, lambda: NOON_US, days_of=lambda _: 30, months_ahead=1)
    board, key = Board(store.latest), document_key(folder)
    authentication = Authentication(store.engine, board.closing, lambda: NOON_US, simulation_allowed=False)
    enrolling = Enrolling(store.engine, vault, Attempts(lambda: 0.0), key, lambda: NOON_US, None)
    documents, office = Documents(store.engine, key, lambda: NOON_US), Office(store.engine, lambda: NOON_US)
    metrics = Metrics(store.engine, vault, "0")
    forms = Forms(store.engine, vault, Attempts(lambda: 0.0), document_key(folder), lambda: NOON_US, lambda _: 30)
    asked = (store.engine, vault, Attempts(lambda: 0.0), document_key(folder))
    invitations = Invitations(store.engine, vault, None, documents, lambda: NOON_US, "UTC")
    residents = ResidentPages(
        Consents(*asked, lambda: NOON_US, lambda: ""),
        Homes(*asked, invitations, lambda: NOON_US, lambda: ""),
        {},
    )
    app = create_app(
        store, board, chores, metrics, authentication, enrolling, documents, office, forms, residents, lambda: NOON_US
    )
    described = app.openapi()
    schemas, components = msgspec.json.schema_components(
        [Upload, WireEvent, GivenBack], ref_template="#/components/schemas/{name}"
    )
    components["Upload"]["properties"]["events"]["items"] = {"anyOf": [schemas[1], {}]}
    described.setdefault("components", {}).setdefault("schemas", {}).update(components)
    for path, schema in ((UPLOADS, schemas[0]), (DOCUMENTS, schemas[2])):
        body = {"required": True, "content": {"application/json": {"schema": schema}}}
        described["paths"][path]["post"]["requestBody"] = body
    return described


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A real server with a real database, in which there is a log already."""
    with server(tmp_path_factory.mktemp("server"), simulation=True) as found:
        log = KioskLog()
        for number in range(5):
            log.add(number=number)
        found.send(log)
        yield found


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("described")
    with closing(Store(f"sqlite:///{folder / 'central.sqlite'}")) as store:
        return document(store, folder)


@pytest.mark.parametrize(("method", "path"), WAYS_IN)
def test_no_request_whatever_is_answered_with_a_fault_of_the_servers_own(
    running: Running, described: dict[str, Any], method: str, path: str
) -> None:
    api = schemathesis.openapi.from_dict(described)

    @given(
        api[path][method].as_strategy() | api[path][method].as_strategy(generation_mode=GenerationMode.NEGATIVE),
        st.booleans(),
    )
    @settings(max_examples=examples(1.5), deadline=None, suppress_health_check=list(HealthCheck))
    def ask(case: schemathesis.Case[Any], simulated: bool) -> None:
        who: dict[str, Any] = {}
        if simulated:
            # It says that it is of the compound that it asks about.
            compound = str((case.query or {}).get("compound", "riverside"))
            claims = {SIMULATED_HEADER: "1"} | ({COMPOUND_HEADER: compound} if re.fullmatch(NAME, compound) else {})
            who = {"headers": claims, "auth": lambda request: request}
        answer = case.call(base_url=running.url, session=running.session, **who)
        assert answer.status_code < 500, answer.text
        seen.add(answer.status_code)

    seen: set[int] = set()
    ask()
    # What fits its description is taken or answered, and what does not is refused: both were tried.
    assert seen & {200, 409} or path in NEEDS_A_CODE
    assert seen & {400, 404, 422} or path in WITHOUT_PARAMETERS


def test_the_document_describes_no_other_way_in(described: dict[str, Any]) -> None:
    ways = {(method, path) for path, methods in described["paths"].items() for method in methods}
    assert ways == {*WAYS_IN, ("get", LONG_POLL)}


def test_what_was_there_is_there_afterwards(running: Running) -> None:
    found = running.get(f"/api/v1/logs/gate-1/{LOG_ID}?compound=riverside")
    assert found.json()["next_seq"] == 6
