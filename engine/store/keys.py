"""Primary keys handed out before the rows are written, so that many rows can refer to each other at once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session

from engine.store.base import Base

FIRST, BLOCK = 4, 200
"""How many numbers a block asks for at first, and at most: each time twice as many, as nobody knows how many come."""
FEW = 4
"""So many new rows of a table get their numbers from their own INSERT."""


def number_new(session: Session) -> None:
    """Give the many new rows of a table their numbers before they are sent (PostgreSQL).

    Rows that wait for a number go out in one long statement, which the driver has to read through anew each time;
    numbered ones are a prepared statement and its parameters.
    """
    of_tables: dict[type[Any], list[Any]] = {}
    for row in session.new:
        if inspect(row).mapper.primary_key[0].name == "id" and row.id is None:
            of_tables.setdefault(type(row), []).append(row)
    for table, rows in of_tables.items():
        if len(rows) > FEW:
            block = KeyBlock(session, table, size=len(rows))
            for row in rows:
                row.id = block.take()


class KeyBlock:
    """Numbers for new rows of one table; valid inside the transaction that asked for them.

    SQLite has one writer, so the next numbers are free; on PostgreSQL they come from the table's sequence.
    """

    def __init__(self, session: Session, table: type[Base], *, size: int = FIRST) -> None:
        self._session = session
        self._size = size
        self._table: Any = table
        self._free: list[int] = []
        self._last: int | None = None

    def take(self) -> int:
        """Return the next number."""
        if not self._free:
            self._free = self._reserve()
            self._free.reverse()
            self._size = min(self._size * 2, BLOCK)
        return self._free.pop()

    def _reserve(self) -> list[int]:
        if self._session.get_bind().dialect.name == "postgresql":
            name = self._table.__tablename__
            found = self._session.execute(
                text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)"),
                {"name": name, "count": self._size},
            )
            return [int(row[0]) for row in found]
        if self._last is None:
            self._last = self._session.scalar(select(func.max(self._table.id))) or 0
        first = self._last + 1
        self._last += self._size
        return list(range(first, first + self._size))
