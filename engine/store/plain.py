"""Columns of a row as plain values that JSON can carry, and back again."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sqlalchemy import Date

from engine.store.base import Base, Money, UtcDateTime
from engine.store.personal import Sealed


def names_of(mapped: type[Base]) -> tuple[str, ...]:
    """Return the columns of a table but its key."""
    return tuple(column.key for column in mapped.__table__.columns if not column.primary_key)


def columns(row: Base, names: Iterable[str]) -> dict[str, Any]:
    """Return these columns of *row* as plain values; sealed ones stay sealed."""
    return {name: _plain(getattr(row, name)) for name in names}


def restore(row: Base, plain: Mapping[str, Any]) -> None:
    """Give *row* the values that :func:`columns` took from it; what is equal is not touched."""
    for name, value in plain.items():
        if _plain(getattr(row, name)) != value:
            setattr(row, name, _typed(type(row).__table__.columns[name].type, value))


def mark_of(row: Base, names: Iterable[str]) -> str:
    """Return a mark of these columns of *row*, the same before and after it is written and read again."""
    told = "|".join(f"{name}={_settled(getattr(row, name))}" for name in names)
    return sha256(told.encode()).hexdigest()


def _settled(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return b64encode(value).decode() if isinstance(value, bytes) else value


def _typed(kind: Any, plain: Any) -> Any:
    if plain is None:
        return None
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(plain)
    if isinstance(kind, Date):
        return date.fromisoformat(plain)
    if isinstance(kind, Money):
        return Decimal(plain)
    return b64decode(plain) if isinstance(kind, Sealed) else plain
