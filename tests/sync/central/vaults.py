"""Vaults that cost the tests no time, and a store with one."""

from pathlib import Path

from nacl.pwhash import argon2id

from sync.central.file_vault import FileVault
from sync.sealing import MonthSealer
from tests.sync.central.kiosks import NOON_US

PASSPHRASE = b"correct horse battery"
MONTHS = ["2026-10", "2026-11", "2026-12"]


def vault_in(folder: Path, passphrase: bytes = PASSPHRASE) -> FileVault:
    return FileVault(folder / "vault", passphrase, ops=argon2id.OPSLIMIT_MIN, mem=argon2id.MEMLIMIT_MIN)


def write_passphrase(folder: Path, passphrase: bytes = PASSPHRASE + b"\n") -> Path:
    """Write it to a file `passphrase` that nobody else may read."""
    path = folder / "passphrase"
    path.touch(mode=0o600)
    path.write_bytes(passphrase)
    return path


def sealer_of(vault: FileVault, compound: str = "riverside") -> MonthSealer:
    """What a kiosk makes of the compound's public keys."""
    vault.create(compound, MONTHS, NOON_US)
    return MonthSealer([record.key for record in vault.records() if record.compound == compound])
