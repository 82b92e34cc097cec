"""The tasks of a choice that a person could do now, for the pages that ask what to do with all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.queries.scope import OPEN, tasks_doable_by
from engine.store.renewals import Customer, Renewal, Vehicle
from engine.store.tasks import UserTask


def tasks_at_hand(
    session: Session, actor: Actor, task_ids: Sequence[int], *clauses: ColumnElement[bool]
) -> Sequence[Any]:
    """Return UserTask, Renewal, Vehicle and Customer (or None) of those of *task_ids* that *actor* may do.

    What a colleague has claimed is left out, and what *clauses* do not keep; by number, one statement.
    """
    return session.execute(
        select(UserTask, Renewal, Vehicle, Customer)
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(
            UserTask.id.in_(task_ids),
            UserTask.status.in_(OPEN),
            tasks_doable_by(actor),
            or_(UserTask.claimed_by.is_(None), UserTask.claimed_by == actor.name),
            *clauses,
        )
        .order_by(UserTask.id)
    ).all()
