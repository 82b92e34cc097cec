"""The data keys: random, kept in the database wrapped under the master key, which is never in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import Connection, Engine, LargeBinary, Table, inspect, select
from sqlalchemy.orm import Mapped, mapped_column

from engine.crypto import STATE, derive
from engine.store.base import Base, BigKey, Code
from engine.vault import KEY_BYTES, Keys, NoKeys, WrongMasterKey, unwrap, wrap


class Purpose(StrEnum):
    """What a key is for: sealing fields (several, the newest seals), blind indexes, the seal of states."""

    FIELD = "field"
    INDEX = "index"
    STATE = "state"


class DataKey(Base):
    """One data key, wrapped; the number is part of every value it sealed, so it is never given twice."""

    __tablename__ = "data_key"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    purpose: Mapped[Code]
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class KeyLine:
    """What may be told of a key."""

    id: int
    purpose: str
    created_at: datetime


_TABLE = cast(Table, DataKey.__table__)


def load(engine: Engine, master: bytes) -> Keys:
    """Return the keys that the database holds.

    Raises:
        NoKeys: there are none yet. WrongMasterKey: *master* does not open them.
    """
    with engine.connect() as connection:
        return read(connection, master)


def read(connection: Connection, master: bytes) -> Keys:
    """Return the keys as :func:`load` does, on a connection in hand."""
    rows = _rows(connection)
    if not rows:
        raise NoKeys
    found: dict[str, dict[int, bytes]] = {}
    for row in rows:
        found.setdefault(row.purpose, {})[row.id] = _opened(row, master)
    (index,), (state,) = found[Purpose.INDEX].values(), found[Purpose.STATE].values()
    return Keys(found[Purpose.FIELD], index, state)


def ensure(connection: Connection, master: bytes, now: datetime) -> None:
    """Make the keys of each purpose that has none.

    The first key of the states is the one that was derived from the master before there was a table of
    keys: what is stored stays valid, and a later master changes nothing about it.
    """
    known = {row.purpose for row in _rows(connection)}
    for purpose in Purpose:
        if purpose not in known:
            key = derive(master, STATE) if purpose is Purpose.STATE else os.urandom(KEY_BYTES)
            _add(connection, master, purpose, key, now)


def add_field_key(connection: Connection, master: bytes, now: datetime) -> int:
    """Make one more key for fields, which seals from now on; returns its number."""
    read(connection, master)  # under another master it could not be opened beside the others
    return _add(connection, master, Purpose.FIELD, os.urandom(KEY_BYTES), now)


def rewrap(connection: Connection, *, old: bytes, new: bytes) -> int:
    """Wrap every key under the *new* master that is wrapped under the *old* one; returns how many were.

    Raises:
        WrongMasterKey: a key opens under neither.
    """
    done = 0
    for row in _rows(connection):
        if unwrap(new, row.wrapped, _label(row.purpose, row.id)) is not None:
            continue
        wrapped = wrap(new, _opened(row, old), _label(row.purpose, row.id))
        connection.execute(_TABLE.update().where(_TABLE.c.id == row.id).values(wrapped=wrapped))
        done += 1
    return done


def lines(connection: Connection) -> tuple[KeyLine, ...]:
    """Return what may be told of the keys, in the order they were made."""
    return tuple(KeyLine(row.id, row.purpose, row.created_at) for row in _rows(connection))


def _rows(connection: Connection) -> Sequence[Any]:
    if not inspect(connection).has_table(DataKey.__tablename__):
        return ()
    return connection.execute(select(_TABLE).order_by(_TABLE.c.id)).all()


def _add(connection: Connection, master: bytes, purpose: Purpose, key: bytes, now: datetime) -> int:
    number = max((row.id for row in _rows(connection)), default=0) + 1
    wrapped = wrap(master, key, _label(purpose, number))
    connection.execute(
        _TABLE.insert().values(id=number, purpose=str(purpose), wrapped=wrapped, created_at=now)
    )
    return number


def _opened(row: Any, master: bytes) -> bytes:
    key = unwrap(master, row.wrapped, _label(row.purpose, row.id))
    if key is None:
        raise WrongMasterKey(key=row.id)
    return key


def _label(purpose: str, number: int) -> bytes:
    return f"{purpose}|{number}".encode()
