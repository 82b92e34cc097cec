"""What the ticker asks, and how it puts jobs into the queue."""

from __future__ import annotations

from datetime import datetime

from engine.bootstrap import Engine
from engine.store import instances, outbox


def count_due(engine: Engine, now: datetime, *, limit: int) -> int:
    """Return how many instances the sweep would find, at most *limit*."""
    with engine.store.reading() as session:
        return instances.count_due(session, now, limit=limit)


def has_messages_due(engine: Engine, now: datetime) -> bool:
    """Whether a message's time has come, or a sender left one behind."""
    with engine.store.reading() as session:
        return outbox.has_to_send(session, now)


def put_job(engine: Engine, name: str, *, once: str, lock: str | None = None) -> None:
    """Queue a job unless one with the mark *once* waits already."""
    with engine.store.transaction() as tx:
        tx.enqueue(name, lock=lock, once=once)
