"""Make a large book out of a small one by plain SQL: every copy is a branch of its own.

Rows keep what they say; ids move up, and numbers of people, units, vehicles and policies get a letter
more. So a nationwide book is many branches beside each other, and an agent's inbox stays an agent's.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, log2
from string import ascii_letters

from sqlalchemy import Column, Table

from engine.store.schema import metadata
from scripts.bench.database import Connection, Database

COPIED = ("customer", "process_instance", "vehicle", "renewal", "timer", "user_task", "policy_line")
"""What is alive of a renewal, in an order in which every row finds what it refers to."""
OWN_NAMES = frozenset(
    "vin business_key policy_no assignee_no owner_no agent_no supervisor_no trainer_no specialist_no "
    "team_code workplace_code sub_branch_code branch_code unit_code".split()
)
MOST_SEEDS = 480
"""So many are made by the engine at most, unless a benchmark is told otherwise."""


def seed_count(total: int, *, most: int, multiple: int = 1) -> int:
    """Return how many renewals to make by the engine, so that doubling them leads to about *total*."""
    doublings = max(0, ceil(log2(max(1, total) / most)))
    return int(max(1, round(total / 2**doublings / multiple)) * multiple)


def multiply(database: Database, *, to: int, seeds: int) -> int:
    """Double the *seeds* renewals of the book until there are at least about *to*; returns how many."""
    count, connection = seeds, database.connect(database.book())
    database.hurry(connection)
    stride = _highest_id(connection)
    for letter in ascii_letters[: max(0, round(log2(max(1, to / seeds))))]:
        cursor = connection.cursor()
        database.begin(cursor)
        for table in _tables():
            cursor.execute(_copy(table, stride, letter))
        connection.commit()
        stride, count = stride * 2, count * 2
    connection.close()
    database.settle(COPIED)
    return count


def _tables() -> Iterator[Table]:
    return (metadata.tables[name] for name in COPIED)


def _highest_id(connection: Connection) -> int:
    cursor = connection.cursor()
    highest = 0
    for name in COPIED:
        cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {name}")
        highest = max(highest, cursor.fetchone()[0])
    connection.commit()
    return highest


def _copy(table: Table, stride: int, letter: str) -> str:
    names = ", ".join(column.name for column in table.columns)
    values = ", ".join(_value(column, stride, letter) for column in table.columns)
    return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {table.name}"


def _value(column: Column[object], stride: int, letter: str) -> str:
    referred = {key.column.table.name for key in column.foreign_keys}
    if column.primary_key or referred & set(COPIED):
        return f"{column.name} + {stride}"
    return f"{column.name} || '{letter}'" if column.name in OWN_NAMES else column.name
