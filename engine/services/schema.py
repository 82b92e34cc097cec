"""Bring the database to the program's schema and its shipped tables."""

from __future__ import annotations

from typing import Any

from engine.bootstrap import Engine
from engine.clock import wall_now
from engine.domain.actor import SYSTEM
from engine.domain.workdays import shipped_holidays
from engine.errors import UNREACHED, DatabaseNotReady
from engine.label import Label
from engine.store import keyring, migrate
from engine.store.calendar import Holiday, has_clock, holidays_of, set_clock


def upgrade(engine: Engine) -> str:
    """Create or migrate the schema and fill an empty holiday table; returns the revision."""
    master = engine.settings.data_key
    before = migrate.current(engine.store.engine)
    revision = migrate.upgrade(engine.store.engine, master)
    with engine.store.transaction() as tx:
        keyring.ensure(tx.connection(), master, wall_now())
        is_timeless = engine.clock.is_virtual and not has_clock(tx)
        now = wall_now() if is_timeless else engine.clock.now()
        if before != revision:
            change: dict[str, Any] = {"from": before, "to": revision}
            tx.record("schema_upgraded", at=now, actor=SYSTEM.name, subject=revision, **change)
        if not holidays_of(tx):
            tx.add_all(
                Holiday(day=h.day, kind=str(h.kind), name=h.name, source=h.source, provisional=h.provisional)
                for h in shipped_holidays()
            )
        if is_timeless:
            set_clock(tx, now)  # a virtual clock starts at the real present until it is set
    engine.forget_calendar()
    return revision


def require_current(engine: Engine) -> None:
    """Refuse to work on a missing or older schema, or under a master key that does not open the data keys.

    Raises:
        DatabaseNotReady, NoKeys, WrongMasterKey: it is so.
    """
    try:
        found = migrate.current(engine.store.engine)
    except Exception as error:  # whatever the driver says, the remedy is the same
        raise DatabaseNotReady(reason=UNREACHED) from error
    if found != migrate.head():
        raise DatabaseNotReady(reason=_older(found, migrate.head()))
    engine.store.vault.reload()


def _older(found: str | None, wanted: str) -> Label:
    if found is None:
        return Label("其中还没有表", "it holds no tables yet")
    return Label(f"表结构为 {found}，程序需要 {wanted}", f"its schema is {found}, the program needs {wanted}")
