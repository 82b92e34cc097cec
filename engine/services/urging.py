"""Urge a colleague to do an open task: written down, told by a work message, at most once a day for each task (催办)."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import TaskStatus
from engine.domain.notice_hours import notice_moments
from engine.errors import BadInput, Conflict, Forbidden, NotFound
from engine.label import Label, Thing
from engine.services.access import sees
from engine.services.outbox import queue
from engine.services.tasks import name_of_task
from engine.store.history import count_about_task
from engine.store.renewals import Renewal
from engine.store.session import Tx
from engine.store.tasks import UserTask, lock_task

AGAIN = timedelta(hours=24)
URGED = "task_urged"
_TEXT = "【车险续保】您有一项续保任务被催办，请尽快登录办理。"
_NOBODY = Label("还没有人负责，请先领取或分派", "nobody has it yet: claim it or assign it")
_OWN = Label("这是您自己的任务", "it is your own task")
_CLOSED = Label("任务已办结或已不需要", "it is closed or no longer needed")


class AlreadyUrged(Conflict):
    """Somebody urged this task within a day."""

    code = "already_urged"
    zh = "“{name}”在 24 小时内已催办过，请稍后再催，或直接联系责任人。"
    en = "“{name}” was urged within 24 hours: wait, or call whoever it is for."


def urge_task(engine: Engine, task_id: int, *, actor: Actor) -> str:
    """Urge whoever an open task is for; returns that person's number or sign-in name.

    Raises:
        NotFound: no such task in the actor's scope. Forbidden: the actor holds no working role.
        BadInput: it is the actor's own, nobody's, or closed. AlreadyUrged: somebody did within a day.
    """
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        task = lock_task(tx, task_id)
        renewal = tx.get_one(Renewal, task.instance_id)
        if not sees(actor, renewal):
            raise NotFound(what=Thing.TASK, key=task_id)
        if not actor.working_roles:
            raise Forbidden(act=Label("催办任务", "urge tasks"))
        name = name_of_task(engine, tx, task)
        who = _urged(task, name, actor)
        if count_about_task(tx, task.id, URGED, since=now - AGAIN):
            raise AlreadyUrged(name=name)
        _tell(engine, tx, task, renewal, who, now)
        tx.record(
            URGED,
            at=now,
            actor=actor.name,
            instance_id=task.instance_id,
            task_id=task.id,
            subject=task.name,
            action_id=task.action_id,
            assignee=who,
        )
        return who


def _urged(task: UserTask, name: Label, actor: Actor) -> str:
    if task.status not in (TaskStatus.OPEN, TaskStatus.CLAIMED):
        raise BadInput(what=Thing.TASK, value=name, reason=_CLOSED)
    who = task.claimed_by or task.assignee_no
    if who is None:
        raise BadInput(what=Thing.TASK, value=name, reason=_NOBODY)
    if who == actor.name or who in actor.numbers:
        raise BadInput(what=Thing.TASK, value=name, reason=_OWN)
    return who


def _tell(engine: Engine, tx: Tx, task: UserTask, renewal: Renewal, who: str, now: datetime) -> None:
    """A work message in working hours; it names no customer (domain.md §4.9)."""
    leaves = next(notice_moments(now, engine.clock.zone, gathered=timedelta(0)))
    queue(
        tx,
        key=f"{URGED}:{task.id}:{now.isoformat()}",
        business_key=renewal.business_key,
        instance_id=renewal.id,
        channel="sms",
        template=URGED,
        recipient=who,
        text=_TEXT,
        now=now,
        not_before=leaves,
        expires_at=leaves + AGAIN,
    )
