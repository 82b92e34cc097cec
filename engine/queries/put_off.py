"""Tasks that a person chose to put off together, for the page that asks until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.queries.at_hand import tasks_at_hand
from engine.queries.present import Present, due_day, follow_up_day
from engine.queries.vehicles import shown_customer, shown_plate
from engine.store.tasks import UserTask


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOffLine:
    """One task as the list shows it, masked; ``last_day`` is the last on which it is in time and the cover runs.

    What ``is_late`` is put off for the record: it stays among what is to be done today.
    """

    task_id: int
    name: str
    action_id: str
    plate: str | None
    customer: str | None
    due_date: date | None
    last_day: date
    follow_up: date | None
    is_late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOffPage:
    """Tasks that may be put off together; ``left_out`` are not the person's, or nobody has them yet."""

    rows: tuple[PutOffLine, ...]
    left_out: int


def put_off_page(session: Session, actor: Actor, task_ids: Sequence[int], present: Present) -> PutOffPage:
    """Return those of *task_ids* that *actor* may put off, the earliest last day first; one statement."""
    is_held = or_(UserTask.claimed_by.is_not(None), UserTask.assignee_no.is_not(None))
    found = tasks_at_hand(session, actor, task_ids, is_held)
    lines = sorted((_line(row, present) for row in found), key=lambda line: (line.last_day, line.task_id))
    return PutOffPage(rows=tuple(lines), left_out=len(set(task_ids)) - len(found))


def _line(row: Any, present: Present) -> PutOffLine:
    task: UserTask = row.UserTask
    due, expiry = due_day(task.due_at, present.zone), row.Renewal.expiry_date
    return PutOffLine(
        task_id=task.id,
        name=task.name,
        action_id=task.action_id,
        plate=shown_plate(row.Vehicle.plate),
        customer=shown_customer(row.Customer),
        due_date=due,
        last_day=min(due, expiry) if due else expiry,
        follow_up=follow_up_day(task.follow_up_at, present),
        is_late=task.due_at is not None and task.due_at <= present.now,
    )
