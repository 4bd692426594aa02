"""The file under the durable log: opened, checked, and set aside when it cannot be trusted. SQLite.

WAL with `synchronous=FULL`: the write-ahead log is fsynced at every commit, and its directory when it is created,
before the commit returns. (`NORMAL` would only be safe against a crash of the process, not a loss of power.)
"""

import sqlite3
from pathlib import Path
from typing import Literal

from kiosk.errors import GatepostError, LogUnusable
from kiosk.events import Event, Head, verify
from sync.private_file import make_private

APPLICATION_ID = 0x47505354
"""`GPST`, in the database's header: this file is a Gatepost log and nothing else."""
SCHEMA_VERSION = 1
CHECK_WHOLE_UP_TO = 32 * 1024 * 1024
"""A file larger than this is checked at its newest events only, until it is found damaged: a kiosk restarts in 2 s."""
BUSY_TIMEOUT_S = 1.0
"""How long a visitor waits while another process holds the file; after that the log counts as failed."""
_MAGIC = b"SQLite format 3\0"
_SURROUNDINGS = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_AUTH,
    }
)

_HELD = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})

_SCHEMA = """
CREATE TABLE log (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    log_id TEXT NOT NULL,
    compound TEXT NOT NULL,
    device TEXT NOT NULL,
    reason TEXT NOT NULL,
    next_seq INTEGER NOT NULL DEFAULT 1,
    head BLOB NOT NULL,
    acknowledged INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE event (
    ordinal INTEGER NOT NULL REFERENCES log (ordinal),
    seq INTEGER NOT NULL,
    header TEXT NOT NULL,
    prev_hash BLOB NOT NULL,
    sealed_digest BLOB NOT NULL,
    hash BLOB NOT NULL,
    sealed BLOB,
    signature BLOB,
    recorded_us INTEGER NOT NULL,
    PRIMARY KEY (ordinal, seq)
);
CREATE TABLE decision (
    event TEXT PRIMARY KEY,
    ordinal INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    visit TEXT NOT NULL,
    answer TEXT NOT NULL,
    gate_outcome TEXT
) WITHOUT ROWID;
CREATE TABLE spent (
    mark TEXT PRIMARY KEY,
    event TEXT NOT NULL,
    until_us INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX unresolved ON decision (ordinal, seq) WHERE gate_outcome IS NULL AND answer = 'admit';
"""
_STATEMENTS = tuple(statement.strip() for statement in _SCHEMA.split(";\n") if statement.strip())


class Untrustworthy(LogUnusable):
    """The file is there, but it is not a log whose chain could be continued."""


class Occupied(LogUnusable):
    """Another process holds the file."""


def open_log_file(path: Path, *, whole: bool = False) -> sqlite3.Connection:
    """Open or create the log for writing; `whole` checks all of it whatever its size.

    Raises Untrustworthy when the file must be set aside first, Occupied while another process holds it, else LogUnusable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _opened(path, whole=whole)
    except LogUnusable:
        raise
    except UnicodeDecodeError as error:
        # SQLite quotes a damaged schema in its message.
        raise Untrustworthy("its tables cannot be read") from error
    except (sqlite3.Error, OSError) as error:
        sentence = f"{path}: the log cannot be opened: {error}"
        if isinstance(error, OSError):
            raise LogUnusable(sentence) from error
        if is_damage(error) or _code(error) == sqlite3.SQLITE_READONLY:
            raise Untrustworthy(str(error)) from error
        raise (Occupied if _code(error) in _HELD else LogUnusable)(sentence) from error


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error speaks of the file's content, rather than of the disk, the memory or another process."""
    return _code(error) not in _SURROUNDINGS


