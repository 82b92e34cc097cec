"""Which unit a book of units opens with: the own one, else those that the person serves, most work first."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.directory import Directory
from engine.domain.reach import own_workplace, served_workplaces
from engine.queries.scope import renewals_naming
from engine.store.renewals import Renewal


def units_to_open_with(
    session: Session, actor: Actor, directory: Directory, last_seen: str | None
) -> list[str]:
    """Return the codes of units by which a book may open for *actor*, the best first.

    The own unit and its workplace; the one looked at last if he serves it by liaison; the workplaces he serves;
    any looked at last.
    """
    served = _served(session, actor, directory)
    is_served = last_seen is not None and directory.nearest(last_seen, "workplace") in served
    own = (actor.unit_code, own_workplace(actor, directory))
    return [code for code in (*own, last_seen if is_served else None, *served, last_seen) if code]


def _served(session: Session, actor: Actor, directory: Directory) -> list[str]:
    """The workplaces *actor* serves, those with most open renewals naming him first."""
    served = served_workplaces(actor, directory)
    if len(served) < 2:
        return list(served)
    rows = session.execute(
        select(Renewal.workplace_code, func.count().label("n"))
        .where(renewals_naming(actor), Renewal.ended_at.is_(None), Renewal.workplace_code.in_(sorted(served)))
        .group_by(Renewal.workplace_code)
    )
    counts = {row.workplace_code: int(row.n) for row in rows}
    return sorted(served, key=lambda code: (-counts.get(code, 0), code))
