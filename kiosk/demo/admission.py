"""Lets the demo's kiosk in, its residents, and whoever watches: as the server's commands do."""

from pathlib import Path

from kiosk.demo.homes import Homes
from kiosk.demo.scenarios import AGREES, REFUSES, SILENT, SLOW
from kiosk.demo.site import COMPOUND, DEVICE

DAY_US = 86_400_000_000


def issue_code(central: Path) -> str:
    """Issue a code by a central server's configuration; as text."""
    # The server's libraries: most of the demo has no need of them, and its start would wait.
    from sync.central.access import Asker, Role
    from sync.central.config import load
    from sync.central.enrolment import issue
    from sync.central.opening import wall_us
    from sync.central.store import Store
    from sync.central.tls import site_fingerprint

    config = load(central)
    store = Store(config.database.url)
    try:
        place = {"compound": COMPOUND, "gate": DEVICE, "direction": "both", "replaces": None}
        asker = Asker("demo", Role.TECHNICIAN, "the demo's kiosk")
        return str(issue(store.engine, place, 1, asker, wall_us(), site_fingerprint(config)))
    finally:
        store.close()


def add_account(central: Path, username: str, password: str) -> None:
    """Let whoever watches the demo sign in to all pages, by a central server's configuration. Again it changes nothing."""
    from sync.central.access import Asker, Role
    from sync.central.config import load
    from sync.central.opening import wall_us
    from sync.central.staff import accounts
    from sync.central.staff.passwords import Cost, Passwords
    from sync.central.store import Store

    store = Store(load(central).database.url)
    try:
        with store.engine.connect() as connection:
            if accounts.find(connection, username) is not None:
                return
        account = {"compound": accounts.EVERYWHERE, "username": username, "name": "Demo", "role": Role.ADMIN}
        asker = Asker("demo", Role.TECHNICIAN, "the demo's account")
        # A password of so much chance needs no work against guessing; a real one has all of it.
        accounts.add(store.engine, Passwords(Cost(1, 8192)), account, password, asker, wall_us())
    finally:
        store.close()


def move_in(central: Path, homes: Homes) -> None:
    """Let the demo's residents be known to a central server, and works at the home of one of them."""
    from kiosk.people import Filing
    from sync.central.access import Asker, Role
    from sync.central.config import load
    from sync.central.filings import Filings, Works
    from sync.central.opening import open_vault, wall_us
    from sync.central.residents.register import Residents, resident_of
    from sync.central.store import Store

    config = load(central)
    asker = Asker("demo", Role.MANAGER, "the demo's residents")
    store = Store(config.database.url)
    try:
        vault = open_vault(config.vault)
        some = [resident_of(unit, f"Host of {unit}", "en", [homes.target(unit)]) for unit in (AGREES, SLOW, REFUSES, SILENT)]
        Residents(store.engine, vault).add(COMPOUND, some, asker, wall_us())
        ends_us = wall_us() + DAY_US
        works = Works(unit=AGREES, company="Builders", state=Filing.NO_UNDERTAKING, until_us=ends_us)
        Filings(store.engine, vault).record(COMPOUND, works, asker, wall_us())
    finally:
        store.close()
