"""Destroy month keys: when one is due, and the record of who did it."""

from collections.abc import Callable

from sqlalchemy import Engine

from sync.central.access import MAY_DISPOSE, Act, Asker, NotAllowed, record
from sync.central.database import changing
from sync.central.months import end_of
from sync.central.people import DAY_US
from sync.central.vault import KeyRecord, Vault


def is_due(record: KeyRecord, days_of: Callable[[str], int], now_us: int) -> bool:
    """Whether whatever was sealed in the key's month is past its time; `days_of` says how long a compound keeps it."""
    return record.destroyed_us is None and end_of(record.key.month) + days_of(record.compound) * DAY_US <= now_us


def destroy(engine: Engine, vault: Vault, key: KeyRecord, asker: Asker, now_us: int) -> KeyRecord:
    """Destroy a key once that was recorded. Raises NotAllowed, KeyMissing or VaultClosed."""
    if asker.role not in MAY_DISPOSE:
        raise NotAllowed(f"a {asker.role} may not destroy keys")
    with changing(engine) as connection:
        record(connection, key.compound, asker, Act.DESTROY_KEY, {"key": key.key.id, "month": key.key.month}, now_us)
    return vault.destroy(key.key.id, now_us)
