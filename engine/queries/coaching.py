"""The page on which a supervisor writes down how an agent was coached who contacted nobody (G-L2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.clock import business_date
from engine.domain.actor import Actor
from engine.domain.contacts import CONTACT_FORMS
from engine.errors import NotFound
from engine.label import Thing
from engine.queries.names import actor_names, people_names
from engine.queries.present import Present
from engine.queries.scope import OPEN
from engine.store.deadlines import Deadline
from engine.store.history import HistoryEvent
from engine.store.idle import was_told_of_agent
from engine.store.tasks import UserTask

SHOWN = 5
COACHED = "agent_coached"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachedLine:
    """An earlier coaching of the agent, as it was written down; codes of what and how, business dates."""

    who: str
    day: date
    topics: tuple[str, ...]
    method: str
    content: str
    recheck_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachingPage:
    """An agent to be coached: ``asked`` contacts are open, ``late`` of them past their due day.

    ``first_day`` is the first that may be named for the coaching; ``is_over`` tells that the alarm has ended;
    ``earlier`` are the last coachings, the newest first.
    """

    alarm_id: int
    agent_no: str
    agent: str
    asked: int
    late: int
    first_day: date
    is_over: bool
    earlier: tuple[CoachedLine, ...]


def coaching_page(session: Session, actor: Actor, alarm_id: int, present: Present) -> CoachingPage:
    """Return the page of an alarm that *actor* was told of.

    Raises:
        NotFound: there is no such alarm, or somebody else was told of it.
    """
    alarm = session.get(Deadline, alarm_id)
    if alarm is None or not actor.working_roles or not was_told_of_agent(session, alarm, actor.numbers):
        raise NotFound(what=Thing.ALARM, key=alarm_id)
    number = alarm.owner_no or ""
    is_late = UserTask.due_at <= present.now
    asked, late = session.execute(
        select(func.count(), func.count().filter(is_late)).where(
            UserTask.assignee_no == number, UserTask.status.in_(OPEN), UserTask.form_id.in_(CONTACT_FORMS)
        )
    ).one()
    return CoachingPage(
        alarm_id=alarm.id,
        agent_no=number,
        agent=people_names(session, {number}).get(number, number),
        asked=asked,
        late=late,
        first_day=business_date(alarm.started_at, present.zone),
        is_over=alarm.settled_at is not None,
        earlier=_earlier(session, number),
    )


def _earlier(session: Session, agent_no: str) -> tuple[CoachedLine, ...]:
    query = select(HistoryEvent).where(HistoryEvent.action == COACHED, HistoryEvent.subject == agent_no)
    rows = session.scalars(query.order_by(HistoryEvent.at.desc(), HistoryEvent.seq.desc()).limit(SHOWN)).all()
    names = actor_names(session, {row.actor for row in rows})
    return tuple(
        CoachedLine(
            who=names.get(row.actor, row.actor),
            day=date.fromisoformat(row.payload["day"]),
            topics=tuple(row.payload["topics"]),
            method=row.payload["method"],
            content=row.reason or "",
            recheck_on=date.fromisoformat(row.payload["recheck"]) if row.payload.get("recheck") else None,
        )
        for row in rows
    )
