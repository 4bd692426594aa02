"""What the server and its commands begin with: the vault, open or closed, and the time."""

import time
from pathlib import Path

from kiosk.errors import UsageError
from kiosk.lines import get_logger
from kiosk.units import WallTime
from sync.central.config import CentralConfig, VaultSection
from sync.central.document_key import DocumentKey
from sync.central.file_vault import FileVault
from sync.central.passphrase import read_passphrase
from sync.central.vault import ClosedVault, Vault, VaultClosed

_log = get_logger()


def open_vault(section: VaultSection) -> FileVault:
    """Open the configured vault. Raises UsageError or VaultClosed."""
    if section.file is None:
        raise VaultClosed("no vault is configured; name its file in [vault]")
    return FileVault(Path(section.file), read_passphrase(section.passphrase))


def vault_or_closed(section: VaultSection) -> Vault:
    """Open the vault, or go on without: a server takes in what kiosks send in any case. What is wrong is logged once."""
    if section.file is None:
        return ClosedVault("no vault is configured; name its file in [vault]")
    try:
        return open_vault(section)
    except (UsageError, VaultClosed) as error:
        _log.warning("vault closed", reason=str(error))
        return ClosedVault(str(error))


def pass_key_of(config: CentralConfig) -> DocumentKey | None:
    """The key that signs the passes of visitors who have filled in the form; None where none is configured."""
    return None if config.forms.pass_key is None else DocumentKey(Path(config.forms.pass_key), "pass key")


def wall_us() -> WallTime:
    """The server's time in microseconds since 1970."""
    return WallTime(time.time_ns() // 1000)
