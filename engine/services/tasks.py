"""Claim, release and complete user tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import forms
from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import Role, TaskStatus
from engine.domain.commitment import commit_to, make_salt
from engine.domain.contacts import DO_NOT_CONTACT, outcome_of
from engine.domain.storable import require_storable
from engine.errors import (
    Conflict,
    EngineError,
    Forbidden,
    InvalidForm,
    NotFound,
    StepFailed,
    TaskAlreadyClosed,
    TaskChanged,
    TaskHandedOn,
    TaskTaken,
    defect,
)
from engine.label import Label, Thing, joined
from engine.services import incidents, provisional, task_events
from engine.services.access import sees
from engine.services.aftermath import follow_up
from engine.services.consents import FORM_ANSWER, absorb_consent
from engine.services.context import StepScope
from engine.services.evidence import absorb
from engine.services.instances import load_scope_of_task
from engine.services.named_people import numbers_as_stored, people_problems
from engine.services.passing import run_task
from engine.services.price_gap import gap_told
from engine.services.sense import sense_problems
from engine.services.silence import keep_silence
from engine.services.steps import Cause
from engine.services.timers import fire_instance
from engine.store.instances import ProcessInstance
from engine.store.organisation import directory_on
from engine.store.people import user_by_name
from engine.store.renewals import Answerable, Renewal
from engine.store.session import Tx
from engine.store.tasks import (
    ChosenTask,
    DraftMark,
    Submission,
    UserTask,
    drop_drafts,
    keep_draft,
    lock_task,
)

THE_SYSTEM = Label("系统", "the system")


@dataclass(frozen=True, slots=True)
class TaskCompleted:
    """A task that was completed and the tasks its completion opened."""

    task_id: int
    opened: tuple[int, ...]


def may_do(actor: Actor, task: UserTask | ChosenTask, renewal: Renewal | Answerable) -> bool:
    """Whether *actor* may work on the task: it is theirs, or their role's and the renewal in their scope.

    What nobody is named for falls to the channel department too (domain.md §7 case 16). The same rule as
    ``engine.queries.scope.tasks_doable_by``, for one task in hand.
    """
    if task.assignee_no is not None:
        return task.assignee_no in actor.numbers
    return bool(actor.roles & {Role(task.role), Role.CHANNEL}) and sees(actor, renewal)


def claim_task(engine: Engine, task_id: int, *, actor: Actor) -> None:
    """Take a task for oneself.

    Raises:
        NotFound, Forbidden: the task is not for this person.
        TaskTaken, TaskAlreadyClosed: somebody was faster.
    """
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        task = own_task(engine, tx, task_id, actor)
        if task.status == TaskStatus.CLAIMED and task.claimed_by != actor.name:
            raise TaskTaken(name=name_of_task(engine, tx, task), actor=_display(tx, task.claimed_by))
        refuse_closed(engine, tx, task)
        if task.status == TaskStatus.OPEN:
            task.status, task.claimed_by, task.claimed_at = str(TaskStatus.CLAIMED), actor.name, now
            task.version += 1
            task_events.record("task_claimed", tx, task, actor=actor, at=now)


def release_task(engine: Engine, task_id: int, *, actor: Actor) -> None:
    """Give a claimed task back to whom it was offered."""
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        task = own_task(engine, tx, task_id, actor)
        refuse_unheld(engine, tx, task, actor)
        if task.status == TaskStatus.CLAIMED:
            task.status, task.claimed_by, task.claimed_at = str(TaskStatus.OPEN), None, None
            task.follow_up_at = None
            task.version += 1
            task_events.record("task_released", tx, task, actor=actor, at=now)


Around = Callable[[StepScope], AbstractContextManager[None]]
"""What is done in the completion's transaction before and after it."""


def _nothing(_scope: StepScope) -> AbstractContextManager[None]:
    return nullcontext()


