"""Hand a task to a colleague by name, take it back, hand it back (委托代办).

The task stays the principal's in all that matters for the renewal; meanwhile the colleague alone does it, and the
history names both. A principal who is replaced takes it along, a colleague who leaves gives it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from engine.bootstrap import Engine
from engine.domain.actor import SYSTEM, Actor
from engine.domain.codes import Role, TaskStatus
from engine.domain.delegation import fitting, role_asked, units_of
from engine.domain.directory import Directory
from engine.errors import BadInput, EngineError, Forbidden, NotFound, NothingChosen, TooManyChosen
from engine.label import Label, Thing
from engine.services import task_events
from engine.services.access import sees
from engine.services.each_task import refusals
from engine.services.tasks import name_of_task, own_task, refuse_closed, refuse_unheld
from engine.store.absence import overlapping
from engine.store.organisation import directory_on
from engine.store.renewals import Renewal
from engine.store.session import Tx
from engine.store.tasks import UserTask, lock_task, open_delegations

LONGEST_NOTE = 200
MOST_HANDED_ON = 500
_WHO = Label("受托人工号", "number of the colleague")
_NOBODY = Label("没有这位在职人员，请核对工号", "nobody with this number serves: check it")
_UNFIT = Label(
    "受托人须是该机构同岗位的在职人员",
    "the colleague must serve in the task's role in the units of the renewal",
)
_SELF = Label("不能委托给自己", "it cannot be handed to yourself")
_TWICE = Label("这项任务已是他人委托的，请先交还", "it was handed to you: hand it back first")
_NOT_HANDED_ON = Label("这项任务没有委托他人", "it was not handed on")


def delegate_task(engine: Engine, task_id: int, colleague: str, *, note: str, actor: Actor) -> str:
    """Hand a task to the colleague with this employee number; returns the number as it is stored.

    Raises:
        NotFound, Forbidden: the task is not for this person. TaskTaken, TaskAlreadyClosed: somebody was faster.
        BadInput: the colleague does not fit or is away, or the task was handed to the actor.
    """
    now, today = engine.clock.now(), engine.clock.today()
    note = " ".join(note.split())[:LONGEST_NOTE]
    with engine.store.transaction() as tx:
        task = own_task(engine, tx, task_id, actor)
        refuse_unheld(engine, tx, task, actor)
        if task.delegated_by is not None:
            raise BadInput(what=Thing.TASK, value=name_of_task(engine, tx, task), reason=_TWICE)
        number = _fitting(tx, task, colleague, today)
        if number in (actor.employee_no, task.assignee_no):
            raise BadInput(what=_WHO, value=colleague, reason=_SELF)
        task.delegated_by, task.principal_no = actor.name, task.assignee_no
        _give(task, number, None, None)
        task_events.record(
            "task_delegated",
            tx,
            task,
            actor=actor,
            at=now,
            reason=note or None,
            **_ends(task.principal_no or actor.name, number),
        )
        return number


def delegate_tasks(
    engine: Engine, task_ids: Sequence[int], colleague: str, *, note: str, actor: Actor
) -> dict[int, EngineError | None]:
    """Hand many tasks to one colleague, each by itself; returns the refusal of each task, None for those handed on.

    Raises:
        BadInput: there are none, or more than 500.
    """
    wanted = list(dict.fromkeys(task_ids))
    if not 1 <= len(wanted) <= MOST_HANDED_ON:
        raise TooManyChosen(count=len(wanted), most=MOST_HANDED_ON) if wanted else NothingChosen
    return refusals(wanted, lambda task_id: delegate_task(engine, task_id, colleague, note=note, actor=actor))


def _fitting(tx: Tx, task: UserTask, typed: str, today: date) -> str:
    """The colleague's number as it is stored; refused who does not serve, does not fit, or is away today."""
    directory = directory_on(tx, today)
    number = directory.number_of(typed)
    if number is None:
        raise BadInput(what=_WHO, value=typed, reason=_NOBODY)
    if number not in who_fits(directory, task, tx.get_one(Renewal, task.instance_id)):
        raise BadInput(what=_WHO, value=typed, reason=_UNFIT)
    away = overlapping(tx, [number], today, today)
    if away is not None:
        raise BadInput(what=_WHO, value=typed, reason=_away(away.last_day, away.substitute_no))
    return number


