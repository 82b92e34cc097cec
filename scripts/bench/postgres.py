"""A book on a PostgreSQL server of its own, durable as in production, that is gone after the run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from scripts.bench.database import Connection, Cursor, Place
from tests.support.postgres import PREFIX, Server

OPTIONS = (
    "listen_addresses=''",
    "shared_buffers=1GB",
    "max_wal_size=4GB",
    "autovacuum=off",  # statistics are brought up to date where they count, not when it happens
    "jit=off",
    "random_page_cost=1.1",
    "max_parallel_workers_per_gather=0",
)
"""What docs/operations.md advises, made steady; every commit waits for the disk."""
BOOK = "book"
_ROW_FINDERS = ("Index Cond", "Recheck Cond")
_OPEN_ONLY = ("status", "settled")


@contextmanager
def running() -> Iterator[Server]:
    """Run a server in a temporary folder."""
    home = Path(tempfile.mkdtemp(prefix=PREFIX))
    home.chmod(0o711)
    server = Server(home, OPTIONS)
    try:
        server.create()
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


class Postgres:
    """Databases of one server; a snapshot is a database that others are made from."""

    name = "postgresql"
    mark = "%s"

    def __init__(self, server: Server) -> None:
        self._server = server
        self.url = server.url(BOOK).replace("postgresql://", "postgresql+psycopg://", 1)
        self._make(BOOK, "template0")

    def begin(self, cursor: Cursor) -> None:
        """Nothing: the driver opens a transaction with the first statement."""

    def keep(self, snapshot: str) -> None:
        """Copy the book's files."""
        self._make(self._snapshot(snapshot), BOOK)

    def restore(self, snapshot: str) -> None:
        """Copy the files back."""
        self._make(BOOK, self._snapshot(snapshot))

    def copy(self, snapshot: str) -> Place:
        """Copy the snapshot to the one place for copies."""
        self._make("copy", self._snapshot(snapshot))
        return "copy"

    def book(self) -> Place:
        """Return the book's name."""
        return BOOK

    def empty(self) -> Place:
        """Make a database without a table."""
        self._make("empty", "template0")
        return "empty"

    def connect(self, place: Place) -> Connection:
        """Connect with the engine's driver."""
        return psycopg.connect(self._server.url(place))

    def hurry(self, connection: Connection) -> None:
        """Trust that nothing crashes; the rows refer to each other rightly by the way they are made."""
        for setting in ("synchronous_commit = off", "session_replication_role = replica"):
            connection.execute(f"SET {setting}")
        connection.commit()

    def settle(self, tables: Sequence[str]) -> None:
        """Let sequences go on after the highest id, and refresh the planner's statistics."""
        with psycopg.connect(self._server.url(BOOK), autocommit=True) as connection:
            for table in tables:
                sequence = connection.execute("SELECT pg_get_serial_sequence(%s, 'id')", (table,)).fetchone()
                if sequence is not None and sequence[0] is not None:
                    connection.execute(f"SELECT setval('{sequence[0]}', (SELECT MAX(id) FROM {table}))")
            connection.execute("VACUUM ANALYZE")

    def plan(self, connection: Connection, statement: str, parameters: Any) -> list[str]:
        """Return the nodes of EXPLAIN that read tables, each with the condition that finds its rows."""
        cursor = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        (plans,) = cursor.fetchone()
        connection.rollback()
        return [_said(node) for node in _nodes(plans[0]["Plan"]) if "Relation Name" in node]

    def scanned(self, step: str) -> str | None:
        """Return the table of a sequential scan, or of an index search that only says open or not."""
        kind, _, rest = step.partition(" of ")
        table, _, condition = rest.partition(" by ")
        if kind == "Seq Scan" or (kind.startswith("Index") and not condition):
            return table
        columns = {part.split(" ")[0].strip("(") for part in condition.split(" AND ")}
        return table if columns and columns <= set(_OPEN_ONLY) else None

    def size(self) -> int:
        """Return the size of the book after dead rows were given back."""
        with psycopg.connect(self._server.url(BOOK), autocommit=True) as connection:
            connection.execute("VACUUM FULL")
            found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(found[0]) if found else 0

    def _make(self, name: str, template: str) -> None:
        self._server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')

    def _snapshot(self, name: str) -> str:
        return f"kept_{name}"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _said(node: dict[str, Any]) -> str:
    found = next((node[key] for key in _ROW_FINDERS if key in node), None)
    ways = [below["Index Cond"] for below in node.get("Plans", ()) if "Index Cond" in below]
    condition = found or " AND ".join(ways)
    index = f" with {node['Index Name']}" if "Index Name" in node else ""
    by = f" by {condition.strip('()')}" if condition else ""
    return f"{node['Node Type']} of {node['Relation Name']}{by}{index}"
