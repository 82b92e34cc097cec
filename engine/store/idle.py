"""Which agents have contacts to make and made none: by the tasks of a contact, done or open."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from engine.domain.codes import DeadlineEnd, DeadlineKind, Role, TaskStatus
from engine.domain.contacts import CONTACT_FORMS
from engine.domain.idle import Away
from engine.store.absence import Absence
from engine.store.deadlines import Deadline, DeadlineTold
from engine.store.tasks import UserTask

AT_ONCE = 500
_OPEN = (TaskStatus.OPEN, TaskStatus.CLAIMED)


@dataclass(frozen=True, slots=True)
class Asked:
    """An agent who has contacts to make; ``since`` when the oldest of them was asked for, aware UTC."""

    agent_no: str
    since: datetime


def _to_contact() -> ColumnElement[bool]:
    return and_(UserTask.form_id.in_(CONTACT_FORMS), UserTask.role == Role.AGENT)


def anybody_asked(session: Session) -> bool:
    """Whether some agent has a contact to make."""
    query = select(UserTask.id).where(UserTask.status.in_(_OPEN), _to_contact()).limit(1)
    return session.scalar(query) is not None


def asked_agents(session: Session, *, before: datetime, week: datetime) -> Sequence[Asked]:
    """Return agents who were asked for a contact *before*, by number, without those who need not be looked at.

    These are who rang since *week* began, and whose supervisor coached them and looks again on a later day. Whoever
    took a renewal over was asked when that was.
    """
    taken, known = aliased(Deadline), aliased(Deadline)
    since = case((taken.started_at > UserTask.created_at, taken.started_at), else_=UserTask.created_at)
    told = exists().where(
        known.kind == DeadlineKind.COACHING,
        known.owner_no == UserTask.assignee_no,
        or_(known.started_at >= week, and_(known.settled_at.is_(None), known.rung_at.is_(None))),
    )
    query = (
        select(UserTask.assignee_no, func.min(since))
        .outerjoin(
            taken,
            and_(
                taken.instance_id == UserTask.instance_id,
                taken.kind == DeadlineKind.FIRST_CONTACT,
                taken.owner_no == UserTask.assignee_no,
                taken.settled_at.is_(None),
            ),
        )
        .where(
            UserTask.status.in_(_OPEN),
            _to_contact(),
            UserTask.assignee_no.is_not(None),
            UserTask.created_at < before,
            ~told,
        )
        .group_by(UserTask.assignee_no)
        .having(func.min(since) < before)
        .order_by(UserTask.assignee_no)
    )
    return [Asked(row[0], row[1]) for row in session.execute(query)]


def last_contacts(session: Session, numbers: Collection[str]) -> Mapping[str, datetime]:
    """Return when each of these agents last recorded a contact, effective or not; whoever never did is left out."""
    found: dict[str, datetime] = {}
    wanted = sorted(numbers)
    for first in range(0, len(wanted), AT_ONCE):
        query = (
            select(UserTask.assignee_no, func.max(UserTask.completed_at))
            .where(
                UserTask.assignee_no.in_(wanted[first : first + AT_ONCE]),
                UserTask.status == TaskStatus.COMPLETED,
                UserTask.form_id.in_(CONTACT_FORMS),
            )
            .group_by(UserTask.assignee_no)
        )
        found |= {
            number: at for number, at in session.execute(query) if number is not None and at is not None
        }
    return found


def absences_since(session: Session, numbers: Collection[str], first: date) -> Mapping[str, Sequence[Away]]:
    """Return the absences of these people that last to *first* or longer; one cut short ends with its last day."""
    found: dict[str, list[Away]] = {}
    wanted = sorted(numbers)
    for start in range(0, len(wanted), AT_ONCE):
        query = select(Absence.employee_no, Absence.first_day, Absence.last_day).where(
            Absence.employee_no.in_(wanted[start : start + AT_ONCE]),
            Absence.last_day >= first,
            Absence.ended_at.is_(None),
        )
        for number, begins, ends in session.execute(query):
            found.setdefault(number, []).append((begins, ends))
    return found


def standing_alarms(session: Session, agent_no: str) -> Sequence[Deadline]:
    """Return the open alarms about an agent, the oldest first; their rows are locked until the transaction ends."""
    query = select(Deadline).where(
        Deadline.kind == DeadlineKind.COACHING, Deadline.owner_no == agent_no, Deadline.settled_at.is_(None)
    )
    return session.scalars(
        query.order_by(Deadline.id).with_for_update().execution_options(populate_existing=True)
    ).all()


def was_told_of_agent(session: Session, alarm: Deadline, numbers: Collection[str]) -> bool:
    """Whether *alarm* is about an agent, rang, and one of *numbers* was told of it."""
    if alarm.kind != DeadlineKind.COACHING or alarm.rung_at is None:
        return False
    query = select(DeadlineTold.deadline_id).where(
        DeadlineTold.deadline_id == alarm.id, DeadlineTold.employee_no.in_(sorted(numbers))
    )
    return session.scalar(query.limit(1)) is not None


def ended_coachings(session: Session, *, limit: int) -> Sequence[tuple[int, str]]:
    """Return open alarms about agents that have come to their end, and how.

    By a contact recorded after it began, or because nothing is left that the agent has to contact anybody for.
    """
    contacted = exists().where(
        UserTask.assignee_no == Deadline.owner_no,
        UserTask.status == TaskStatus.COMPLETED,
        UserTask.form_id.in_(CONTACT_FORMS),
        UserTask.completed_at > Deadline.started_at,
    )
    asked = exists().where(
        UserTask.assignee_no == Deadline.owner_no, UserTask.status.in_(_OPEN), _to_contact()
    )
    query = (
        select(Deadline.id, contacted)
        .where(Deadline.kind == DeadlineKind.COACHING, Deadline.settled_at.is_(None), or_(contacted, ~asked))
        .order_by(Deadline.id)
        .limit(limit)
    )
    return [
        (row[0], str(DeadlineEnd.MET if row[1] else DeadlineEnd.NOTHING_LEFT))
        for row in session.execute(query)
    ]
