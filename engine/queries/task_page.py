"""One user task with what a person needs beside its form; personal data is masked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import forms
from engine.bootstrap import Deployed
from engine.domain.actor import Actor
from engine.domain.check_digits import doubtful_numbers
from engine.domain.codes import Label
from engine.domain.masking import mask_phone
from engine.domain.numbers import trimmed
from engine.errors import NotFound
from engine.label import Thing
from engine.queries.diagram import DeployedOf, task_label
from engine.queries.drafts import Draft, drafts_shown
from engine.queries.file_state import FileState
from engine.queries.names import actor_names, people_told_apart, told_apart
from engine.queries.opened_forms import READ_RECORDS, file_asked, orphaned_of, tasks_in_reach
from engine.queries.prefill import facts_for_form
from engine.queries.present import Present, due_day, follow_up_day
from engine.queries.quotes import Quotes, quotes_shown
from engine.queries.renewal_page import LineFacts, line_facts
from engine.queries.scope import OPEN
from engine.queries.vehicles import shown_customer, shown_plate
from engine.store.renewals import Customer, Vehicle, lines_of
from engine.store.tasks import Submission, UserTask

SHOWN_RECORDS = 6
VOUCHING_FORMS = frozenset({"verify_application"})
"""Forms that say an application's numbers are right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answered question of a submitted form, in words."""

    label: Label
    value: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One form that somebody submitted for this renewal."""

    action_id: str
    title: Label
    who: str
    at: datetime
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPage:
    """A task, its form, its renewal in short, and what was recorded so far.

    ``stage`` is the renewal's present one, whatever it was when the task opened;
    ``may_do`` says whether the person may fill the form in now; ``holder`` who has claimed it. ``follow_up`` is the day
    to which it is put off; ``principal`` whose it is while a colleague does it; ``may_return`` whether the person may
    take it back or hand it back; ``file`` the state of the customer's file, where the form asks about that; ``doubts``
    the numbers that fail their check digit (masked), where the form vouches for them.
    """

    task_id: int
    version: int
    name: Label
    action_id: str
    role: str
    status: str
    stage: str
    is_open: bool
    may_do: bool
    is_mine: bool
    is_claimable: bool
    holder: str | None
    follow_up: date | None
    principal: str | None
    may_return: bool
    due_date: date | None
    late_days: int
    closed_by: str | None
    closed_at: datetime | None
    form: forms.Form
    prefill: Mapping[str, Any]
    draft: Draft | None
    other_drafts: tuple[Draft, ...]
    submitted: tuple[Answer, ...]
    renewal_id: int
    state: str
    plate: str | None
    make_model: str | None
    customer: str | None
    phone: str | None
    do_not_contact: bool
    no_sharing: bool
    phone_doubtful: bool
    expiry_date: date
    days_left: int
    is_key: bool
    is_orphan: bool
    is_recalled: bool
    owner: str | None
    owner_role: str | None
    quotes: Quotes
    file: FileState | None
    contacts: int
    failed_visits: int
    doubts: tuple[Label, ...]
    lines: tuple[LineFacts, ...]
    records: tuple[Record, ...]


def task_page(
    session: Session,
    actor: Actor,
    task_id: int,
    present: Present,
    *,
    deployed_of: DeployedOf,
    draft: int | None = None,
) -> TaskPage:
    """Return one task that *actor* may see; six statements, one more for an orphan policy.

    *draft* is the number of the person's draft to go on with, the last saved where there is none of this number.

    Raises:
        NotFound: the task does not exist or lies outside the scope; both look the same.
    """
    found = next(iter(tasks_in_reach(session, actor, [task_id])), None)
    if found is None:
        raise NotFound(what=Thing.TASK, key=task_id)
    task, renewal, vehicle, customer = found.task, found.renewal, found.vehicle, found.customer
    deployed = deployed_of(found.definition_set_id)
    form = deployed.forms[task.form_id]
    lines = lines_of(session, renewal.id)
    drafts = drafts_shown(session, task.id, actor.name)
    own = next((one for one in drafts if one.number == draft), drafts[0] if drafts else None)
    submitted = _submitted_rows(session, renewal.id)
    submissions = [row.Submission for row in submitted]
    actors = _named(session, task, submissions)
    people = people_told_apart(session, {renewal.owner_no, task.assignee_no})
    due = due_day(task.due_at, present.zone)
    quotes = quotes_shown(session, actor, renewal, present)
    file = file_asked(session, actor, task, renewal, form, present, deployed_of)
    is_open = task.status in OPEN
    holder = task.claimed_by
    overdue = is_open and task.due_at is not None and task.due_at <= present.now
    return TaskPage(
        task_id=task.id,
        version=task.version,
        name=task_label(task, deployed),
        action_id=task.action_id,
        role=task.role,
        status=task.status,
        stage=renewal.stage,
        is_open=is_open,
        may_do=is_open and found.is_doable and holder in (None, actor.name),
        is_mine=holder == actor.name,
        is_claimable=is_open and found.is_doable and holder is None and task.assignee_no is None,
        holder=actors.get(holder, holder) if holder else people.get(task.assignee_no or ""),
        follow_up=follow_up_day(task.follow_up_at, present) if is_open else None,
        principal=_principal(task, actors) if is_open else None,
        may_return=is_open and _may_return(task, actor),
        due_date=due,
        late_days=(present.today - due).days if overdue and due else 0,
        closed_by=actors.get(task.completed_by, task.completed_by) if task.completed_by else None,
        closed_at=task.completed_at,
        form=form,
        prefill=facts_for_form(
            renewal,
            vehicle,
            lines,
            submissions,
            actor,
            present,
            orphaned=orphaned_of(session, [renewal]).get(renewal.id),
            due_date=due,
            quotes=quotes,
            file=file,
            customer=customer,
        ),
        file=file,
        doubts=_doubts(task, vehicle, customer) if is_open else (),
        draft=own,
        other_drafts=tuple(one for one in drafts if one is not own),
        submitted=_submitted(form, task.id, submissions),
        renewal_id=renewal.id,
        state=renewal.state,
        plate=shown_plate(vehicle.plate),
        make_model=vehicle.make_model,
        customer=shown_customer(customer),
        phone=mask_phone(customer.phone) if customer and customer.phone else None,
        do_not_contact=bool(customer and customer.do_not_contact),
        no_sharing=bool(customer and customer.no_sharing),
        phone_doubtful=bool(customer and customer.phone_doubtful),
        expiry_date=renewal.expiry_date,
        days_left=(renewal.expiry_date - present.today).days,
        is_key=renewal.is_key,
        is_orphan=renewal.is_orphan,
        is_recalled=renewal.is_recalled,
        owner=people.get(renewal.owner_no or "", renewal.owner_no),
        owner_role=renewal.owner_role,
        quotes=quotes,
        contacts=renewal.contacts,
        failed_visits=renewal.failed_visits,
        lines=tuple(line_facts(line) for line in lines),
        records=tuple(_record(row, of, deployed, actors) for row, of in submitted[:SHOWN_RECORDS]),
    )


def _doubts(task: UserTask, vehicle: Vehicle, customer: Customer | None) -> tuple[Label, ...]:
    """What to look at twice before the numbers are vouched for (G-S3)."""
    if task.form_id not in VOUCHING_FORMS:
        return ()
    found = doubtful_numbers(customer.id_no if customer else None, vehicle.vin)
    return tuple(doubt.told for doubt in found)


def _named(session: Session, task: UserTask, submissions: Sequence[Submission]) -> Mapping[str, str]:
    """The names of everybody who had to do with the task or filled an earlier form in."""
    concerned = {task.claimed_by, task.completed_by, task.delegated_by, task.principal_no}
    return actor_names(session, concerned | {row.submitted_by for row in submissions[:SHOWN_RECORDS]})


def _record(row: Submission, of: UserTask | None, deployed: Deployed, actors: Mapping[str, str]) -> Record:
    form = deployed.forms.get(row.form_id)
    return Record(
        action_id=row.action_id,
        title=task_label(of, deployed) if of else _title(form, row.form_id),
        who=actors.get(row.submitted_by, row.submitted_by),
        at=row.submitted_at,
        answers=answers(form, row.values),
    )


def _submitted_rows(session: Session, renewal_id: int) -> Sequence[Any]:
    """The last submitted forms of a renewal with their tasks, newest first."""
    return session.execute(
        select(Submission, UserTask)
        .outerjoin(UserTask, UserTask.id == Submission.task_id)
        .where(Submission.instance_id == renewal_id)
        .order_by(Submission.submitted_at.desc(), Submission.id.desc())
        .limit(READ_RECORDS)
    ).all()


def _principal(task: UserTask, names: Mapping[str, str]) -> str | None:
    """Whose task it is while a colleague does it."""
    number = task.principal_no or task.delegated_by if task.delegated_by else None
    return told_apart(names.get(number, number), number) if number else None


def _may_return(task: UserTask, actor: Actor) -> bool:
    if task.delegated_by is None:
        return False
    return task.delegated_by == actor.name or bool({task.principal_no, task.assignee_no} & actor.numbers)


def _title(form: forms.Form | None, form_id: str) -> Label:
    return Label(form.title.zh, form.title.en) if form else Label(form_id, form_id)


def _submitted(form: forms.Form, task_id: int, submissions: Sequence[Submission]) -> tuple[Answer, ...]:
    found = next((row for row in submissions if row.task_id == task_id), None)
    return answers(form, found.values) if found else ()


def answers(form: forms.Form | None, values: Mapping[str, Any]) -> tuple[Answer, ...]:
    """Return the answered questions of *form* in words; personal fields are left out."""
    if form is None:
        return ()
    return tuple(
        Answer(label=Label(f.label.zh, f.label.en), value=in_words(f, values[f.key]))
        for f in form.fields
        if not f.personal and values.get(f.key) not in (None, "", [], False)
    )


def in_words(field: forms.Field, value: Any) -> Label:
    """Return a stored value of *field* as people say it: option labels, yes, plain text."""
    if isinstance(value, bool):
        return Label("是", "yes") if value else Label("否", "no")
    if isinstance(value, list):
        parts = [in_words(field, item) for item in value]
        return Label("、".join(p.zh for p in parts), ", ".join(p.en for p in parts))
    if field.kind is forms.FieldKind.DATETIME:
        value = str(value).replace("T", " ")[:16]
    if field.kind is forms.FieldKind.NUMBER and field.decimals and field.decimals > 2:
        value = trimmed(value)
    option = field.option(str(value))
    return Label(option.label.zh, option.label.en) if option else Label(str(value), str(value))