def who_fits(directory: Directory, task: UserTask, renewal: Renewal) -> frozenset[str]:
    """Return the numbers of those to whom the task may be handed, whoever has it now.

    What the customer keeps from the life insurer goes to specialists alone, whatever role the task is of.
    """
    units = units_of(directory, renewal.workplace_code, renewal.sub_branch_code, renewal.branch_code)
    return fitting(directory, role_asked(Role(task.role), is_recalled=renewal.is_recalled), units)


def _away(last: date, substitute: str) -> Label:
    return Label(
        f"这位同事请假至 {last}，请改委托替办人 {substitute} 或他人",
        f"this colleague is away until {last}: hand it to the substitute {substitute} or somebody else",
    )


def return_task(engine: Engine, task_id: int, *, actor: Actor) -> None:
    """Let a task that was handed on go back: the colleague hands it back, or the principal takes it back.

    Raises:
        NotFound: no such task, or it has nothing to do with the actor. Forbidden: it is somebody else's to return.
        BadInput: it was not handed on. TaskAlreadyClosed: it was closed meanwhile.
    """
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        task = lock_task(tx, task_id)
        is_principal = task.delegated_by is not None and (
            task.delegated_by == actor.name or task.principal_no in actor.numbers
        )
        is_colleague = task.assignee_no in actor.numbers
        if not is_principal and not is_colleague:
            raise _refusal(engine, tx, task, actor)
        if task.delegated_by is None:
            raise BadInput(what=Thing.TASK, value=name_of_task(engine, tx, task), reason=_NOT_HANDED_ON)
        refuse_closed(engine, tx, task)
        action = "task_taken_back" if is_principal else "task_handed_back"
        _record_return(tx, task, action, actor, now)
        _take_back(task, now)


def _refusal(engine: Engine, tx: Tx, task: UserTask, actor: Actor) -> EngineError:
    if not sees(actor, tx.get_one(Renewal, task.instance_id)):
        return NotFound(what=Thing.TASK, key=task.id)
    name = name_of_task(engine, tx, task)
    return Forbidden(act=Label(f"收回“{name.zh}”", f"take “{name.en}” back"))


def return_from_leavers(engine: Engine, *, now: datetime, actor: Actor = SYSTEM) -> int:
    """Give back what was handed to people who serve no more today; returns how many tasks."""
    with engine.store.transaction() as tx:
        directory = directory_on(tx, engine.clock.today())
        gone: Sequence[UserTask] = [
            task for task in open_delegations(tx) if not directory.posts.get(task.assignee_no or "")
        ]
        for task in gone:
            _record_return(tx, task, "task_taken_back", actor, now)
            _take_back(task, now)
        return len(gone)


def _record_return(tx: Tx, task: UserTask, action: str, actor: Actor, now: datetime) -> None:
    task_events.record(
        action,
        tx,
        task,
        actor=actor,
        at=now,
        **_ends(task.assignee_no, task.principal_no or task.delegated_by),
    )


def _ends(giver: str | None, taker: str | None) -> dict[str, Any]:
    return {"from": giver, "to": taker}


def _take_back(task: UserTask, now: datetime) -> None:
    """Put the task where it was: with the principal, or claimed by whoever had taken it from the queue."""
    holder = task.delegated_by if task.principal_no is None else None
    number, task.delegated_by, task.principal_no = task.principal_no, None, None
    _give(task, number, holder, now if holder else None)


def _give(task: UserTask, number: str | None, holder: str | None, at: datetime | None) -> None:
    task.assignee_no, task.claimed_by, task.claimed_at = number, holder, at
    task.status = str(TaskStatus.CLAIMED if holder else TaskStatus.OPEN)
    task.follow_up_at = None  # whoever has it now sees it: the other's day to come back to it is over
    task.version += 1
