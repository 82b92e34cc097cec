"""Data keys: list them, make a new one, seal everything anew, wrap them under another master."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import Role
from engine.errors import Forbidden, SettingsError
from engine.label import Label
from engine.store import keyring
from engine.store.keyring import KeyLine
from engine.store.resealing import Resealed, count_stale, reseal_some, sealed_kinds

BATCH = 500
NO_OLD_KEY = Label(
    "请用 RENEWALS_DATA_KEY_OLD 给出更换前的主密钥",
    "give the master key before the change in RENEWALS_DATA_KEY_OLD",
)


@dataclass(frozen=True, slots=True)
class KeyList:
    """The keys, and how many rows hold values that an older field key sealed."""

    keys: tuple[KeyLine, ...]
    stale: int


@dataclass(frozen=True, slots=True)
class Rotation:
    """The key that seals now, rows sealed anew, values that do not open where they stand and were left."""

    key: int
    rows: int
    refused: int


def list_keys(engine: Engine) -> KeyList:
    """Return what may be told of the data keys; the keys themselves are not."""
    with engine.store.reading() as session:
        stale = sum(count_stale(session, kind) for kind in sealed_kinds())
        return KeyList(keyring.lines(session.connection()), stale)


def make_key(engine: Engine, *, actor: Actor) -> int:
    """Make one more field key, which seals from now on; returns its number.

    Raises:
        Forbidden: only administrators and the command line do this.
    """
    _require_keeper(actor)
    with engine.store.transaction() as tx:
        now = engine.clock.now()
        number = keyring.add_field_key(tx.connection(), engine.settings.data_key, now)
        tx.record("keys_rotated", at=now, actor=actor.name, key=number)
    engine.store.vault.reload()
    return number


def reseal(engine: Engine, *, actor: Actor, on_progress: Callable[[int], None] | None = None) -> Rotation:
    """Seal every value anew that an older key sealed, each batch in a transaction of its own.

    Safe to stop and to run again; values of all keys can be read all the while. Blind indexes and the seal
    of states keep their keys.

    Raises:
        Forbidden: only administrators and the command line do this.
    """
    _require_keeper(actor)
    newest = engine.store.vault.reload().newest
    rows = refused = 0
    for kind in sealed_kinds():
        for batch in _batches(engine, kind, actor):
            rows, refused = rows + batch.rows, refused + batch.refused
            if on_progress is not None:
                on_progress(batch.rows)
    with engine.store.transaction() as tx:
        tx.record(
            "keys_resealed", at=engine.clock.now(), actor=actor.name, key=newest, rows=rows, refused=refused
        )
    return Rotation(newest, rows, refused)


def _batches(engine: Engine, kind: type[Any], actor: Actor) -> Iterator[Resealed]:
    after = None
    while True:
        with engine.store.transaction() as tx:
            batch = reseal_some(tx, kind, after=after, limit=BATCH)
            if batch is not None:
                tx.record(
                    "rows_resealed",
                    at=engine.clock.now(),
                    actor=actor.name,
                    subject=str(kind.__tablename__),
                    rows=batch.rows,
                )
        if batch is None:
            return
        yield batch
        after = batch.last


def rewrap_keys(engine: Engine, *, actor: Actor) -> int:
    """Wrap the data keys under RENEWALS_DATA_KEY that were wrapped under RENEWALS_DATA_KEY_OLD; returns how many.

    Raises:
        SettingsError: the old master is not given. WrongMasterKey: it is not the one.
        Forbidden: only administrators and the command line do this.
    """
    _require_keeper(actor)
    old, new = engine.settings.data_key_old, engine.settings.data_key
    if not old:
        raise SettingsError(faults=NO_OLD_KEY)
    with engine.store.transaction() as tx:
        count = keyring.rewrap(tx.connection(), old=old, new=new)
        if count:
            tx.record("keys_rewrapped", at=engine.clock.now(), actor=actor.name, count=count)
    engine.store.vault.reload()
    return count


def _require_keeper(actor: Actor) -> None:
    if not actor.is_operator and Role.ADMIN not in actor.roles:
        raise Forbidden(act=Label("管理数据密钥", "manage the data keys"))
