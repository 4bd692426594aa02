"""Lets the demo's kiosk in: a code issued in the server's database, as `gatepost central enrol` does."""

from pathlib import Path

from kiosk.demo.site import COMPOUND, DEVICE


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
