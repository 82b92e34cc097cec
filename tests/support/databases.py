"""Installations in a folder, on either database: made empty, copied from a prepared one, dropped.

A folder says itself where its database is: the file ``database.url`` names one on the run's PostgreSQL server;
without it the folder holds an SQLite file. So whoever has the folder needs to know nothing more.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row

from tests.support import postgres

KINDS = ("sqlite", "postgresql")
CHOICE = "RENEWALS_TEST_DATABASES"
_NOTE = "database.url"


def chosen() -> tuple[str, ...]:
    """Return the databases this run is for: all, or those that ``RENEWALS_TEST_DATABASES`` lists."""
    named = tuple(name.strip() for name in os.environ.get(CHOICE, ",".join(KINDS)).split(","))
    unknown = set(named) - set(KINDS)
    if unknown:
        raise ValueError(f"{CHOICE}: {', '.join(unknown)} is none of {', '.join(KINDS)}")
    return named


def create(kind: str, home: Path) -> Path:
    """Make *home* an installation with an empty database of this kind."""
    home.mkdir(parents=True, exist_ok=True)
    if kind == "postgresql":
        _create(home, template="template0")
    return home


def copy(prepared: Path, home: Path) -> Path:
    """Make *home* a copy of an installation that nobody is connected to, files and database."""
    shutil.copytree(prepared, home)
    if (home / _NOTE).exists():
        _create(home, template=_name(prepared))
    return home


def drop(home: Path) -> None:
    """Throw the database of *home* away; files are left to whoever made the folder."""
    if (home / _NOTE).exists():
        postgres.shared().execute(f"DROP DATABASE IF EXISTS {_name(home)} WITH (FORCE)")


def url_of(home: Path) -> str:
    """Return the address of the database of *home*."""
    note = home / _NOTE
    return note.read_text() if note.exists() else f"sqlite:///{home / 'renewals.db'}"


def environment(home: Path) -> dict[str, str]:
    """Return the settings of the installation in *home*: database, keys, sink, checkpoints, virtual clock."""
    return {
        "RENEWALS_DATABASE_URL": url_of(home),
        "RENEWALS_SINK": str(home / "sent.jsonl"),
        "RENEWALS_CHECKPOINTS": str(home / "checkpoints"),
        "RENEWALS_CLOCK": "virtual",
        "RENEWALS_SECRET_KEY": "only-for-tests-only-for-tests",
        "RENEWALS_DATA_KEY": "A" * 43,
        "RENEWALS_SECURE_COOKIES": "0",  # the tests speak http
    }


def read(home: Path, query: str, *params: Any) -> list[dict[str, Any]]:
    """Run a query with ``?`` for parameters; values come as SQLite stores them, on both databases."""
    url = url_of(home)
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(home / "renewals.db")) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, params)]
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        rows = connection.execute(query.replace("?", "%s"), params or None).fetchall()  # type: ignore[arg-type]
        return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    match value:
        case bool():
            return int(value)
        case datetime():
            return value.isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case dict() | list():
            return orjson.dumps(value).decode()
        case _:
            return value


def _create(home: Path, *, template: str) -> None:
    server = postgres.shared()
    server.execute(f"CREATE DATABASE {_name(home)} TEMPLATE {template} STRATEGY FILE_COPY")
    (home / _NOTE).write_text(server.url(_name(home)))


def _name(home: Path) -> str:
    return f"t_{hashlib.sha256(str(home).encode()).hexdigest()[:16]}"
