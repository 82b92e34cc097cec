"""Puts jobs into the database's queue in the transaction of their cause (PostgreSQL; procrastinate carries them).

On SQLite nothing is queued: the one process looks at the state itself at its next tick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from procrastinate import App

QUEUE = "renewals"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be run soon: jobs with the same *lock* run one after another, one with *once* waits at most once."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    lock: str | None = None
    once: str | None = None


def enqueue(session: Session, jobs: Sequence[NewJob]) -> int:
    """Queue *jobs* on the session's own connection; returns how many were not waiting already."""
    from procrastinate.exceptions import AlreadyEnqueued

    queued = 0
    connection = session.connection().connection.driver_connection
    for job in jobs:
        deferrer = _app().configure_task(
            job.name, queue=QUEUE, lock=job.lock, queueing_lock=job.once, connection=connection
        )
        if job.once is None:
            deferrer.defer(**job.args)
            queued += 1
            continue
        nested = session.begin_nested()
        try:
            deferrer.defer(**job.args)
        except AlreadyEnqueued:
            nested.rollback()
        else:
            nested.commit()
            queued += 1
    return queued


@cache
def _app() -> App:
    """Return an app that is only used to queue, always on a connection it is handed."""
    from procrastinate import App, SyncPsycopgConnector

    return App(connector=SyncPsycopgConnector())
