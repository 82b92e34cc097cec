"""The kept filters that a person may use: the own ones, and those shared in the own unit or one above it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.store.organisation import directory_on
from engine.store.saved_views import views_for


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewLine:
    """One kept filter; ``query`` are the parameters of the inbox address."""

    id: int
    name: str
    query: Mapping[str, str]
    is_own: bool
    is_shared: bool


def saved_views(session: Session, actor: Actor, day: date) -> tuple[ViewLine, ...]:
    """Return the views *actor* may use on *day*, by name; two statements."""
    units = {unit.code for unit in directory_on(session, day).ancestors(actor.unit_code)}
    return tuple(
        ViewLine(
            id=view.id,
            name=view.name,
            query=view.query,
            is_own=view.owner == actor.name,
            is_shared=view.unit_code is not None,
        )
        for view in views_for(session, actor.name, units)
    )