def complete_task(
    engine: Engine,
    task_id: int,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    version: int | None = None,
    draft: DraftMark | None = None,
    around: Around = _nothing,
) -> TaskCompleted:
    """Close a user task with its form's values and run the instance to its next waits.

    Timers due by now are fired first, so that a late person cannot overtake a stage that has ended.
    *around* belongs to the same transaction; it ends when everything is written. *draft* is the one the person has
    open, into which the values go when they come too late.

    Raises:
        NotFound, Forbidden: the task is not for this person.
        Unstorable: a value cannot be kept by every database.
        InvalidForm: ``params["problems"]`` maps field to problem; nothing changed.
        TaskAlreadyClosed, TaskChanged, TaskTaken: somebody or time was faster; the values are kept as a draft.
        StepFailed: the step raised; nothing changed, an incident keeps the values.
    """
    require_storable(values, "values")
    now = engine.clock.now()
    given = _Given(task_id, values, version, around)
    try:
        done = _in_turn(engine, given, actor, now)
    except Conflict:
        _keep_as_draft(engine, task_id, values, actor, draft)
        raise
    except (InvalidForm, NotFound, Forbidden):
        raise
    except Exception as error:
        instance_id, element_id = _place_of(engine, task_id)
        incident = incidents.raise_incident(
            engine,
            instance_id,
            trigger="complete",
            error=error,
            actor=actor,
            now=now,
            element_id=element_id,
            task_id=task_id,
            submitted=values,
        )
        reason = error if isinstance(error, EngineError) else defect(error)
        raise StepFailed(element=element_id, incident=incident, reason=reason) from error
    if around is _nothing and _may_silence(values):
        keep_silence(engine, now=now, actor=actor)
    return done


def _may_silence(values: Mapping[str, Any]) -> bool:
    """Whether the customer may have said that no more contact is wanted: then it ends on the other cars at once.

    Many at a time leave it to the ticker: the next row may be another car of the same customer, with its own answer.
    """
    return outcome_of(values) == DO_NOT_CONTACT or bool(values.get(FORM_ANSWER))


@dataclass(frozen=True, slots=True)
class _Given:
    """What a person gave for a task, and the version of it that the form was opened from."""

    task_id: int
    values: Mapping[str, Any]
    version: int | None
    around: Around


def _in_turn(engine: Engine, given: _Given, actor: Actor, now: datetime) -> TaskCompleted:
    """Complete the task in one transaction, after another one for timers that are due before it."""
    with engine.store.transaction() as tx:
        scope = load_scope_of_task(tx, engine, given.task_id, actor=actor, now=now)
        due = scope.instance.next_due_at
        if due is not None and due > now:
            with given.around(scope):
                return _complete(scope, given)
    fire_instance(engine, scope.instance.id, now=now)
    with engine.store.transaction() as tx:
        scope = load_scope_of_task(tx, engine, given.task_id, actor=actor, now=now)
        with given.around(scope):
            return _complete(scope, given)


def _place_of(engine: Engine, task_id: int) -> tuple[int, str]:
    """Return the instance and the element of a task."""
    with engine.store.reading() as session:
        task = session.get_one(UserTask, task_id)
        return task.instance_id, task.element_id


def _complete(scope: StepScope, given: _Given) -> TaskCompleted:
    opened = complete_in_scope(scope, given.task_id, given.values, version=given.version)
    scope.tx.write()  # gives the new tasks their numbers
    return TaskCompleted(given.task_id, tuple(row.id for row in opened))


