"""Seal stored values anew under the newest key, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, and_, func, or_, select
from sqlalchemy.orm import Session

from engine.store.personal import VAULT, Personal, context_of, sealed_fields
from engine.vault import PREFIX_BYTES, Vault, prefix_of


@dataclass(frozen=True, slots=True)
class Resealed:
    """What became of one batch: rows sealed anew, values that do not open where they stand, the last row."""

    rows: int
    refused: int
    last: Any


def sealed_kinds() -> Sequence[type[Any]]:
    """Return the mapped classes that hold sealed values, in the order of their tables' names."""
    return sorted(sealed_fields(), key=lambda kind: str(kind.__tablename__))


def count_stale(session: Session, kind: type[Any]) -> int:
    """Return how many rows hold values of an older key."""
    table, vault = _table(kind), session.info[VAULT]
    query = select(func.count()).select_from(table).where(_stale(kind, vault))
    return session.execute(query).scalar_one()


def reseal_some(session: Session, kind: type[Any], *, after: Any, limit: int) -> Resealed | None:
    """Seal the values of the next rows anew that an older key sealed; None when there is none after *after*.

    Rows that others hold are passed over. The values stay what they are: no row becomes a newer version.
    """
    table, vault = _table(kind), session.info[VAULT]
    # Files are large: fewer of them at once.
    limit = min(limit, getattr(kind, "RESEALED_AT_ONCE", limit))
    query = select(table).where(_stale(kind, vault)).order_by(table.c.id).limit(limit)
    if after is not None:
        query = query.where(table.c.id > after)
    rows = session.execute(query.with_for_update(skip_locked=True)).mappings().all()
    if not rows:
        return None
    done = refused = 0
    for row in rows:
        values: dict[str, bytes] = {}
        for field in sealed_fields()[kind]:
            sealed = row[field.column]
            if sealed is None or sealed.startswith(prefix_of(vault.keys.newest)):
                continue
            anew = _resealed(vault, field, row, sealed)
            if anew is None:
                refused += 1
            else:
                values[field.column] = anew
        if values:
            session.execute(table.update().where(table.c.id == row["id"]).values(values))
            done += 1
    return Resealed(done, refused, rows[-1]["id"])


def _resealed(vault: Vault, field: Personal[Any], row: Any, sealed: bytes) -> bytes | None:
    context = context_of(field.table, field.name, (row[part] for part in field.row_key))
    clear = vault.open(sealed, context)
    return None if clear is None else vault.seal(clear, context)


def _stale(kind: type[Any], vault: Vault) -> ColumnElement[bool]:
    newest = prefix_of(vault.keys.newest)
    columns = [_table(kind).c[field.column] for field in sealed_fields()[kind]]
    return or_(
        *(
            and_(one.is_not(None), func.substr(one, 1, PREFIX_BYTES, type_=one.type) != newest)
            for one in columns
        )
    )


def _table(kind: type[Any]) -> Table:
    return cast(Table, kind.__table__)
