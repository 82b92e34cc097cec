"""The organisation in force on a day, read once a process and kept until it is imported again."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.domain.directory import Directory
from engine.store.history import HistoryEvent
from engine.store.people import rows_in_force

CHANGED_BY = "org_imported"
KEPT_DAYS = 3
_CACHE = "organisations"


def cache() -> dict[str, Any]:
    """Return what a store gives its sessions, so that they share what was read."""
    return {_CACHE: {}}


def directory_on(session: Session, day: date) -> Directory:
    """Return the organisation in force on *day*.

    A nationwide insurer has some hundred thousand posts: they are read once for each day and import, which
    one indexed look-up tells apart.
    """
    found: dict[tuple[date, int], Directory] = session.info.setdefault(_CACHE, {})
    newest = select(func.max(HistoryEvent.seq)).where(HistoryEvent.action == CHANGED_BY)
    key = (day, session.scalar(newest) or 0)
    if key not in found:
        for old in list(found)[: max(0, len(found) - KEPT_DAYS + 1)]:
            found.pop(old, None)
        found[key] = Directory.build(day, *rows_in_force(session, day))
    return found[key]
