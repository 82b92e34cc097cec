"""Urge colleagues to do open tasks, one or many, and up the line when that is late (催办).

Written down, told by a work message, at most once a day for each task. One act tells each person once, with a
count, however many tasks it is about; and nobody hears the same words twice within a minute. Up the line means: of a task that is late
whoever stands above the one who has it is told too, first the next one, with every further day one more
(agent → supervisor → trainer → specialist → the channel department of the branch: domain.md §1.3 K-S2, §1.2 G-C1).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.bootstrap import Engine
from engine.clock import business_date
from engine.domain.actor import Actor
from engine.domain.codes import TaskStatus
from engine.domain.deadlines import channel_of
from engine.domain.notice_hours import notice_moments
from engine.errors import (
    BadInput,
    Conflict,
    EngineError,
    Forbidden,
    NotFound,
    NothingChosen,
    TooManyChosen,
)
from engine.label import Label, Thing
from engine.services import task_events
from engine.services.access import sees
from engine.services.outbox import queue
from engine.services.tasks import name_of_task
from engine.store.history import count_about_task
from engine.store.instances import lock_open
from engine.store.organisation import directory_on
from engine.store.renewals import Renewal
from engine.store.session import Tx
from engine.store.tasks import UserTask, chosen_tasks, lock_task

AGAIN = timedelta(hours=24)
MOST_URGED = 500
URGED, URGED_UP = "task_urged", "task_urged_up"
_EVER = timedelta(days=3650)
_TEXT = "【车险续保】您有{own}续保任务被催办，请尽快登录办理。"
_TEXT_UP = "【车险续保】您的团队有{team}续保任务逾期未办，请登录督促。"
_TEXT_BOTH = "【车险续保】您有{own}续保任务被催办，您的团队另有{team}逾期未办，请登录办理并督促。"
_NOBODY = Label("还没有人负责，请先领取或分派", "nobody has it yet: claim it or assign it")
_OWN = Label("这是您自己的任务", "it is your own task")
_CLOSED = Label("任务已办结或已不需要", "it is closed or no longer needed")
_IN_TIME = Label("尚未逾期，请先催办责任人", "it is not late: urge whoever has it first")
_NONE_ABOVE = Label("责任人之上没有可催的人", "nobody stands above whoever has it")


class AlreadyUrged(Conflict):
    """Somebody urged this task within a day."""

    code = "already_urged"
    zh = "“{name}”在 24 小时内已催办过，请稍后再催，或直接联系责任人。"
    en = "“{name}” was urged within 24 hours: wait, or call whoever it is for."


@dataclass(frozen=True, slots=True)
class Urged:
    """What became of one task that was to be urged: who was told, or why nobody was."""

    task_id: int
    who: tuple[str, ...]
    reason: Label | None = None


@dataclass(slots=True)
class _Told:
    """How many tasks one person is told of in one act: the own ones, and late ones of those below.

    ``about`` is the renewal while it is only one.
    """

    own: int = 0
    team: int = 0
    about: list[Renewal] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The message; it names no customer (domain.md §4.9)."""
        words = _TEXT_BOTH if self.own and self.team else _TEXT if self.own else _TEXT_UP
        return words.format(own=_counted(self.own), team=_counted(self.team))

    @property
    def renewal(self) -> Renewal | None:
        """The one renewal it is about, if it is one."""
        return self.about[0] if len({one.id for one in self.about}) == 1 else None


def _counted(count: int) -> str:
    return "一项" if count == 1 else f"{count}项"


def urge_task(engine: Engine, task_id: int, *, actor: Actor) -> str:
    """Urge whoever an open task is for; returns that person's number or sign-in name.

    Raises:
        NotFound: no such task in the actor's scope. Forbidden: the actor holds no working role.
        BadInput: it is the actor's own, nobody's, or closed. AlreadyUrged: somebody did within a day.
    """
    return _urge_one(engine, task_id, actor=actor, up=False)[0]


def urge_up(engine: Engine, task_id: int, *, actor: Actor) -> tuple[str, ...]:
    """Urge whoever has a late task, and tell who stands above; returns their numbers, the holder's first.

    Raises:
        As :func:`urge_task`; BadInput also when the task is in time, or nobody but the actor stands above.
    """
    return _urge_one(engine, task_id, actor=actor, up=True)


def urge_many(
    engine: Engine, task_ids: Sequence[int], *, actor: Actor, up: bool = False
) -> tuple[Urged, ...]:
    """Urge many tasks as one act; one that cannot be urged stops no other, and each person is told once.

    Raises:
        BadInput: nothing or too much was chosen. Forbidden: the actor holds no working role.
    """
    if not actor.working_roles:
        raise Forbidden(act=Label("催办任务", "urge tasks"))
    wanted = list(dict.fromkeys(task_ids))
    if not wanted or len(wanted) > MOST_URGED:
        raise TooManyChosen(count=len(wanted), most=MOST_URGED) if wanted else NothingChosen
    now, told = engine.clock.now(), dict[str, _Told]()
    found: dict[int, Urged] = {}
    with engine.store.transaction() as tx:
        # As the steps do it: renewals first and in order, so that two who work at the same tasks never lock up.
        lock_open(tx, {one.task.instance_id for one in chosen_tasks(tx, wanted).values()})
        for number in wanted:
            try:
                found[number] = Urged(
                    number, _urge(engine, tx, number, actor=actor, up=up, now=now, told=told)
                )
            except EngineError as error:
                found[number] = Urged(number, (), Label(error.say("zh"), error.say("en")))
        _tell(engine, tx, told, now)
    return tuple(found.values())


