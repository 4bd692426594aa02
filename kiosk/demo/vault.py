"""The demo's month keys: a vault for its server, and the public halves for its kiosk, so that people are sealed."""

import secrets
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from nacl.pwhash import argon2id

from sync.central.file_vault import FileVault
from sync.central.months import months_from
from sync.sealing import encode_month_keys

MONTHS = 2
"""This month and the next: somebody may try the demo at midnight on the last."""


@dataclass(frozen=True, slots=True)
class DemoVault:
    """Where the vault of a demo's folder is, its passphrase, and what the kiosk gets of it."""

    file: Path
    passphrase: Path
    month_keys: Path

    @property
    def section(self) -> str:
        """The server's `[vault]`, as TOML."""
        return f'[vault]\nfile = "{self.file}"\npassphrase = "file:{self.passphrase}"\n'


def make_vault(folder: Path, compound: str) -> DemoVault:
    """Make a vault with the keys of a compound in a folder that nobody else may read."""
    made = DemoVault(folder / "vault", folder / "passphrase", folder / "month-keys.json")
    made.passphrase.touch(0o600)
    made.passphrase.write_text(secrets.token_urlsafe(24), encoding="utf-8")
    # A passphrase of so much chance needs no work against guessing; a real one has all of it.
    vault = FileVault(made.file, made.passphrase.read_bytes(), ops=argon2id.OPSLIMIT_MIN, mem=argon2id.MEMLIMIT_MIN)
    now_us = time.time_ns() // 1000
    vault.create(compound, [f"{first:%Y-%m}" for first in islice(months_from(now_us), MONTHS)], now_us)
    made.month_keys.write_bytes(encode_month_keys(compound, [record.key for record in vault.records()]))
    return made
