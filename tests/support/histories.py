"""A short history with checkpoints, and what the database's owner can do to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, text

from engine.bootstrap import Engine
from engine.domain.actor import SYSTEM
from engine.services import checkpoints, clockwork
from engine.store.history import HistoryEvent, event_hash

TRIGGERS = {
    "sqlite": ("history_event_no_update", "history_event_no_delete", "history_event_at_end"),
    "postgresql": ("history_event_no_change", "history_event_no_truncate"),
}


def happen(engine: Engine, count: int, *, day: int = 0) -> None:
    """Let *count* things happen, an hour after the last ones."""
    clockwork.set_clock(engine, engine.clock.now() + timedelta(hours=1), actor=SYSTEM)
    with engine.store.transaction() as tx:
        for number in range(count):
            tx.record(
                "fact_changed",
                at=engine.clock.now(),
                actor="SP01",
                instance_id=number + 1,
                subject="续保",
                reason="更正",
                **{"field": "premium", "from": "10.00", "to": f"{number}.50", "day": day},
            )


def witness(engine: Engine) -> checkpoints.CheckpointTaken:
    """Take a checkpoint."""
    taken = checkpoints.take_checkpoint(engine, actor=SYSTEM)
    assert taken is not None
    return taken


def file_of(engine: Engine, number: int) -> Path:
    """Return the path of a checkpoint file."""
    assert engine.settings.checkpoints is not None
    return engine.settings.checkpoints / f"checkpoint-{number:08d}.json"


@contextmanager
def as_owner(engine: Engine) -> Iterator[Connection]:
    """Open a transaction of somebody who may drop the guards, and does."""
    with engine.store.engine.connect() as connection:
        dialect = connection.dialect.name
        connection.execute(text("BEGIN IMMEDIATE" if dialect == "sqlite" else "SELECT 1"))
        for name in TRIGGERS[dialect]:
            where = "" if dialect == "sqlite" else " ON history_event"
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}{where}"))
        yield connection
        connection.commit()


def do(engine: Engine, *statements: str) -> None:
    """Run SQL as the owner."""
    with as_owner(engine) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def rows(engine: Engine) -> list[HistoryEvent]:
    """Return the whole history."""
    with engine.store.reading() as session:
        return session.query(HistoryEvent).order_by(HistoryEvent.seq).all()


def compute_anew(engine: Engine, first: int) -> None:
    """Give every row from *first* on the hash it has to have after what stands before it now."""
    events = rows(engine)
    previous = next((event.hash for event in events if event.seq == first - 1), "0" * 64)
    with as_owner(engine) as connection:
        for event in (event for event in events if event.seq >= first):
            previous = event_hash(previous, event)
            connection.execute(
                text("UPDATE history_event SET hash = :h WHERE seq = :s"), {"h": previous, "s": event.seq}
            )


def move_up(engine: Engine, first: int, by: int) -> None:
    """Give every row from *first* on a number that is higher by *by* (or lower, when it is negative)."""
    far = 1_000_000
    do(
        engine,
        f"UPDATE history_event SET seq = seq + {far} WHERE seq >= {first}",
        f"UPDATE history_event SET seq = seq - {far} + {by} WHERE seq >= {far}",
    )


def put_in(engine: Engine, seq: int) -> None:
    """Put a row in before row *seq*, with a hash that fits the row before it, and renumber the rest."""
    before, model = (event for event in rows(engine) if event.seq in (seq - 1, seq))
    move_up(engine, seq, 1)
    values = {column.name: getattr(model, column.name) for column in HistoryEvent.__table__.columns}
    made = HistoryEvent(**(values | {"reason": "补记"}))
    with as_owner(engine) as connection:
        values = values | {"reason": "补记", "hash": event_hash(before.hash, made)}
        connection.execute(insert(HistoryEvent.__table__), [values])
