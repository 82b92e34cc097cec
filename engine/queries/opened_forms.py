"""What the forms of tasks open with, read for all of them at once; personal data is masked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import forms
from engine.domain.actor import Actor
from engine.domain.codes import MessageName
from engine.queries.diagram import DeployedOf
from engine.queries.file_state import FileState, file_state
from engine.queries.prefill import (
    FROM_FILE,
    FROM_LINES,
    FROM_QUOTES,
    UNWRITTEN,
    Orphaned,
    facts_for_form,
)
from engine.queries.present import Present, due_day
from engine.queries.quotes import quotes_told
from engine.queries.scope import OPEN, renewals_visible_to, tasks_doable_by
from engine.store.history import HistoryEvent
from engine.store.instances import ProcessInstance
from engine.store.quotes import Quote, current_quotes
from engine.store.renewals import Customer, Renewal, Vehicle, lines_of_renewals
from engine.store.tasks import Submission, UserTask

READ_RECORDS = 60
"""Earlier forms of a renewal that are looked into, the newest of them."""


@dataclass(frozen=True, slots=True)
class TaskInReach:
    """A task with what it is about, and whether the person may work on it."""

    task: UserTask
    renewal: Renewal
    vehicle: Vehicle
    customer: Customer | None
    definition_set_id: int
    is_doable: bool


def opened_forms(
    session: Session, actor: Actor, task_ids: Collection[int], present: Present, *, deployed_of: DeployedOf
) -> dict[int, dict[str, Any]]:
    """Return what the form of each task opens with, by task; a task out of reach is left out.

    Reads only what the forms ask about, one statement a table however many tasks there are; the state of a
    customer's file alone is read task by task.
    """
    found = tasks_in_reach(session, actor, task_ids)
    form_of = {one.task.id: deployed_of(one.definition_set_id).forms[one.task.form_id] for one in found}

    def renewals_where(is_asked: Callable[[frozenset[str]], object]) -> set[int]:
        return {one.renewal.id for one in found if is_asked(_asked(form_of[one.task.id]))}

    lines = lines_of_renewals(session, renewals_where(lambda asked: asked & FROM_LINES))
    written = _written(session, renewals_where(lambda asked: asked - UNWRITTEN))
    quotes = _quotes_in_force(session, renewals_where(lambda asked: asked & FROM_QUOTES))
    orphaned = orphaned_of(session, [one.renewal for one in found])
    opened = {}
    for one in found:
        form, renewal = form_of[one.task.id], one.renewal
        held = quotes.get(renewal.id)
        facts = facts_for_form(
            renewal,
            one.vehicle,
            lines.get(renewal.id, ()),
            written.get(renewal.id, ()),
            actor,
            present,
            orphaned=orphaned.get(renewal.id),
            due_date=due_day(one.task.due_at, present.zone),
            quotes=quotes_told(actor, renewal, held, present) if held else None,
            file=file_asked(session, actor, one.task, renewal, form, present, deployed_of),
            customer=one.customer,
        )
        opened[one.task.id] = forms.prefill(form, facts)
    return opened


def _asked(form: forms.Form) -> frozenset[str]:
    """The groups of facts that a form opens with something of."""
    return frozenset(field.prefill.partition(".")[0] for field in form.fields if field.prefill)


def tasks_in_reach(session: Session, actor: Actor, task_ids: Collection[int]) -> list[TaskInReach]:
    """Return those of the tasks that *actor* may see, do or has completed, with all they are about."""
    doable = tasks_doable_by(actor)
    rows = session.execute(
        select(UserTask, Renewal, Vehicle, Customer, ProcessInstance.definition_set_id, doable)
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(
            UserTask.id.in_(task_ids),
            renewals_visible_to(actor) | doable | (UserTask.completed_by == actor.name),
        )
    )
    return [TaskInReach(*row[:5], is_doable=bool(row[5])) for row in rows]


def file_asked(
    session: Session,
    actor: Actor,
    task: UserTask,
    renewal: Renewal,
    form: forms.Form,
    present: Present,
    deployed_of: DeployedOf,
) -> FileState | None:
    """Return the state of the customer's file, if the form of an open task asks about it."""
    if task.status not in OPEN or not _asked(form) & FROM_FILE:
        return None
    return file_state(session, actor, renewal, present, deployed_of=deployed_of)


def _quotes_in_force(session: Session, renewal_ids: Collection[int]) -> dict[int, list[Quote]]:
    """The newest forecast and actual quote of each renewal that has one."""
    found: dict[int, list[Quote]] = {}
    for quote in current_quotes(session, renewal_ids).values() if renewal_ids else ():
        found.setdefault(quote.renewal_id, []).append(quote)
    return found


def _written(session: Session, renewal_ids: Collection[int]) -> dict[int, list[Submission]]:
    """The last submitted forms of each renewal, newest first."""
    if not renewal_ids:
        return {}
    newest_first = (Submission.submitted_at.desc(), Submission.id.desc())
    rank = func.row_number().over(partition_by=Submission.instance_id, order_by=newest_first)
    ranked = (
        select(Submission.id, rank.label("rank")).where(Submission.instance_id.in_(renewal_ids)).subquery()
    )
    rows = session.scalars(
        select(Submission)
        .join(ranked, ranked.c.id == Submission.id)
        .where(ranked.c.rank <= READ_RECORDS)
        .order_by(*newest_first)
    )
    found: dict[int, list[Submission]] = {}
    for row in rows:
        found.setdefault(row.instance_id, []).append(row)
    return found


def orphaned_of(session: Session, renewals: Collection[Renewal]) -> dict[int, Orphaned]:
    """Return when and how each orphan policy last lost its agent; one that never had a serving agent is left out."""
    orphans = [row.id for row in renewals if row.is_orphan]
    if not orphans:
        return {}
    changes = session.scalars(
        select(HistoryEvent)
        .where(HistoryEvent.instance_id.in_(orphans), HistoryEvent.action == "responsible_changed")
        .order_by(HistoryEvent.seq)
    )
    return {
        row.instance_id or 0: Orphaned(
            since=row.at,
            former_agent_no=row.payload["from"],
            by_leaving=(row.reason or "").startswith(MessageName.AGENT_LEFT),
        )
        for row in changes
        if _lost_agent(row.payload)
    }


def _lost_agent(change: Mapping[str, Any]) -> bool:
    return change.get("field") == "agent_no" and bool(change.get("from")) and not change.get("to")
