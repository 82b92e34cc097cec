"""Make a large book out of a small one by plain SQL: every copy is a branch of its own.

Rows keep what they say; ids move up, and numbers of people, units, vehicles and policies get a letter
more. So a nationwide book is many branches beside each other, and an agent's inbox stays an agent's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, log2
from string import ascii_letters

from sqlalchemy import Column, Table

from engine.store.schema import metadata
from scripts.bench.database import Connection, Database

COPIED = ("customer", "process_instance", "vehicle", "renewal", "timer", "user_task", "policy_line")
"""What is alive of a renewal, in an order in which every row finds what it refers to."""
PEOPLE = ("org_unit", "person", "post", "liaison", "user_account")
"""The organisation and who may sign in."""
OWN_NAMES = frozenset(
    "vin business_key policy_no assignee_no owner_no agent_no supervisor_no trainer_no specialist_no "
    "team_code workplace_code sub_branch_code branch_code unit_code "
    "code parent_code employee_no manager_no session_mark".split()
)
SIGN_IN_NAME = ("user_account", "name")
MOST_SEEDS = 480
"""So many are made by the engine at most, unless a benchmark is told otherwise."""


def seed_count(total: int, *, most: int, multiple: int = 1) -> int:
    """Return how many renewals to make by the engine, so that doubling them leads to about *total*."""
    doublings = max(0, ceil(log2(max(1, total) / most)))
    return int(max(1, round(total / 2**doublings / multiple)) * multiple)


def multiply(database: Database, *, to: int, seeds: int) -> int:
    """Double the *seeds* renewals of the book until there are at least about *to*; returns how many."""
    branches = 2 ** max(0, round(log2(max(1, to / seeds))))
    return seeds * copy_branch(database, COPIED, branches)


def copy_branch(database: Database, tables: Sequence[str], branches: int) -> int:
    """Copy the one branch of the book until there are so many of it; returns how many."""
    connection = database.connect(database.book())
    database.hurry(connection)
    stride = _highest_id(connection, tables)
    made = 1
    for letter in ascii_letters:
        more = min(made, branches - made)
        if more < 1:
            break
        cursor = connection.cursor()
        database.begin(cursor)
        for table in _tables(tables):
            # The rows of the n-th branch are numbered from (n - 1) × stride + 1 to n × stride in every table.
            cursor.execute(
                f"{_copy(table, tables, stride * made, letter)} WHERE {table.name}.id <= {stride * more}"
            )
        connection.commit()
        made += more
    connection.close()
    database.settle(tables)
    return made


def _tables(names: Sequence[str]) -> Iterator[Table]:
    return (metadata.tables[name] for name in names)


def _highest_id(connection: Connection, tables: Sequence[str]) -> int:
    cursor = connection.cursor()
    highest = 0
    for name in tables:
        cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {name}")
        highest = max(highest, cursor.fetchone()[0])
    connection.commit()
    return highest


def _copy(table: Table, tables: Sequence[str], stride: int, letter: str) -> str:
    names = ", ".join(column.name for column in table.columns)
    values = ", ".join(_value(column, tables, stride, letter) for column in table.columns)
    return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {table.name}"


def _value(column: Column[object], tables: Sequence[str], stride: int, letter: str) -> str:
    referred = {key.column.table.name for key in column.foreign_keys}
    if column.primary_key or referred & set(tables):
        return f"{column.name} + {stride}"
    is_own = column.name in OWN_NAMES or (column.table.name, column.name) == SIGN_IN_NAME
    return f"{column.name} || '{letter}'" if is_own else column.name
