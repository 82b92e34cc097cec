"""User tasks, drafts and the submitted forms that are their evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    Select,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    exists,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.domain.codes import TaskStatus
from engine.errors import NotFound
from engine.label import Label, Thing
from engine.store import organisation
from engine.store.base import Base, Code, PrimaryKey, Short, among
from engine.store.history import HistoryEvent
from engine.store.instances import Incident, ProcessInstance
from engine.store.personal import JSON, Personal, SealedBytes
from engine.store.renewals import Answerable, Renewal

_HANDED_ON = text("delegated_by IS NOT NULL")
_OF_PRINCIPAL = text("principal_no IS NOT NULL")


class UserTask(Base):
    """One BPMN user task offered to a person or a role; the inbox is a query over these.

    ``assignee_no`` is the employee number it goes to (None: any holder of ``role`` in ``unit_code``);
    ``version`` rises with every change and guards a form opened earlier. ``follow_up_at`` is the beginning of the day
    to which it was put off. While a colleague does it, ``delegated_by`` is the sign-in name of who handed it on and
    ``principal_no`` whose it was before (None: it came from the role's queue).
    """

    __tablename__ = "user_task"
    __table_args__ = (
        Index(None, "assignee_no", "status", "due_at"),
        Index(None, "claimed_by", "status", "due_at"),
        Index(None, "role", "unit_code", "status", "due_at"),
        Index(None, "instance_id", "status"),
        Index(None, "status", "due_at"),
        # Few tasks are ever handed on: the indexes hold those alone.
        Index(None, "delegated_by", postgresql_where=_HANDED_ON, sqlite_where=_HANDED_ON),
        Index(None, "principal_no", postgresql_where=_OF_PRINCIPAL, sqlite_where=_OF_PRINCIPAL),
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
    follow_up_at: Mapped[datetime | None]
    delegated_by: Mapped[Code | None]
    principal_no: Mapped[Code | None]
    version: Mapped[int] = mapped_column(default=1)


class TaskDraft(Base):
    """What a person typed and did not (or could not) submit.

    One per person and task, or more where the person has it open on several pages: each page keeps to the draft of
    its *number*, and *version*, which rises with every save, tells it that another page has saved there meanwhile.
    """

    __tablename__ = "task_draft"
    __table_args__ = (UniqueConstraint("task_id", "user_name", "number"),)

    id: Mapped[PrimaryKey]
    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"))
    user_name: Mapped[Code]
    number: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    values_sealed: Mapped[SealedBytes]
    saved_at: Mapped[datetime]

    values = Personal[dict[str, Any]](JSON, key=("task_id", "user_name"))


class Submission(Base):
    """A form as it was submitted: the evidence of an action; never changed.

    The history holds a hash over ``salt`` and ``values`` (engine/domain/commitment.py). ``price_gap`` is how far the
    competitor's price on it lay off ours, ``price_gap_to`` off which of ours (engine/domain/price_gap.py).
    """

    __tablename__ = "submission"
    __table_args__ = (Index(None, "instance_id", "form_id"),)

    id: Mapped[PrimaryKey]
    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"), unique=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    form_id: Mapped[Code]
    action_id: Mapped[Code]
    values_sealed: Mapped[SealedBytes]
    salt: Mapped[Code | None]
    submitted_at: Mapped[datetime]
    submitted_by: Mapped[Code]
    price_gap: Mapped[Decimal | None]
    price_gap_to: Mapped[Code | None]

    values = Personal[dict[str, Any]](JSON, key=("task_id",))


CHOSEN_AT_ONCE = 5_000
MOST_DRAFTS = 5
"""So many drafts of one task a person may have; more pages are open by mistake."""
OPEN_STATUSES = (TaskStatus.OPEN, TaskStatus.CLAIMED)
# Statements of the hot path are built once: composing one costs as much as running it.
_OPEN_TASKS = (
    select(UserTask)
    .where(UserTask.instance_id == bindparam("instance"), UserTask.status.in_(OPEN_STATUSES))
    .order_by(UserTask.id)
)
# The same with what else a person's act asks for, in one round trip.
_OPEN_TASKS_ASIDE = _OPEN_TASKS.add_columns(
    exists().where(Incident.instance_id == bindparam("instance"), Incident.status == "open"),
    organisation.LAST_IMPORT.scalar_subquery(),
)
# Both rows are locked: a row that is only joined would be read as it was before the wait for the lock.
_LOCKED = (
    select(ProcessInstance, Renewal)
    .join(Renewal, Renewal.id == ProcessInstance.id)
    .with_for_update(of=(ProcessInstance, Renewal))
    .execution_options(populate_existing=True)
)
_STEP = _LOCKED.where(ProcessInstance.id == bindparam("key"))
_STEP_OF_TASK = _LOCKED.join(UserTask, UserTask.instance_id == ProcessInstance.id).where(
    UserTask.id == bindparam("key")
)
_DROP_DRAFT = delete(TaskDraft).where(
    TaskDraft.task_id == bindparam("task"), TaskDraft.user_name == bindparam("user")
)


def lock_task(session: Session, task_id: int) -> UserTask:
    """Return one task, its row locked until the transaction ends.

    Raises:
        NotFound: no such task.
    """
    row = session.get(UserTask, task_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(what=Thing.TASK, key=task_id)
    return row


def lock_step(session: Session, instance_id: int) -> tuple[ProcessInstance, Renewal]:
    """Return an instance and its renewal, their rows locked until the transaction ends.

    Raises:
        NotFound: no such instance.
    """
    return _locked(session, _STEP, instance_id, Thing.INSTANCE)


def lock_step_of_task(session: Session, task_id: int) -> tuple[ProcessInstance, Renewal]:
    """Return what :func:`lock_step` does for the instance of a task; the task itself is not read.

    Raises:
        NotFound: no such task.
    """
    return _locked(session, _STEP_OF_TASK, task_id, Thing.TASK)


def _locked(
    session: Session, step: Select[ProcessInstance, Renewal], key: int, what: Label
) -> tuple[ProcessInstance, Renewal]:
    row = session.execute(step, {"key": key}).one_or_none()
    if row is None:
        raise NotFound(what=what, key=key)
    return row[0], row[1]


def open_tasks(session: Session, instance_id: int) -> Sequence[UserTask]:
    """Return the open or claimed tasks of an instance."""
    return session.scalars(_OPEN_TASKS, {"instance": instance_id}).all()


def open_tasks_of_step(session: Session, instance_id: int) -> tuple[list[UserTask], bool]:
    """Return the open or claimed tasks of a locked instance, and whether it may have an open incident.

    The session learns the organisation's revision by the way.
    """
    found = session.execute(_OPEN_TASKS_ASIDE, {"instance": instance_id}).all()
    if not found:
        return [], True
    _, has_incident, revision = found[0]
    organisation.remember_revision(session, revision)
    return [row[0] for row in found], has_incident


def open_tasks_of(session: Session, instance_ids: Collection[int]) -> Sequence[UserTask]:
    """Return the open or claimed tasks of many instances."""
    return session.scalars(
        select(UserTask)
        .where(UserTask.instance_id.in_(instance_ids), UserTask.status.in_(OPEN_STATUSES))
        .order_by(UserTask.id)
    ).all()


@dataclass(frozen=True, slots=True)
class ChosenTask:
    """What a choice of many tasks is judged by; the columns of :class:`UserTask` of the same names."""

    id: int
    instance_id: int
    version: int
    form_id: str
    action_id: str
    role: str
    status: str
    assignee_no: str | None
    claimed_by: str | None
    delegated_by: str | None
    principal_no: str | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """A task, whose renewal it is about, the customer of that, and the version its process is pinned to."""

    task: ChosenTask
    renewal: Answerable
    customer_id: int | None
    definition_set_id: int


_CHOSEN_TASK = tuple(getattr(UserTask, one.name) for one in fields(ChosenTask))
_ANSWERABLE = tuple(getattr(Renewal, one.name) for one in fields(Answerable))
_CHOSEN = (
    select(*_CHOSEN_TASK, *_ANSWERABLE, Renewal.customer_id, ProcessInstance.definition_set_id)
    .join(Renewal, Renewal.id == UserTask.instance_id)
    .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
)


def chosen_tasks(session: Session, task_ids: Sequence[int]) -> dict[int, Chosen]:
    """Return these tasks with what a choice is judged by, by number; those that do not exist are missing."""
    found: dict[int, Chosen] = {}
    middle = len(_CHOSEN_TASK)
    for first in range(0, len(task_ids), CHOSEN_AT_ONCE):
        part = task_ids[first : first + CHOSEN_AT_ONCE]
        # Plain columns: thousands of mapped rows cost more than all that is asked of them.
        for row in session.execute(_CHOSEN.where(among(session, UserTask.id, part))):
            task = ChosenTask(*row[:middle])
            found[task.id] = Chosen(task, Answerable(*row[middle:-2]), *row[-2:])
    return found


def drafts_of(session: Session, task_id: int, user_name: str) -> Sequence[TaskDraft]:
    """Return what *user_name* typed for a task and did not submit, the last saved first."""
    query = select(TaskDraft).where(TaskDraft.task_id == task_id, TaskDraft.user_name == user_name)
    return session.scalars(query.order_by(TaskDraft.saved_at.desc(), TaskDraft.number.desc())).all()


def delegated_to(session: Session, instance_id: int, numbers: Collection[str]) -> bool:
    """Whether an open task of an instance was handed to one of these people."""
    query = select(UserTask.id).where(
        UserTask.instance_id == instance_id,
        UserTask.status.in_(OPEN_STATUSES),
        UserTask.delegated_by.is_not(None),
        UserTask.assignee_no.in_(numbers),
    )
    return session.scalar(query.limit(1)) is not None


def open_delegations(session: Session) -> Sequence[UserTask]:
    """Return the open tasks that somebody handed on, their rows locked."""
    query = select(UserTask).where(UserTask.delegated_by.is_not(None), UserTask.status.in_(OPEN_STATUSES))
    return session.scalars(query.order_by(UserTask.id).with_for_update()).all()


def has_draft(session: Session, task_id: int) -> bool:
    """Whether anybody has typed something for a task."""
    return session.scalar(select(TaskDraft.id).where(TaskDraft.task_id == task_id).limit(1)) is not None


@dataclass(frozen=True, slots=True)
class DraftMark:
    """Which draft a page has open and as of which save; version 0 is a page that opened without one."""

    number: int
    version: int


def keep_draft(
    session: Session,
    task_id: int,
    user_name: str,
    values: Mapping[str, Any],
    at: datetime,
    seen: DraftMark | None = None,
) -> TaskDraft | None:
    """Store *values* as the person's draft of the task; the task is locked. Returns it, None where there are too many.

    It replaces the draft the page has *seen*, or the last one where that is not told. Where another page saved there
    meanwhile, it becomes a draft of its own beside that one, unless the same words are kept already.
    """
    drafts = drafts_of(session, task_id, user_name)
    own = _own_draft(drafts, seen)
    if own is None:
        same = next((draft for draft in drafts if draft.values == dict(values)), None)
        if same is not None or len(drafts) >= MOST_DRAFTS:
            return same
        number = max((draft.number for draft in drafts), default=-1) + 1
        own = TaskDraft(task_id=task_id, user_name=user_name, number=number, version=0)
        own.values = dict(values)
        session.add(own)
    own.values, own.saved_at, own.version = dict(values), at, own.version + 1
    return own


def _own_draft(drafts: Sequence[TaskDraft], seen: DraftMark | None) -> TaskDraft | None:
    if seen is None:
        return drafts[0] if drafts else None
    return next((one for one in drafts if (one.number, one.version) == (seen.number, seen.version)), None)


def drop_drafts(session: Session, task_id: int, user_name: str) -> None:
    """Forget the person's drafts after a successful submission."""
    session.connection().execute(_DROP_DRAFT, {"task": task_id, "user": user_name})


def submissions_of(session: Session, instance_id: int, form_ids: Sequence[str]) -> Sequence[Submission]:
    """Return the submitted forms of an instance, newest first."""
    return session.scalars(
        select(Submission)
        .where(Submission.instance_id == instance_id, Submission.form_id.in_(form_ids))
        .order_by(Submission.id.desc())
    ).all()


def forms_given(session: Session, task_ids: Collection[int]) -> Sequence[Submission]:
    """Return the forms that were submitted for these tasks."""
    return session.scalars(select(Submission).where(Submission.task_id.in_(task_ids))).all()


def form_without_event(session: Session, action: str) -> int | None:
    """Return the task of a form for which the history has no event of this *action*; None when each has one."""
    told = and_(HistoryEvent.action == action, HistoryEvent.task_id == Submission.task_id)
    untold = select(Submission.task_id).outerjoin(HistoryEvent, told).where(HistoryEvent.seq.is_(None))
    return session.scalar(untold.order_by(Submission.task_id).limit(1))