def is_database(path: Path) -> bool:
    """Whether a file begins as a database does."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def has_tables(connection: sqlite3.Connection) -> bool:
    """Whether the tables are those of this layout. Raises sqlite3.Error."""
    return {statement for (statement,) in connection.execute("SELECT sql FROM sqlite_master")}.issuperset(_STATEMENTS)


def as_text(text: bytes) -> str:
    """Read a text of the database; one whose bytes are damaged still travels, and the server marks it as faulty."""
    return text.decode("utf-8", "replace")


def connect(path: Path, synchronous: Literal["FULL", "NORMAL"]) -> sqlite3.Connection:
    """Connect for explicit transactions. Raises sqlite3.Error."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    connection.text_factory = as_text
    try:
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA cache_size = -2000")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _opened(path: Path, *, whole: bool) -> sqlite3.Connection:
    # Looked at before SQLite does: it would discard a write-ahead log whose database is gone.
    _check_header(path)
    make_private(path)
    connection = connect(path, "FULL")
    try:
        fresh = _ids(connection) == (0, 0) and not connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        if not fresh:
            _check_identity(connection)
        if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise LogUnusable(f"{path}: the file system allows no write-ahead log")
        if fresh:
            _create(connection)
        else:
            _check_content(connection, path, whole=whole)
        # Changes nothing; a file that is for reading only, or that another process writes to, shows it here.
        connection.execute("DELETE FROM log WHERE 0")
    except BaseException:
        connection.close()
        raise
    return connection


def _create(connection: sqlite3.Connection) -> None:
    """Make the tables in one transaction, so that a crash leaves an empty file or a whole one."""
    connection.execute("BEGIN IMMEDIATE")
    if _ids(connection) != (0, 0):
        # Another process was faster.
        connection.execute("ROLLBACK")
        return
    for statement in _STATEMENTS:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _check_header(path: Path) -> None:
    if not path.exists() or path.stat().st_size == 0:
        if path.with_name(path.name + "-wal").exists():
            raise Untrustworthy("the database is empty, but its write-ahead log is not")
        return
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100 or not header.startswith(_MAGIC):
        raise Untrustworthy("it is not an SQLite database")
    if not {header[18], header[19]} <= {1, 2}:
        # SQLite would open it for reading only, or not at all.
        raise Untrustworthy("it is of a newer SQLite, or damaged")
    application = int.from_bytes(header[68:72], "big")
    # 0 is a log that crashed between its creation and the first checkpoint: its identity is in the WAL still.
    if application not in (0, APPLICATION_ID):
        raise Untrustworthy(f"it belongs to another application ({application:#010x})")


def _ids(connection: sqlite3.Connection) -> tuple[int, int]:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    return application, connection.execute("PRAGMA user_version").fetchone()[0]


def _check_identity(connection: sqlite3.Connection) -> None:
    application, version = _ids(connection)
    if application != APPLICATION_ID:
        raise Untrustworthy("it belongs to another application")
    if version != SCHEMA_VERSION:
        raise Untrustworthy(f"its layout is version {version}, and this software knows {SCHEMA_VERSION}")
    if not has_tables(connection):
        raise Untrustworthy("its tables are not those of its layout")


def _check_content(connection: sqlite3.Connection, path: Path, *, whole: bool) -> None:
    in_one_file = _checkpointed(connection)
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    size = pages * connection.execute("PRAGMA page_size").fetchone()[0]
    if in_one_file and path.stat().st_size < size:
        raise Untrustworthy(f"it is cut short: {path.stat().st_size} of {size} bytes")
    if whole or size <= CHECK_WHOLE_UP_TO:
        found = connection.execute(f"PRAGMA {'integrity' if whole else 'quick'}_check(1)").fetchone()[0]
        if found != "ok":
            raise Untrustworthy(f"it is damaged: {found}")
    _check_newest(connection)


def _checkpointed(connection: sqlite3.Connection) -> bool:
    """Copy the write-ahead log back; whether that went through. If not, what it holds is read from there."""
    try:
        return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
    except sqlite3.OperationalError as error:
        if is_damage(error):
            raise
        return False


def _check_newest(connection: sqlite3.Connection) -> None:
    """See that the newest event is whole and is the one that its log's head names: the next one builds on it."""
    query = (
        "SELECT log.compound, log.device, log.log_id, log.next_seq, log.head, event.header, event.prev_hash,"
        " event.sealed_digest, event.hash, event.sealed FROM log"
        " LEFT JOIN event ON event.ordinal = log.ordinal AND event.seq = log.next_seq - 1 ORDER BY log.ordinal DESC LIMIT 1"
    )
    for compound, device, log_id, next_seq, head, *members in connection.execute(query):
        event = Event(*members)
        try:
            if verify(Head(compound, device, log_id, next_seq - 1, event.prev_hash), event).hash == head:
                continue
        except (GatepostError, TypeError):
            pass
        raise Untrustworthy("its newest event is not the one that its head names")


def _code(error: sqlite3.Error) -> int:
    """The primary result code of SQLite."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
