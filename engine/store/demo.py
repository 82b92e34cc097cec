"""Finders that only the demonstration needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.store.instances import ProcessInstance
from engine.store.renewals import Renewal
from engine.store.tasks import OPEN_STATUSES, UserTask


@dataclass(frozen=True, slots=True)
class OfferedTask:
    """An open task and what a simulated colleague needs to know of it."""

    id: int
    form_id: str
    role: str
    assignee_no: str | None
    definition_set_id: int
    sub_branch_code: str | None
    premium: Decimal | None
    quote_mid: Decimal | None
    lines: str
    agent_no: str | None
    supervisor_no: str | None


def count_renewals(session: Session) -> int:
    """Return how many renewals there are."""
    return session.scalar(select(func.count()).select_from(Renewal)) or 0


def offered_tasks(session: Session, due_before: datetime) -> list[OfferedTask]:
    """Return the open tasks due before a moment, by id."""
    rows = session.execute(
        select(
            UserTask.id,
            UserTask.form_id,
            UserTask.role,
            UserTask.assignee_no,
            ProcessInstance.definition_set_id,
            Renewal.sub_branch_code,
            Renewal.premium,
            Renewal.quote_mid,
            Renewal.lines,
            Renewal.agent_no,
            Renewal.supervisor_no,
        )
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .where(UserTask.status.in_(OPEN_STATUSES), UserTask.due_at <= due_before)
        .order_by(UserTask.id)
    )
    return [OfferedTask(*row) for row in rows]