def complete_in_scope(
    scope: StepScope, task_id: int, values: Mapping[str, Any], *, version: int | None
) -> Sequence[UserTask]:
    """Complete a task of a loaded instance that has no timer due; returns what it opened, not numbered yet.

    Raises:
        NotFound, Forbidden, InvalidForm, TaskAlreadyClosed, TaskChanged, TaskTaken: as :func:`complete_task`,
            and whatever the step raises; the transaction is to be given up then.
    """
    tx, engine, actor = scope.tx, scope.engine, scope.actor
    task = next((row for row in scope.tasks if row.id == task_id), None)
    task = task or tx.get_one(UserTask, task_id)
    require_own(engine, tx, task, scope.renewal, actor)
    refuse_unheld(engine, tx, task, actor)
    if version is not None and version != task.version:
        raise TaskChanged(name=name_of_task(engine, tx, task), seen=version, now=task.version)
    form = scope.deployed.forms[task.form_id]
    clean = _checked(scope, form, values)
    outcome = forms.outcomes(form, clean)
    _close(scope, task, clean, outcome)
    before = {id(row) for row in scope.tasks}
    run_task(scope, task, outcome, Cause.COMPLETE)
    follow_up(scope, task.form_id, clean)
    if scope.may_have_incident:
        incidents.resolve(tx, task.instance_id, trigger="complete", actor=actor, now=scope.now)
    return [row for row in scope.tasks if id(row) not in before]


def _checked(scope: StepScope, form: forms.Form, values: Mapping[str, Any]) -> dict[str, Any]:
    """The clean values of a submission; the people it names must serve, its days must make sense."""
    directory = directory_on(scope.tx, scope.today)
    local = scope.now.astimezone(scope.engine.clock.zone)
    checked = forms.check(form, numbers_as_stored(values, directory), today=scope.today, now=local)
    problems = {
        **people_problems(scope, form, checked.clean, directory),
        **provisional.problems(scope, form, checked.clean),
        **sense_problems(scope, form, checked.clean),
        **checked.problems,
    }
    if problems:
        raise _invalid(form, problems)
    return checked.clean


def _close(scope: StepScope, task: UserTask, clean: Mapping[str, Any], outcome: Mapping[str, Any]) -> None:
    """Mark the task completed, keep the form as evidence, apply its consequences."""
    tx, now = scope.tx, scope.now
    task.status, task.completed_at, task.completed_by = str(TaskStatus.COMPLETED), now, scope.actor.name
    task.version += 1
    if task in scope.tasks:
        scope.tasks.remove(task)
    salt, gap = make_salt(), gap_told(scope, task.form_id, clean)
    tx.add(
        Submission(
            task_id=task.id,
            instance_id=task.instance_id,
            form_id=task.form_id,
            action_id=task.action_id,
            values=dict(clean),
            salt=salt,
            submitted_at=now,
            submitted_by=scope.actor.name,
            price_gap=gap.rate if gap else None,
            price_gap_to=str(gap.base) if gap else None,
        )
    )
    drop_drafts(tx, task.id, scope.actor.name)
    told: dict[str, Any] = {"price_gap": str(gap.rate), "price_gap_to": str(gap.base)} if gap else {}
    scope.record(
        "task_completed",
        task_id=task.id,
        subject=task.name,
        action_id=task.action_id,
        element_id=task.element_id,
        form_id=task.form_id,
        outcome=dict(outcome),
        late=task.due_at is not None and now > task.due_at,
        on_behalf_of=_on_behalf_of(task, scope.actor),
        form_hash=commit_to(salt, task_id=task.id, form_id=task.form_id, values=clean),
        **told,
    )
    scope.element_id = task.element_id
    absorb(scope, task.form_id, clean)
    absorb_consent(scope, clean, task_id=task.id)
    scope.element_id = None


def _on_behalf_of(task: UserTask, actor: Actor) -> str | None:
    """Whose task somebody else did: of who handed it on, or of who is away."""
    if task.delegated_by is not None:
        return task.principal_no or task.delegated_by
    return task.assignee_no if task.assignee_no in actor.stands_in_for else None


def own_task(engine: Engine, tx: Tx, task_id: int, actor: Actor) -> UserTask:
    """Return a task of this person, locked.

    Raises:
        NotFound, Forbidden: it is not for this person; out of scope nobody learns that it exists.
    """
    task = lock_task(tx, task_id)
    require_own(engine, tx, task, tx.get_one(Renewal, task.instance_id), actor)
    return task


