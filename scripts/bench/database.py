"""Where a book lives while it is measured: snapshots, plain connections and plans of one kind of database."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

Connection = Any
"""A DBAPI connection of the driver that the engine uses for this database."""
Cursor = Any
Place = str
"""A database of this kind; only the :class:`Database` that named it understands the name."""


class Database(Protocol):
    """One kind of database: the book in it, snapshots of the book, and ways in without the engine."""

    name: str
    url: str
    mark: str
    """What stands for a parameter in plain SQL."""

    def begin(self, cursor: Cursor) -> None:
        """Open a transaction for writing as the engine does."""
        ...

    def keep(self, snapshot: str) -> None:
        """Remember the book as it is; nobody may be connected."""
        ...

    def restore(self, snapshot: str) -> None:
        """Put the book back to a snapshot; nobody may be connected."""
        ...

    def copy(self, snapshot: str) -> Place:
        """Return a fresh copy of a snapshot beside the book."""
        ...

    def book(self) -> Place:
        """Return the book itself."""
        ...

    def empty(self) -> Place:
        """Return a fresh database without a table."""
        ...

    def connect(self, place: Place) -> Connection:
        """Connect with the engine's own driver and settings, without the engine."""
        ...

    def hurry(self, connection: Connection) -> None:
        """Let this connection write in bulk without waiting for the disk."""
        ...

    def settle(self, tables: Sequence[str]) -> None:
        """Bring numbering and statistics of *tables* up to date after rows came in by plain SQL."""
        ...

    def plan(self, connection: Connection, statement: str, parameters: Any) -> list[str]:
        """Return how the database would carry *statement* out, one step a line."""
        ...

    def scanned(self, step: str) -> str | None:
        """Return the table of which this step of a plan reads every row, or every open one, if it does."""
        ...

    def size(self) -> int:
        """Return how many bytes the book takes on disk; nobody may be connected."""
        ...


_SCAN = re.compile(r"SCAN (?P<table>\w+)|SEARCH (?P<open>\w+) USING .*INDEX \S+ \((?:status|settled)=\?\)$")


class Sqlite:
    """Files in a folder; the settings of a connection are those of engine/store/session.py."""

    name = "sqlite"
    mark = "?"
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000")

    def __init__(self, home: Path) -> None:
        self._home = home
        self._path = home / "book.db"
        self.url = f"sqlite:///{self._path}"

    def begin(self, cursor: Cursor) -> None:
        """Take the writer's lock at once."""
        cursor.execute("BEGIN IMMEDIATE")

    def keep(self, snapshot: str) -> None:
        """Copy the file, the write-ahead log written back into it."""
        self._checkpoint()
        shutil.copyfile(self._path, self._snapshot(snapshot))

    def restore(self, snapshot: str) -> None:
        """Copy the file back."""
        _replace(self._snapshot(snapshot), self._path)

    def copy(self, snapshot: str) -> Place:
        """Copy the file to the one place for copies."""
        path = self._home / "copy.db"
        _replace(self._snapshot(snapshot), path)
        return str(path)

    def book(self) -> Place:
        """Return the file's path."""
        return str(self._path)

    def empty(self) -> Place:
        """Name a file that does not exist yet."""
        path = self._home / "empty.db"
        _remove(path)
        return str(path)

    def connect(self, place: Place) -> Connection:
        """Open the file."""
        connection = sqlite3.connect(place, isolation_level=None)
        for pragma in self.pragmas:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def hurry(self, connection: Connection) -> None:
        """Trust that nothing crashes; the rows refer to each other rightly by the way they are made."""
        for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000"):
            connection.execute(f"PRAGMA {pragma}")

    def settle(self, tables: Sequence[str]) -> None:
        """Write the log back; SQLite numbers from the highest id by itself.

        No ANALYZE: the engine runs none, so plans are those of a database without statistics.
        """
        self._checkpoint()

    def plan(self, connection: Connection, statement: str, parameters: Any) -> list[str]:
        """Return the lines of EXPLAIN QUERY PLAN."""
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]

    def scanned(self, step: str) -> str | None:
        """Return the table of a SCAN (of an index, too), or of a search by a column that says open or not."""
        found = _SCAN.match(step)
        return found["table"] or found["open"] if found else None

    def size(self) -> int:
        """Return the size of the file after its free pages were given back."""
        connection = self.connect(str(self._path))
        connection.execute("VACUUM")
        connection.close()
        self._checkpoint()
        return self._path.stat().st_size

    def _snapshot(self, name: str) -> Path:
        return self._home / f"kept-{name}.db"

    def _checkpoint(self) -> None:
        connection = sqlite3.connect(self._path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()


def _replace(source: Path, path: Path) -> None:
    _remove(path)
    shutil.copyfile(source, path)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
