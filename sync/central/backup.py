"""Copies of a running server's SQLite database: whole, consistent, and durable once they are there."""

import os
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from kiosk.errors import UsageError


def back_up(engine: Engine, path: Path) -> None:
    """Copy the database to a file that only its owner may read. Raises UsageError."""
    if engine.dialect.name != "sqlite":
        raise UsageError("a PostgreSQL database is copied with pg_dump; docs/central.md says how")
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError as error:
        raise UsageError(f"{path} is there already; a backup never takes another's place") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    try:
        with engine.connect() as connection:
            # Into an empty file: erased rows are not copied, nor free pages.
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM INTO :path"), {"path": str(path)})
    except SQLAlchemyError as error:
        path.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: the copy failed") from error
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
