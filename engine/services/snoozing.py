"""Put a task off to a later day, or take that back; what is overdue stays in sight whatever was wished."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from engine.bootstrap import Engine
from engine.clock import business_date, midnight
from engine.domain.actor import Actor
from engine.errors import BadInput, EngineError
from engine.label import Label, Thing
from engine.services import task_events
from engine.services.each_task import refusals
from engine.services.tasks import name_of_task, own_task, refuse_unheld
from engine.store.renewals import Renewal
from engine.store.session import Tx
from engine.store.tasks import UserTask

LONGEST = timedelta(days=120)
SHORTEST_REASON = 4
LONGEST_REASON = 200
MOST_PUT_OFF = 500
_DAY = Label("下次跟进", "follow-up date")
_UNCLAIMED = Label("还没有人领取，请先领取再推迟", "nobody has it yet: claim it first")
_HOW_MANY = Label(f"请选择 1 至 {MOST_PUT_OFF} 项任务", f"choose 1 to {MOST_PUT_OFF} tasks")
_NO_DAY = Label("请按 2026-12-31 的格式填写日期", "write a date like 2026-12-31")
_PAST = Label("请选择今天以后的日期", "choose a day after today")
_TOO_FAR = Label(f"最多推迟 {LONGEST.days} 天", f"at most {LONGEST.days} days ahead")


def put_off_task(engine: Engine, task_id: int, day: date | None, *, reason: str, actor: Actor) -> None:
    """Let a task wait until *day*, a business date.

    A day after the task's last one or the renewal's needs a *reason*; so does putting off what is late already,
    which stays among the late ones.

    Raises:
        NotFound, Forbidden: the task is not for this person. TaskTaken, TaskAlreadyClosed: somebody was faster.
        BadInput: nobody has the task yet; there is no day, it has come, is too far, or needs a reason.
    """
    now, reason = engine.clock.now(), " ".join(reason.split())[:LONGEST_REASON]
    with engine.store.transaction() as tx:
        task = own_task(engine, tx, task_id, actor)
        refuse_unheld(engine, tx, task, actor)
        if task.assignee_no is None and task.claimed_by is None:
            raise BadInput(what=Thing.TASK, value=name_of_task(engine, tx, task), reason=_UNCLAIMED)
        day = _possible(day, engine.clock.today())
        last = _last_day(engine, tx, task)
        if day > last and len(reason) < SHORTEST_REASON:
            raise BadInput(what=Thing.REASON, value=reason, reason=_why(last))
        task.follow_up_at = midnight(day, engine.clock.zone)
        task_events.record(
            "task_put_off",
            tx,
            task,
            actor=actor,
            at=now,
            reason=reason or None,
            until=day,
            due=task.due_at,
            beyond=last if day > last else None,
        )


def put_off_tasks(
    engine: Engine, task_ids: Sequence[int], day: date | None, *, reason: str, actor: Actor
) -> dict[int, EngineError | None]:
    """Put many tasks off to one day for one *reason*, each by itself; returns the refusal of each, None where done.

    Each is judged and recorded as by :func:`put_off_task`; :func:`resume_task` takes each back.

    Raises:
        BadInput: there are none, or more than 500; there is no day, it has come, or is too far for any of them.
    """
    _possible(day, engine.clock.today())
    return _each(task_ids, lambda task_id: put_off_task(engine, task_id, day, reason=reason, actor=actor))


def resume_tasks(engine: Engine, task_ids: Sequence[int], *, actor: Actor) -> dict[int, EngineError | None]:
    """Take many tasks up again, each by itself; returns the refusal of each task, None for those taken up.

    Raises:
        BadInput: there are none, or more than 500.
    """
    return _each(task_ids, lambda task_id: resume_task(engine, task_id, actor=actor))


def _each(task_ids: Sequence[int], act: Callable[[int], None]) -> dict[int, EngineError | None]:
    wanted = list(dict.fromkeys(task_ids))
    if not 1 <= len(wanted) <= MOST_PUT_OFF:
        raise BadInput(what=Thing.TASK, value=len(wanted), reason=_HOW_MANY)
    return refusals(wanted, act)


def _possible(day: date | None, today: date) -> date:
    if day is None:
        raise BadInput(what=_DAY, value="", reason=_NO_DAY)
    if day <= today:
        raise BadInput(what=_DAY, value=day, reason=_PAST)
    if day - today > LONGEST:
        raise BadInput(what=_DAY, value=day, reason=_TOO_FAR)
    return day


def resume_task(engine: Engine, task_id: int, *, actor: Actor) -> None:
    """Take a task up again before its day has come; one that does not wait stays as it is.

    Raises:
        NotFound, Forbidden: the task is not for this person. TaskTaken, TaskAlreadyClosed: somebody was faster.
    """
    with engine.store.transaction() as tx:
        task = own_task(engine, tx, task_id, actor)
        refuse_unheld(engine, tx, task, actor)
        if task.follow_up_at is None:
            return
        task.follow_up_at = None
        task_events.record("task_resumed", tx, task, actor=actor, at=engine.clock.now())


def _last_day(engine: Engine, tx: Tx, task: UserTask) -> date:
    """The last day on which the task is in time and the renewal's cover runs."""
    expiry = tx.get_one(Renewal, task.instance_id).expiry_date
    if task.due_at is None:
        return expiry
    return min(expiry, business_date(task.due_at - timedelta(microseconds=1), engine.clock.zone))


def _why(last: date) -> Label:
    return Label(
        f"所选日期晚于最后一天 {last}，请写明推迟的理由，至少 {SHORTEST_REASON} 个字",
        f"the day lies after the last one, {last}: say why in at least {SHORTEST_REASON} characters",
    )
