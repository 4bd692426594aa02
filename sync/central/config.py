"""The central server's configuration: TOML, validated whole before anything starts.

Its paths count from the file's own folder: a command run elsewhere finds the same database, vault and keys.
"""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from kiosk.beside import beside, beside_after
from kiosk.documents import decode_toml
from kiosk.errors import UsageError
from kiosk.loopback import is_loopback
from sync.wire import NAME

Days = Annotated[int, Meta(ge=1, le=3660)]
HostName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9:][A-Za-z0-9.:-]*\Z",
        max_length=253,
        description="a name or an address, without scheme and port",
    ),
]
"""A name or an address, without scheme and port."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A section of the file. Unknown keys are errors."""


class ServerSection(Section, frozen=True):
    """[server] Where to listen. Port 0 takes any free one.

    `metrics_port`: the server's figures for Prometheus are there, on loopback only; 0 is any free port. `insecure`: listen
    beyond loopback without TLS all the same.
    """

    host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    metrics_port: Annotated[int, Meta(ge=0, le=65535)] | None = None
    insecure: bool = False


class TlsSection(Section, frozen=True):
    """[tls] HTTPS by the site's own CA, which the server makes in `folder`. `names` are those that kiosks call it by."""

    names: Annotated[list[HostName], Meta(min_length=1, max_length=50)]
    folder: Annotated[str, Meta(min_length=1)] = "tls"


class DatabaseSection(Section, frozen=True):
    """[database] An SQLAlchemy URL; an SQLite file by default."""

    url: str = "sqlite:///central.sqlite"


class VaultSection(Section, frozen=True):
    """[vault] The file of the private month keys. Without one nothing that names a person can be found or revealed.

    `passphrase` says where the passphrase is: `file:PATH`, `credential:NAME` (systemd's) or `env:NAME`.
    """

    file: Annotated[str, Meta(min_length=1)] | None = None
    passphrase: Annotated[
        str, Meta(pattern=r"^(file|credential|env):.", description="file:PATH, credential:NAME or env:NAME")
    ] = "credential:gatepost-vault"
    months_ahead: Annotated[int, Meta(ge=1, le=36)] = 12


class DocumentsSection(Section, frozen=True):
    """[documents] The file of the key that signs what comes down to the kiosks; made on first use."""

    key: Annotated[str, Meta(min_length=1)] = "document-key"


class FormsSection(Section, frozen=True):
    """[forms] Visitors' forms. `pass_key`: the file of the key that signs resume passes, made on first use."""

    pass_key: Annotated[str, Meta(min_length=1)] | None = None


class PassesSection(Section, frozen=True):
    """[passes] Passes that managers issue on a page. `key`: the file that signs them, made with `gatepost pass key`."""

    key: Annotated[str, Meta(min_length=1)] | None = None


class ResidentsSection(Section, frozen=True):
    """[residents] Residents on their phones. `url`: by which they reach this server, where that is not its own address.

    `zone`: of the times that they read and type.
    """

    zone: Annotated[str, Meta(min_length=1, max_length=64)] = "Asia/Shanghai"
    url: Annotated[str, Meta(pattern=r"^https?://[^\s/?#]+\Z", description="https://name or https://name:port")] | None = None


class MailSection(Section, frozen=True):
    """[mail] The relay through which residents get e-mail; without `host` and `sender` nobody gets any.

    `security`: `starttls`, `tls` or `none`. `password` says where it is, as the vault's passphrase.
    """

    host: HostName | None = None
    port: Annotated[int, Meta(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: (
        Annotated[str, Meta(pattern=r"^[^@\s<>]{1,64}@[A-Za-z0-9.-]{1,253}\Z", description="an e-mail address")] | None
    ) = None
    user: Annotated[str, Meta(min_length=1)] | None = None
    password: (
        Annotated[str, Meta(pattern=r"^(file|credential|env):.", description="file:PATH, credential:NAME or env:NAME")] | None
    ) = None


class RetentionSection(Section, frozen=True):
    """[retention] How many days what names a person is kept, by compound where one differs."""

    days: Days = 30
    compounds: dict[Annotated[str, Meta(pattern=NAME, description="a name of small letters, digits and -")], Days] = {}

    def days_of(self, compound: str) -> int:
        """How long a compound keeps it."""
        return self.compounds.get(compound, self.days)


class SimulationSection(Section, frozen=True):
    """[simulation] Whether kiosks with simulated devices are taken: never on a production server."""

    allowed: bool = False


class CentralConfig(Section, frozen=True):
    """A central server's whole configuration."""

    server: ServerSection = ServerSection()
    tls: TlsSection | None = None
    database: DatabaseSection = DatabaseSection()
    vault: VaultSection = VaultSection()
    documents: DocumentsSection = DocumentsSection()
    forms: FormsSection = FormsSection()
    passes: PassesSection = PassesSection()
    residents: ResidentsSection = ResidentsSection()
    mail: MailSection = MailSection()
    retention: RetentionSection = RetentionSection()
    simulation: SimulationSection = SimulationSection()


def load(path: Path) -> CentralConfig:
    """Read and validate a configuration file; its paths are absolute then. Raises UsageError."""
    config = decode_toml(path, CentralConfig)
    if config.tls is None and not config.server.insecure and not is_loopback(config.server.host):
        raise UsageError(
            f"{path}: [server] host = {config.server.host!r} is beyond loopback without TLS; add [tls] with the server's"
            " names, or say insecure = true"
        )
    try:
        ZoneInfo(config.residents.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"{path}: [residents] zone = {config.residents.zone!r} is no time zone; write such as Asia/Tokyo"
        ) from None
    return _in_folder(config, path.parent)


def _in_folder(config: CentralConfig, folder: Path) -> CentralConfig:
    tls, vault, pass_key, passes_key = config.tls, config.vault, config.forms.pass_key, config.passes.key
    return replace(
        config,
        tls=None if tls is None else replace(tls, folder=beside(folder, tls.folder)),
        database=replace(config.database, url=_file_in(folder, config.database.url)),
        vault=replace(
            vault,
            file=None if vault.file is None else beside(folder, vault.file),
            passphrase=beside_after(folder, vault.passphrase, "file"),
        ),
        documents=replace(config.documents, key=beside(folder, config.documents.key)),
        mail=replace(
            config.mail,
            password=None if config.mail.password is None else beside_after(folder, config.mail.password, "file"),
        ),
        forms=replace(config.forms, pass_key=None if pass_key is None else beside(folder, pass_key)),
        passes=replace(config.passes, key=None if passes_key is None else beside(folder, passes_key)),
    )


def _file_in(folder: Path, url: str) -> str:
    """An SQLite file's address; what is none, or is no file's, is for whoever opens the database to judge."""
    kind, slashes, named = url.partition(":///")
    if not slashes or not kind.startswith("sqlite") or not named or named.startswith((":memory:", "file:", "?")):
        return url
    return f"{kind}{slashes}{beside(folder, named)}"
