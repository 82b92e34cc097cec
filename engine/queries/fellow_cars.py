"""Cars of one customer among the rows of a page: several of them are one call and one visit (domain.md §7 case 24)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from engine.domain.actor import Actor
from engine.queries.scope import renewals_visible_to
from engine.store.renewals import Renewal


@dataclass(frozen=True, slots=True)
class FellowCars:
    """How many cars with open renewals one customer has in the viewer's scope; more than one."""

    customer_id: int
    cars: int


def fellow_cars(session: Session, actor: Actor, renewal_ids: Collection[int]) -> Mapping[int, FellowCars]:
    """Return by renewal what else its customer has, where that is more than this car; one statement."""
    if not renewal_ids:
        return {}
    shown = aliased(Renewal)
    query = (
        select(shown.id, shown.customer_id, func.count(Renewal.vehicle_id.distinct()).label("cars"))
        .join(Renewal, Renewal.customer_id == shown.customer_id)
        .where(shown.id.in_(renewal_ids), Renewal.ended_at.is_(None), renewals_visible_to(actor))
        .group_by(shown.id, shown.customer_id)
        .having(func.count(Renewal.vehicle_id.distinct()) > 1)
    )
    return {row.id: FellowCars(int(row.customer_id), row.cars) for row in session.execute(query)}
