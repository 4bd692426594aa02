"""The server's application as it is composed, over a store of a test's own, for what can be said of it at rest."""

from pathlib import Path

from fastapi import FastAPI

from sync.central.api import create_app
from sync.central.authentication import Authentication
from sync.central.boards import Boards
from sync.central.enrolment_routes import Enrolling
from sync.central.forms.store import Forms
from sync.central.gates import Orders
from sync.central.guessing import Attempts
from sync.central.housekeeping import Housekeeping
from sync.central.metrics import Metrics
from sync.central.office import Office
from sync.central.passes.issuing import Passes
from sync.central.people import People
from sync.central.publishing import Documents
from sync.central.residents.consents import Consents
from sync.central.residents.homes import Homes
from sync.central.residents.invitations import Invitations
from sync.central.residents.premises import Premises
from sync.central.residents.web import ResidentPages
from sync.central.staff.delays import Delays
from sync.central.staff.signing import Signing
from sync.central.store import Store
from sync.central.vault import ClosedVault
from tests.sync.central.kiosks import NOON_US
from tests.sync.central.serving import document_key
from tests.sync.central.signed_in import CHEAP


def application(store: Store, folder: Path) -> FastAPI:
    """Compose it; nothing of it runs."""
    vault = ClosedVault("none")
    people = People(store.engine, vault, lambda: NOON_US)
    chores = Housekeeping(store.engine, people, vault, lambda: NOON_US, days_of=lambda _: 30, months_ahead=1)
    boards, key = Boards(store.latest), document_key(folder)
    authentication = Authentication(store.engine, boards.closing, lambda: NOON_US, simulation_allowed=False)
    enrolling = Enrolling(store.engine, vault, Attempts(lambda: 0.0), key, lambda: NOON_US, None)
    documents, office = Documents(store.engine, key, lambda: NOON_US), Office(store.engine, lambda: NOON_US)
    metrics = Metrics(store.engine, vault, "0")
    forms = Forms(store.engine, vault, Attempts(lambda: 0.0), key, lambda: NOON_US, lambda _: 30)
    signing = Signing(store.engine, CHEAP, Delays(lambda: 0.0), lambda: NOON_US)
    passes = Passes(store.engine, None, documents, lambda: NOON_US)
    premises = Premises(store.engine, vault, key, lambda: NOON_US, lambda: 0.0, lambda: "")
    invitations = Invitations(store.engine, vault, None, documents, lambda: NOON_US, "UTC")
    residents = ResidentPages(Consents(premises), Homes(premises, invitations), {})
    return create_app(
        store,
        boards,
        chores,
        metrics,
        authentication,
        enrolling,
        documents,
        office,
        forms,
        signing,
        passes,
        Orders(store.engine, key, lambda: NOON_US),
        residents,
        lambda: NOON_US,
    )
