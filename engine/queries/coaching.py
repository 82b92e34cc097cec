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
from engine.queries.names import people_names
from engine.queries.present import Present
from engine.queries.scope import OPEN
from engine.store.deadlines import Deadline
from engine.store.idle import was_told_of_agent
from engine.store.tasks import UserTask


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachingPage:
    """An agent to be coached: ``asked`` contacts are open, ``late`` of them past their due day.

    ``first_day`` is the first that may be named for the coaching; ``is_over`` tells that the alarm has ended.
    """

    alarm_id: int
    agent_no: str
    agent: str
    asked: int
    late: int
    first_day: date
    is_over: bool


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
    )