def was_handed_on_by(actor: Actor, task: UserTask | ChosenTask) -> bool:
    """Whether *actor* gave the task to a colleague, or somebody who stood in did so for him."""
    if task.delegated_by is None:
        return False
    return task.delegated_by == actor.name or task.principal_no in actor.numbers


def require_own(engine: Engine, tx: Tx, task: UserTask, renewal: Renewal, actor: Actor) -> None:
    """Let a task pass that this person may do, or did.

    Raises:
        TaskHandedOn: this person gave it to a colleague.
        NotFound, Forbidden: it is not for this person; out of scope nobody learns that it exists.
    """
    if may_do(actor, task, renewal) or task.completed_by == actor.name:
        return
    if was_handed_on_by(actor, task):
        raise TaskHandedOn(name=name_of_task(engine, tx, task), colleague=_named(tx, task.assignee_no))
    if sees(actor, renewal):
        name, role = name_of_task(engine, tx, task), Role(task.role).label
        act = Label(f"办理“{name.zh}”（责任岗位：{role.zh}）", f"do “{name.en}” (it is for the {role.en})")
        raise Forbidden(act=act)
    raise NotFound(what=Thing.TASK, key=task.id)


def refuse_closed(engine: Engine, tx: Tx, task: UserTask) -> None:
    """Let an open task pass.

    Raises:
        TaskAlreadyClosed: it was completed, missed or withdrawn; by whom and when.
    """
    status = TaskStatus(task.status)
    if status in (TaskStatus.COMPLETED, TaskStatus.MISSED, TaskStatus.WITHDRAWN):
        at = task.completed_at.astimezone(engine.clock.zone) if task.completed_at else None
        raise TaskAlreadyClosed(
            name=name_of_task(engine, tx, task),
            actor=_display(tx, task.completed_by) if task.completed_by else THE_SYSTEM,
            at=f"{at:%Y-%m-%d %H:%M}" if at else "—",
            status=status.label,
        )


def refuse_unheld(engine: Engine, tx: Tx, task: UserTask, actor: Actor) -> None:
    """Let an open task pass that nobody else has claimed.

    Raises:
        TaskAlreadyClosed, TaskTaken: somebody was faster.
    """
    refuse_closed(engine, tx, task)
    if task.claimed_by is not None and task.claimed_by != actor.name:
        raise TaskTaken(name=name_of_task(engine, tx, task), actor=_display(tx, task.claimed_by))


def name_of_task(engine: Engine, tx: Tx, task: UserTask) -> Label:
    """The name a task was opened under, in English as its diagram says."""
    instance = tx.get_one(ProcessInstance, task.instance_id)
    deployed = engine.deployed(instance.definition_set_id)
    return Label(task.name, deployed.process.elements.label_of(task.element_id).en)


def _display(tx: Tx, user_name: str | None) -> str:
    user = user_by_name(tx, user_name) if user_name else None
    return user.display_name if user is not None else (user_name or "")


def _named(tx: Tx, number: str | None) -> str:
    """A colleague's name with the number."""
    name = _display(tx, number)
    return name if name == number else f"{name} {number}"


def _keep_as_draft(
    engine: Engine, task_id: int, values: Mapping[str, Any], actor: Actor, seen: DraftMark | None
) -> None:
    with engine.store.transaction() as tx:
        lock_task(tx, task_id)
        keep_draft(tx, task_id, actor.name, values, engine.clock.now(), seen)


def _invalid(form: forms.Form, problems: Mapping[str, forms.Problem]) -> InvalidForm:
    names = joined((_field_label(form, key) for key in problems), zh="、", en=", ")
    return InvalidForm(count=len(problems), fields=names, problems=dict(problems), form=form)


def _field_label(form: forms.Form, key: str) -> Label:
    found = form.field(key)
    return Label(found.label.zh, found.label.en) if found is not None else Label(key, key)
