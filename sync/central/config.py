"""The central server's configuration: TOML, validated whole before anything starts."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from kiosk.documents import decode_toml


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A section of the file. Unknown keys are errors."""


class ServerSection(Section, frozen=True):
    """[server] Where to listen. Port 0 takes any free one."""

    host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080


class DatabaseSection(Section, frozen=True):
    """[database] An SQLAlchemy URL; an SQLite file by default."""

    url: str = "sqlite:///central.sqlite"


class SimulationSection(Section, frozen=True):
    """[simulation] Whether kiosks with simulated devices are taken: never on a production server."""

    allowed: bool = False


class CentralConfig(Section, frozen=True):
    """A central server's whole configuration."""

    server: ServerSection = ServerSection()
    database: DatabaseSection = DatabaseSection()
    simulation: SimulationSection = SimulationSection()


def load(path: Path) -> CentralConfig:
    """Read and validate a configuration file. Raises UsageError."""
    return decode_toml(path, CentralConfig)
