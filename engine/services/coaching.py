"""Agents who contact nobody: their supervisor hears of it once a week, coaches and writes it down (G-L2).

Looked at once a workday, from eight o'clock. The alarm is a deadline of kind ``coaching`` with the agent as its owner:
it rings by the message of the day and on the supervisor's home page (engine/services/deadlines.py), and ends with the
agent's next contact, when nothing is left to contact, or with the supervisor's record. A day agreed to look again is
another one, which rings on that day unless the agent has contacted somebody until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from engine.bootstrap import Engine
from engine.clock import business_date, midnight
from engine.domain.actor import Actor
from engine.domain.codes import CoachingMethod, CoachingTopic, DeadlineEnd, DeadlineKind, Role
from engine.domain.deadlines import branches_of
from engine.domain.directory import Directory
from engine.domain.idle import is_idle, latest_start
from engine.domain.masking import mask_text
from engine.domain.notice_hours import OPENS
from engine.domain.storable import require_storable
from engine.errors import BadInput, Conflict, NotFound
from engine.label import Label, Thing
from engine.store.deadlines import Deadline, lock_deadline
from engine.store.idle import (
    absences_since,
    anybody_asked,
    asked_agents,
    last_contacts,
    standing_alarms,
    was_told_of_agent,
)
from engine.store.organisation import directory_on
from engine.store.session import Tx

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LOCK, COACHED = "idle_agents", "agent_coached"
SHORTEST, LONGEST = 4, 500
FURTHEST = timedelta(days=90)
_TOPICS, _METHOD = Label("辅导内容", "topics"), Label("方式", "method")
_CONTENT, _DAY, _RECHECK = (
    Label("辅导要点", "what was coached"),
    Label("辅导日期", "day of the coaching"),
    Label("复查日期", "day of the recheck"),
)
_CHOOSE = Label("请选择所列各项中的至少一项", "choose at least one of those listed")
_LENGTH = Label(f"请填写 {SHORTEST} 至 {LONGEST} 个字", f"write {SHORTEST} to {LONGEST} characters")
_NOT_THEN = Label("须在提醒之日至今天之间", "it lies between the day of the alarm and today")
_NOT_AHEAD = Label("须在明天起 90 天内", "it lies within 90 days from tomorrow")


class AlarmOver(Conflict):
    """The alarm about the agent has ended meanwhile."""

    code = "alarm_over"
    zh = "这项提醒已结束（营销员已联系客户，或已有人辅导），无需再登记。"
    en = "This alarm is over: the agent contacted a customer, or somebody coached already."


@dataclass(frozen=True, slots=True, kw_only=True)
class Coaching:
    """What a supervisor writes down; days are business dates, ``recheck_on`` None when none was agreed."""

    topics: Sequence[str]
    method: str
    coached_on: date
    content: str
    recheck_on: date | None = None


def agents_are_idle(engine: Engine, now: datetime) -> bool:
    """Whether :func:`note_idle` would find somebody; a process that found nobody asks no more on that day."""
    if not _is_time(engine, now):
        return False
    with engine.store.reading() as session:
        found = _idle(engine, session, now)
    if not found:
        engine.looked_on = business_date(now, engine.clock.zone)
    return bool(found)


def note_idle(engine: Engine, *, now: datetime, actor: Actor) -> None:
    """Begin an alarm for each agent who contacted nobody for five workdays; it rings with the next look at deadlines."""
    if not agents_are_idle(engine, now):
        return
    with engine.store.alone(LOCK, patience=30) as hold:
        if hold is None:
            return
        with engine.store.transaction() as tx:
            directory = directory_on(tx, business_date(now, engine.clock.zone))
            for agent_no, since in _idle(engine, tx, now):
                _end_standing(tx, agent_no, DeadlineEnd.AGAIN, now=now, actor=actor)
                tx.add(_alarm(directory, agent_no, now, now))
                tx.record("agent_idle", at=now, actor=actor.name, subject=agent_no, since=since)
    engine.looked_on = business_date(now, engine.clock.zone)


def next_idle_look(engine: Engine, session: Session) -> datetime | None:
    """Return the moment at which agents are looked at next; None while none has a contact to make."""
    if not anybody_asked(session):
        return None
    now, zone = engine.clock.now(), engine.clock.zone
    today = business_date(now, zone)
    day = today if engine.looked_on != today else today + timedelta(days=1)
    return datetime.combine(engine.workdays().roll_forward(day), OPENS, zone)


def _is_time(engine: Engine, now: datetime) -> bool:
    local = now.astimezone(engine.clock.zone)
    if engine.looked_on == local.date() or local.time() < OPENS:
        return False
    return engine.workdays().is_workday(local.date())


def _idle(engine: Engine, session: Session, now: datetime) -> list[tuple[str, date]]:
    """Idle agents who serve, by number, and the day since which they contacted nobody."""
    zone, workdays = engine.clock.zone, engine.workdays()
    today = business_date(now, zone)
    before = midnight(latest_start(today) + timedelta(days=1), zone)
    week = midnight(today - timedelta(days=today.weekday()), zone)
    asked = asked_agents(session, before=before, week=week)
    if not asked:
        return []
    numbers = [one.agent_no for one in asked]
    contacts, directory = last_contacts(session, numbers), directory_on(session, today)
    since = {}
    for one in asked:
        post = directory.post_of(one.agent_no, Role.AGENT)
        if post is not None:
            moment = max(one.since, contacts.get(one.agent_no, one.since))
            since[one.agent_no] = max(business_date(moment, zone), post.valid_from)
    away = absences_since(session, since, min(since.values(), default=today))
    return [
        (number, day)
        for number, day in since.items()
        if is_idle(day, today, is_workday=workdays.is_workday, away=away.get(number, ()))
    ]


def _alarm(directory: Directory, agent_no: str, now: datetime, due_at: datetime) -> Deadline:
    post = directory.post_of(agent_no, Role.AGENT)
    unit = post.unit_code if post is not None else None
    return Deadline(
        kind=str(DeadlineKind.COACHING),
        unit_code=unit,
        branch_code=next(iter(sorted(branches_of(directory, directory.nearest(unit, "workplace")))), None),
        owner_no=agent_no,
        contacts=0,
        started_at=now,
        due_at=due_at,
    )


def _end_standing(tx: Tx, agent_no: str, ending: DeadlineEnd, *, now: datetime, actor: Actor) -> None:
    for row in standing_alarms(tx, agent_no):
        row.settled_at, row.ending = now, str(ending)
        tx.record(
            "deadline_ended",
            at=now,
            actor=actor.name,
            subject=agent_no,
            kind=row.kind,
            ending=str(ending),
            late=row.rung_at is not None,
            owner=agent_no,
        )


def record_coaching(engine: Engine, deadline_id: int, coaching: Coaching, *, actor: Actor) -> str:
    """Write down how an agent was coached, by somebody who was told of the alarm; returns the agent's number.

    Phones, ID numbers and plates in the text are masked, as in reasons (docs/personal-data.md).

    Raises:
        NotFound: the actor was told of no such alarm. AlarmOver: it has ended. BadInput: an answer will not do.
    """
    now, zone = engine.clock.now(), engine.clock.zone
    require_storable(coaching.content, "content")
    with engine.store.transaction() as tx:
        alarm = lock_deadline(tx, deadline_id)
        if alarm is None or not actor.working_roles or not was_told_of_agent(tx, alarm, actor.numbers):
            raise NotFound(what=Thing.ALARM, key=deadline_id)
        if alarm.settled_at is not None or alarm.owner_no is None:
            raise AlarmOver
        today, agent_no = business_date(now, zone), alarm.owner_no
        content = mask_text(coaching.content.replace("\r\n", "\n").strip())
        _check(coaching, content, first=business_date(alarm.started_at, zone), today=today)
        _end_standing(tx, agent_no, DeadlineEnd.COACHED, now=now, actor=actor)
        if coaching.recheck_on is not None:
            due_at = datetime.combine(coaching.recheck_on, OPENS, zone)
            tx.add(_alarm(directory_on(tx, today), agent_no, now, due_at))
        tx.record(
            COACHED,
            at=now,
            actor=actor.name,
            subject=agent_no,
            reason=content,
            topics=sorted(set(coaching.topics)),
            method=coaching.method,
            day=coaching.coached_on,
            recheck=coaching.recheck_on,
            alarm=deadline_id,
        )
        return agent_no


def _check(coaching: Coaching, content: str, *, first: date, today: date) -> None:
    topics = set(coaching.topics)
    if not topics or not topics <= set(CoachingTopic):
        raise BadInput(what=_TOPICS, value="、".join(sorted(topics)), reason=_CHOOSE)
    if coaching.method not in set(CoachingMethod):
        raise BadInput(what=_METHOD, value=coaching.method, reason=_CHOOSE)
    if not first <= coaching.coached_on <= today:
        raise BadInput(what=_DAY, value=coaching.coached_on, reason=_NOT_THEN)
    if not SHORTEST <= len(content) <= LONGEST:
        raise BadInput(what=_CONTENT, value=f"{content[:20]}", reason=_LENGTH)
    day = coaching.recheck_on
    if day is not None and not today < day <= today + FURTHEST:
        raise BadInput(what=_RECHECK, value=day, reason=_NOT_AHEAD)
