"""Open the server's database, SQLite or PostgreSQL, and bring its tables up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy import event as engine_event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from kiosk.errors import UsageError
from sync.central.partitions import prepare_partitions
from sync.private_file import make_private

BUSY_S = 10
"""How long to wait for another process that writes to the same SQLite file."""
CONNECT_S = 5
MIGRATING = 0x6761_7465
"""PostgreSQL's advisory lock for whoever changes the tables."""


def open_database(url: str, now_us: int, *, make: bool = True) -> Engine:
    """Open a database and bring its tables up to date, with partitions for the months from `now_us` on. Raises UsageError.

    An SQLite file that is not there is made, for its owner alone to read; not so without `make`.
    """
    try:
        engine = _engine(make_url(url), make=make)
    except UsageError:
        raise
    except (ArgumentError, ValueError) as error:
        raise UsageError("[database] url is no database address; write such as sqlite:///central.sqlite") from error
    except ImportError as error:
        raise UsageError(f"[database] url needs a library that is not installed: {error.name}") from error
    try:
        with changing(engine) as connection:
            _hold(connection)
            command.upgrade(migrations(connection), "head")
            prepare_partitions(connection, now_us)
    except CommandError as error:
        engine.dispose()
        raise UsageError("[database] url: the database was made by another version of this server") from error
    except SQLAlchemyError as error:
        engine.dispose()
        raise UsageError(f"[database] url: the database cannot be used: {_reason(error)}") from error
    return engine


def _engine(url: URL, *, make: bool) -> Engine:
    if "@" in (url.host or ""):
        # The database's own words would quote what it takes for the host, the end of a password.
        raise UsageError("[database] url has more than one @; write the ones in user and password as %40")
    # Errors may be logged, and the parameters of a statement are people's records.
    options: dict[str, Any] = {"hide_parameters": True}
    match url.get_backend_name():
        case "sqlite":
            if not url.database or url.database == ":memory:":
                raise UsageError("[database] url must name a file; a database in memory forgets everything")
            if not url.database.startswith("file:"):
                _reserve(Path(url.database), make=make)
            engine = create_engine(url, connect_args={"timeout": BUSY_S}, **options)
            engine_event.listen(engine, "connect", _durable)
            return engine
        case "postgresql":
            return create_engine(
                url.set(drivername="postgresql+psycopg"),
                connect_args={"connect_timeout": CONNECT_S},
                isolation_level="READ COMMITTED",
                pool_pre_ping=True,
                **options,
            )
        case other:
            raise UsageError(f"[database] url: {other} is not supported; use sqlite or postgresql")


@contextmanager
def changing(engine: Engine) -> Iterator[Connection]:
    """A transaction that reads before it writes."""
    with engine.begin() as connection:
        take_writers_place(connection)
        yield connection


def take_writers_place(connection: Connection) -> None:
    """Begin a transaction that reads before it writes: SQLite has one writer, and would else find out too late."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def prepare(engine: Engine, now_us: int) -> list[str]:
    """Make the partitions of the months to come; the names of those made."""
    with changing(engine) as connection:
        _hold(connection)
        return prepare_partitions(connection, now_us)


def migrations(connection: Connection) -> AlembicConfig:
    """Alembic's settings for a connection within a transaction."""
    settings = AlembicConfig()
    settings.set_main_option("script_location", "sync.central:migrations")
    settings.attributes["connection"] = connection
    return settings


def _hold(connection: Connection) -> None:
    """Let one server at a time change tables; SQLite has one writer anyhow."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATING})


def _reserve(path: Path, *, make: bool) -> None:
    """See that the file is there before SQLite makes it as readable as the umask lets it; its journals take after it."""
    if path.exists():
        return
    if not make:
        raise UsageError(f"[database] url: there is no database there: {path}; the server makes it when it first runs")
    try:
        make_private(path)
    except OSError as error:
        raise UsageError(f"[database] url: the database cannot be used: {path}: {error.strerror}") from error


def _durable(connection: Any, _: object) -> None:
    """What the server has acknowledged survives the loss of power."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    # What is deleted is overwritten, not only forgotten: erased means gone from the file.
    connection.execute("PRAGMA secure_delete = ON")


def _reason(error: SQLAlchemyError) -> str:
    """The first line of what the database itself says."""
    said = str(error.orig if isinstance(error, DBAPIError) and error.orig is not None else error).strip()
    return said.splitlines()[0] if said else type(error).__name__
