"""The organisation in force on a day, read once a process and kept until it is imported again."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.orm import Session

from engine.domain.directory import Directory
from engine.store.history import HistoryEvent
from engine.store.people import rows_in_force

CHANGED_BY = ("org_imported", "post_ended", "post_restored")
"""What makes another organisation of the same day."""
SETTLED = "people_settled"
KEPT_DAYS = 3
_CACHE, _REVISION = "organisations", "organisation's revision"
_NEWEST = 5
"""So many of each kind are looked at: a clock that was set right a little may have put them in another order."""


def _newest(action: str) -> Select[int]:
    """The numbers of the newest events of an action; by its index, however many there are by now."""
    found = select(HistoryEvent.seq).where(HistoryEvent.action == action)
    newest = found.order_by(HistoryEvent.at.desc()).limit(_NEWEST).subquery()
    return select(newest.c.seq)


_CHANGES = union_all(*(_newest(action) for action in CHANGED_BY)).subquery()
LAST_IMPORT = select(func.max(_CHANGES.c.seq))


def cache() -> dict[str, Any]:
    """Return what a store gives its sessions, so that they share what was read."""
    return {_CACHE: {}}


def directory_on(session: Session, day: date) -> Directory:
    """Return the organisation in force on *day*.

    A nationwide insurer has some hundred thousand posts: they are read once for each day and import, which
    one indexed look-up tells apart.
    """
    found: dict[tuple[date, int], Directory] = session.info.setdefault(_CACHE, {})
    key = (day, revision(session))
    if key not in found:
        for old in list(found)[: max(0, len(found) - KEPT_DAYS + 1)]:
            found.pop(old, None)
        found[key] = Directory.build(day, *rows_in_force(session, day))
    return found[key]


def revision(session: Session) -> int:
    """Return the number of the organisation's last import in the history; 0 before the first.

    A session asks once: what it began with is what it ends with.
    """
    if _REVISION not in session.info:
        remember_revision(session, session.scalar(LAST_IMPORT))
    found: int = session.info[_REVISION]
    return found


def remember_revision(session: Session, newest: int | None) -> None:
    """Keep what another statement of *session* read as :data:`LAST_IMPORT`, unless it asked before."""
    session.info.setdefault(_REVISION, newest or 0)


def settled(session: Session) -> str | None:
    """Return the mark of the last :func:`state` for which renewals were handed over."""
    newest = select(HistoryEvent.subject).where(HistoryEvent.action == SETTLED)
    return session.scalar(newest.order_by(HistoryEvent.at.desc(), HistoryEvent.seq.desc()).limit(1))


def state(session: Session, day: date) -> str | None:
    """Return what tells the organisation of *day* from any other; None while there is none."""
    newest = revision(session)
    return f"{day.isoformat()}:{newest}" if newest else None