def _urge_one(engine: Engine, task_id: int, *, actor: Actor, up: bool) -> tuple[str, ...]:
    now, told = engine.clock.now(), dict[str, _Told]()
    with engine.store.transaction() as tx:
        who = _urge(engine, tx, task_id, actor=actor, up=up, now=now, told=told)
        _tell(engine, tx, told, now)
        return who


def _urge(
    engine: Engine, tx: Tx, task_id: int, *, actor: Actor, up: bool, now: datetime, told: dict[str, _Told]
) -> tuple[str, ...]:
    """Write one urging down and count it for those who are to be *told*; a refusal leaves nothing behind."""
    task = lock_task(tx, task_id)
    renewal = tx.get_one(Renewal, task.instance_id)
    if not sees(actor, renewal):
        raise NotFound(what=Thing.TASK, key=task_id)
    if not actor.working_roles:
        raise Forbidden(act=Label("催办任务", "urge tasks"))
    name = name_of_task(engine, tx, task)
    who = _urged(task, name, actor)
    above = _above(tx, task, renewal, name, who, actor, now, engine.clock.zone) if up else ()
    since = now - AGAIN
    if any(count_about_task(tx, task.id, action, since=since) for action in _throttled(up)):
        raise AlreadyUrged(name=name)
    for number in (who, *above):
        one = told.setdefault(number, _Told())
        one.about.append(renewal)
        if number == who:
            one.own += 1
        else:
            one.team += 1
    more: dict[str, Any] = {"above": list(above)} if up else {}
    task_events.record(URGED_UP if up else URGED, tx, task, actor=actor, at=now, assignee=who, **more)
    return (who, *above)


def _throttled(up: bool) -> tuple[str, ...]:
    """What must not have happened within a day: whoever was urged may still have superiors told, not the reverse."""
    return (URGED_UP,) if up else (URGED, URGED_UP)


def _urged(task: UserTask, name: Label, actor: Actor) -> str:
    if task.status not in (TaskStatus.OPEN, TaskStatus.CLAIMED):
        raise BadInput(what=Thing.TASK, value=name, reason=_CLOSED)
    who = task.claimed_by or task.assignee_no
    if who is None:
        raise BadInput(what=Thing.TASK, value=name, reason=_NOBODY)
    if who == actor.name or who in actor.numbers:
        raise BadInput(what=Thing.TASK, value=name, reason=_OWN)
    return who


def _above(
    tx: Tx,
    task: UserTask,
    renewal: Renewal,
    name: Label,
    who: str,
    actor: Actor,
    now: datetime,
    zone: ZoneInfo,
) -> tuple[str, ...]:
    """Who above the holder is told: one step more than the last time."""
    if task.due_at is None or task.due_at > now:
        raise BadInput(what=Thing.TASK, value=name, reason=_IN_TIME)
    directory = directory_on(tx, business_date(now, zone))
    rest = _line_above(renewal, who, channel_of(directory, renewal.branch_code))
    left_out = {who, actor.name, *actor.numbers}
    above = [kept for step in rest if (kept := tuple(number for number in step if number not in left_out))]
    if not above:
        raise BadInput(what=Thing.TASK, value=name, reason=_NONE_ABOVE)
    told = above[: 1 + count_about_task(tx, task.id, URGED_UP, since=now - _EVER)]
    return tuple(dict.fromkeys(number for step in told for number in step))


def _line_above(renewal: Renewal, who: str, channel: Collection[str]) -> list[tuple[str, ...]]:
    """Who stands above *who*, the next step first; the channel department is told as one."""
    if who in channel:
        return []
    line = [renewal.agent_no, renewal.supervisor_no, renewal.trainer_no, renewal.specialist_no]
    rest = line[line.index(who) + 1 :] if who in line else line[1:]
    people = [(number,) for number in dict.fromkeys(rest) if number]
    return [*people, tuple(sorted(channel))] if channel else list(people)


def _tell(engine: Engine, tx: Tx, told: dict[str, _Told], now: datetime) -> None:
    """One work message a person, in working hours; the minute in its key keeps a second of its kind away."""
    leaves = next(notice_moments(now, engine.clock.zone, gathered=timedelta(0)))
    for who, counted in sorted(told.items()):
        template, renewal = URGED if counted.own else URGED_UP, counted.renewal
        queue(
            tx,
            key=f"{template}:{now:%Y%m%dT%H%M}:{who}"[:64],
            business_key=renewal.business_key if renewal else None,
            instance_id=renewal.id if renewal else None,
            channel="sms",
            template=template,
            recipient=who,
            text=counted.text,
            now=now,
            not_before=leaves,
            expires_at=leaves + AGAIN,
        )
