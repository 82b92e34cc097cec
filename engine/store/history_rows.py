"""The history as it is stored, row by row, for whom does not believe it yet.

Nothing is converted on the way that could hide a change: what a column holds is what is hashed.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import orjson
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from engine.domain.chain import GENESIS, ChainRow

AT_ONCE = 2000
_COLUMNS = "seq, {at}, actor, action, instance_id, task_id, subject, reason, {payload}, hash"
_AS_STORED = {
    "sqlite": _COLUMNS.format(at="at", payload="payload"),
    "postgresql": _COLUMNS.format(
        at="""to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24\\:MI\\:SS.US"+00\\:00"')""",
        payload="CAST(payload AS text)",
    ),
}


def rows_from(session: Session, seq: int | None = None) -> Generator[ChainRow]:
    """Yield the rows in order, from *seq* on or all there are, a few thousand in memory at a time."""
    query = _query(session, seq)
    with session.connection().execute(query, execution_options={"yield_per": AT_ONCE}) as found:
        for number, *columns, payload, own_hash in found:
            yield ChainRow(number, _fields(columns, payload), str(own_hash))


def rows_of_renewal(session: Session, renewal_id: int) -> list[tuple[ChainRow, str]]:
    """Return the rows of one renewal in order, each with the hash of the row before it in the whole history."""
    columns = _AS_STORED[session.get_bind().dialect.name]
    before = "(SELECT one.hash FROM history_event one WHERE one.seq = history_event.seq - 1)"
    query = text(f"SELECT {before}, {columns} FROM history_event WHERE instance_id = :number ORDER BY seq")
    found = session.connection().execute(query, {"number": renewal_id})
    return [
        (ChainRow(seq, _fields(values, payload), str(own_hash)), str(previous or GENESIS))
        for previous, seq, *values, payload, own_hash in found
    ]


def _query(session: Session, seq: int | None) -> TextClause:
    columns = _AS_STORED[session.get_bind().dialect.name]
    if seq is None:
        return text(f"SELECT {columns} FROM history_event ORDER BY seq")
    return text(f"SELECT {columns} FROM history_event WHERE seq >= :seq ORDER BY seq").bindparams(seq=seq)


def _fields(columns: list[Any], payload: Any) -> tuple[Any, ...] | None:
    """Return what is hashed beside the number; None when the payload is not written as this program writes it.

    A key that stands twice, say, would read one way in SQL and another way here.
    """
    try:
        value = orjson.loads(payload)
        return (*columns, value) if orjson.dumps(value).decode() == payload else None
    except (ValueError, TypeError):
        return None
