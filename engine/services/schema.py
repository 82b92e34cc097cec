"""Bring the database to the program's schema and its shipped tables."""

from __future__ import annotations

from engine.bootstrap import Engine
from engine.clock import wall_now
from engine.domain.workdays import shipped_holidays
from engine.errors import DatabaseNotReady
from engine.store import keyring, migrate
from engine.store.calendar import Holiday, has_clock, holidays_of, set_clock


def upgrade(engine: Engine) -> str:
    """Create or migrate the schema and fill an empty holiday table; returns the revision."""
    master = engine.settings.data_key
    revision = migrate.upgrade(engine.store.engine, master)
    with engine.store.transaction() as tx:
        keyring.ensure(tx.connection(), master, wall_now())
        if not holidays_of(tx):
            tx.add_all(
                Holiday(day=h.day, kind=str(h.kind), name=h.name, source=h.source, provisional=h.provisional)
                for h in shipped_holidays()
            )
        if engine.clock.is_virtual and not has_clock(tx):
            set_clock(tx, wall_now())  # a virtual clock starts at the real present until it is set
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
        raise DatabaseNotReady(reason=type(error).__name__) from error
    if found != migrate.head():
        raise DatabaseNotReady(reason=f"{found or '∅'} → {migrate.head()}")
    engine.store.vault.reload()
