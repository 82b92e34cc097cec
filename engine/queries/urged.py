"""Tasks that were to be urged, as the page that says what became of each shows them, whatever became of them since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.queries.present import Present, due_day
from engine.queries.scope import renewals_visible_to
from engine.queries.vehicles import shown_customer, shown_plate
from engine.store.renewals import Customer, Renewal, Vehicle
from engine.store.tasks import UserTask


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgedLine:
    """One task, masked; ``due_date`` is the last day to do it."""

    task_id: int
    renewal_id: int
    name: str
    action_id: str
    plate: str | None
    customer: str | None
    due_date: date | None


def urged_lines(
    session: Session, actor: Actor, task_ids: Sequence[int], present: Present
) -> dict[int, UrgedLine]:
    """Return those of *task_ids* whose renewals lie in *actor*'s scope, by number; one statement."""
    if not task_ids:
        return {}
    found = session.execute(
        select(UserTask, Vehicle, Customer)
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(UserTask.id.in_(task_ids), renewals_visible_to(actor))
    )
    return {
        row.UserTask.id: UrgedLine(
            task_id=row.UserTask.id,
            renewal_id=row.UserTask.instance_id,
            name=row.UserTask.name,
            action_id=row.UserTask.action_id,
            plate=shown_plate(row.Vehicle.plate),
            customer=shown_customer(row.Customer),
            due_date=due_day(row.UserTask.due_at, present.zone),
        )
        for row in found
    }
