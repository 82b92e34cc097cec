"""User tasks, drafts and the submitted forms that are their evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base, Code, PrimaryKey, Short


class UserTask(Base):
    """One BPMN user task offered to a person or a role; the inbox is a query over these.

    ``assignee_no`` is the employee number it goes to (None: any holder of ``role`` in ``unit_code``);
    ``version`` rises with every change and guards a form opened earlier.
    """

    __tablename__ = "user_task"
    __table_args__ = (
        Index(None, "assignee_no", "status", "due_at"),
        Index(None, "role", "unit_code", "status", "due_at"),
        Index(None, "instance_id", "status"),
        Index(None, "status", "due_at"),
    )

    id: Mapped[PrimaryKey]
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    spiff_task_id: Mapped[Code]
    element_id: Mapped[Code]
    action_id: Mapped[Code]
    name: Mapped[Short]
    form_id: Mapped[Code]
    role: Mapped[Code]
    unit_code: Mapped[Code | None]
    assignee_no: Mapped[Code | None]
    status: Mapped[Code]
    priority: Mapped[int]
    stage: Mapped[Code]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    claimed_by: Mapped[Code | None]
    claimed_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    completed_by: Mapped[Code | None]
    version: Mapped[int] = mapped_column(default=1)


class TaskDraft(Base):
    """What a person typed and did not (or could not) submit; one per person and task."""

    __tablename__ = "task_draft"
    __table_args__ = (UniqueConstraint("task_id", "user_name"),)

    id: Mapped[PrimaryKey]
    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"))
    user_name: Mapped[Code]
    values: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]


class Submission(Base):
    """A form as it was submitted: the evidence of an action; never changed."""

    __tablename__ = "submission"
    __table_args__ = (Index(None, "instance_id", "form_id"),)

    id: Mapped[PrimaryKey]
    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"), unique=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    form_id: Mapped[Code]
    action_id: Mapped[Code]
    values: Mapped[dict[str, Any]]
    submitted_at: Mapped[datetime]
    submitted_by: Mapped[Code]
