"""A PostgreSQL of one's own, for measurements and tests: an unprivileged user's, on a socket in a folder that goes away."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUPERUSER = "gatepost"
WAIT_S = 60
AS_ON_A_SERVER = "-c fsync=on -c shared_buffers=1GB -c max_wal_size=4GB"
"""PostgreSQL's own defaults are for a machine with little memory: a quarter of it is what its manual recommends."""


class Cluster:
    """A running PostgreSQL. `new` makes a database in it.

    What is committed is on the disk, as on a server, when it is `durable`.
    """

    def __init__(self, programs: Path, folder: Path, *, durable: bool) -> None:
        self._programs = programs
        self._settings = AS_ON_A_SERVER if durable else "-c fsync=off"
        self._folder = folder
        self._made = 0
        self._user = _unprivileged()
        if self._user is not None:
            os.chown(folder, self._user, -1)

    def start(self) -> None:
        """Make it and start it."""
        self._run("initdb", "-D", self._data, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={self._folder} {self._settings}"
        # Its output goes to a file: the server would otherwise hold our pipes open.
        self._run("pg_ctl", "-D", self._data, "-o", options, "-l", str(self._folder / "log"), "-w", "start")

    def stop(self) -> None:
        """Stop it for good, as it is: its folder goes away, and nobody need bring what it holds to the disk."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def restart(self) -> None:
        """Stop it and start it again as it was."""
        self._run("pg_ctl", "-D", self._data, "-m", "fast", "-w", "-l", str(self._folder / "log"), "restart")

    def new(self) -> str:
        """The URL of a new database."""
        self._made += 1
        name = f"test{self._made}"
        self._run("createdb", "-h", str(self._folder), "-U", SUPERUSER, name)
        return f"postgresql://{SUPERUSER}@/{name}?host={self._folder}"

    def dump(self, url: str) -> None:
        """Copy a database that may be in use, as docs/central.md says."""
        self._run("pg_dump", "-h", str(self._folder), "-U", SUPERUSER, "-Fc", "-f", self._dump(url), _name(url))

    def restore(self, url: str) -> None:
        """Put the copy in the place of the database, as docs/central.md says."""
        where = ("-h", str(self._folder), "-U", SUPERUSER)
        self._run("dropdb", *where, _name(url))
        self._run("createdb", *where, _name(url))
        self._run("pg_restore", *where, "--exit-on-error", "-d", _name(url), self._dump(url))

    def _dump(self, url: str) -> str:
        return str(self._folder / f"{_name(url)}.dump")

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=WAIT_S,
            cwd=self._folder,
            user=self._user,
            group=None if self._user is None else "nogroup",
            extra_groups=None if self._user is None else [],
        )


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


@contextmanager
def postgresql(*, durable: bool) -> Iterator[Cluster | str]:
    """A cluster, or why there is none."""
    programs = _programs()
    if programs is None:
        yield "PostgreSQL's server is not installed"
    elif importlib.util.find_spec("psycopg") is None:
        yield "psycopg is not installed"
    else:
        # Not below pytest's own folder, which only its owner may enter; and a socket's path must be short.
        with tempfile.TemporaryDirectory(prefix="gatepost-pg-", ignore_cleanup_errors=True) as folder:
            cluster = Cluster(programs, Path(folder), durable=durable)
            cluster.start()
            try:
                yield cluster
            finally:
                cluster.stop()


def _programs() -> Path | None:
    """Where the newest server is: Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).parent if on_path is not None else None


def _unprivileged() -> int | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    return pwd.getpwnam("nobody").pw_uid
