"""The drawers of the inbox: which open tasks are a person's own, put off, claimable, of others, or handed on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select, true, union_all
from sqlalchemy.orm import Session, aliased

from engine.clock import midnight
from engine.domain.actor import Actor
from engine.domain.codes import Role, TaskStatus
from engine.queries.present import Present
from engine.queries.scope import OPEN, of_role, renewals_naming, renewals_visible_to
from engine.store.renewals import Renewal
from engine.store.tasks import UserTask


class InboxTab(StrEnum):
    """The drawers of the inbox.

    ``snoozed`` holds what was put off to a later day, ``waiting`` what the person handed on or waits for as the
    one responsible, ``team`` what others have to do for the renewals that name the person.
    """

    TODAY = "today"
    LATE = "late"
    ALL = "all"
    SNOOZED = "snoozed"
    CLAIMABLE = "claimable"
    WAITING = "waiting"
    TEAM = "team"
    DONE = "done"


OF_OTHERS = (InboxTab.WAITING, InboxTab.TEAM)
"""Drawers whose tasks somebody else has to do; they are looked at, not counted."""


def drawer(actor: Actor, tab: InboxTab, present: Present) -> ColumnElement[bool]:
    """Return the WHERE clause over UserTask ⋈ Renewal that keeps the tasks of a drawer."""
    if tab is InboxTab.DONE:
        return and_(UserTask.status == TaskStatus.COMPLETED, UserTask.completed_by == actor.name)
    if tab is InboxTab.CLAIMABLE:
        return claimable(actor)
    if tab is InboxTab.WAITING:
        return waiting(actor)
    if tab is InboxTab.TEAM:
        return others(actor, present)
    return and_(mine(actor), _part(tab, present))


def _part(tab: InboxTab, present: Present) -> ColumnElement[bool]:
    """Which of one's own tasks a drawer holds."""
    if tab is InboxTab.LATE:
        return late(present)
    if tab is InboxTab.SNOOZED:
        return put_off(present)
    awake = at_hand(present)
    return and_(due_today(present), awake) if tab is InboxTab.TODAY else awake


def mine(actor: Actor) -> ColumnElement[bool]:
    """Open tasks that *actor* has claimed, or that were given to them and nobody else holds."""
    # The status stands in each branch, so that each is one look-up in an index of its own.
    is_open = UserTask.status.in_(OPEN)
    clauses: list[ColumnElement[bool]] = [and_(is_open, UserTask.claimed_by == actor.name)]
    if numbers := sorted(actor.numbers):
        clauses.append(and_(is_open, UserTask.assignee_no.in_(numbers), UserTask.claimed_by.is_(None)))
    return or_(*clauses)


def put_off(present: Present) -> ColumnElement[bool]:
    """Tasks that wait for a later day; one whose due day is over waits no more, whatever was wished."""
    in_time = or_(UserTask.due_at.is_(None), UserTask.due_at > present.now)
    return and_(UserTask.follow_up_at > present.now, in_time)


def at_hand(present: Present) -> ColumnElement[bool]:
    """Tasks that are not put off."""
    return or_(
        UserTask.follow_up_at.is_(None),
        UserTask.follow_up_at <= present.now,
        UserTask.due_at <= present.now,
    )


def claimable(actor: Actor) -> ColumnElement[bool]:
    """Open tasks of the person's role and scope that nobody holds; the channel department's are of every role."""
    if not actor.working_roles:
        return false()
    where = [
        UserTask.status == TaskStatus.OPEN,
        UserTask.assignee_no.is_(None),
        of_role(actor),
        renewals_visible_to(actor),
    ]
    if actor.working_roles == (Role.CHANNEL,) and not actor.sees_all:
        # The queue of a whole country is long; a branch finds its own part by unit.
        where.append(or_(UserTask.unit_code.in_(sorted(actor.unit_codes)), UserTask.unit_code.is_(None)))
    return and_(*where)


def others(actor: Actor, present: Present) -> ColumnElement[bool]:
    """Open tasks that somebody else has to do, of renewals that name the person: a whole branch is no team.

    The channel department, whom no renewal names, sees what is late in its branch.
    """
    if not actor.working_roles:
        return false()
    if actor.working_roles == (Role.CHANNEL,):
        in_branch = true() if actor.sees_all else UserTask.unit_code.in_(sorted(actor.unit_codes))
        is_late = and_(UserTask.status.in_(OPEN), late(present), in_branch)
        return and_(is_late, _is_anothers(actor), renewals_visible_to(actor))
    return and_(UserTask.status.in_(OPEN), _is_anothers(actor), renewals_naming(actor))


def _is_anothers(actor: Actor) -> ColumnElement[bool]:
    who = func.coalesce(UserTask.claimed_by, UserTask.assignee_no)
    return and_(who.is_not(None), who.not_in(_names(actor)))


def _names(actor: Actor) -> list[str]:
    return sorted({actor.name, *actor.numbers})


def waiting(actor: Actor) -> ColumnElement[bool]:
    """Open tasks that the person handed on, and those of others for renewals the person is responsible for.

    Each part finds its few rows by an index of its own; joined by OR they would read a country's open tasks.
    """
    if not actor.working_roles:
        return false()
    numbers, task = sorted(actor.numbers), aliased(UserTask)
    found, is_open = select(task.id), task.status.in_(OPEN)
    owned = select(Renewal.id).where(Renewal.owner_no.in_(numbers), Renewal.ended_at.is_(None))
    parts = [
        found.where(is_open, task.delegated_by == actor.name),
        found.where(is_open, task.principal_no.in_(numbers)),
        found.where(is_open, task.instance_id.in_(owned)),
    ]
    return and_(UserTask.id.in_(union_all(*parts)), _is_anothers(actor))


def late(present: Present) -> ColumnElement[bool]:
    """Tasks whose due day is over."""
    return UserTask.due_at <= present.now


def due_today(present: Present) -> ColumnElement[bool]:
    """Tasks to be done by the end of today, late ones included."""
    return UserTask.due_at <= present.day_ends


def drawer_counts(session: Session, actor: Actor, present: Present) -> Mapping[InboxTab, int]:
    """Return how many tasks the person's own drawers and the claimable one hold; one statement."""
    own, free = mine(actor), claimable(actor)
    parts = (InboxTab.TODAY, InboxTab.LATE, InboxTab.ALL, InboxTab.SNOOZED)
    ones = {tab: and_(own, _part(tab, present)) for tab in parts} | {InboxTab.CLAIMABLE: free}
    row = session.execute(
        select(*(func.coalesce(func.sum(case((clause, 1), else_=0)), 0) for clause in ones.values()))
        .select_from(UserTask)
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .where(or_(own, free))
    ).one()
    return {tab: int(count) for tab, count in zip(ones, row, strict=True)}


def open_between(session: Session, actor: Actor, present: Present, *, first: date, last: date) -> int:
    """Return how many of the person's own tasks are due from *first* to *last*, both included."""
    start, end = midnight(first, present.zone), midnight(last + timedelta(days=1), present.zone)
    return (
        session.scalar(
            select(func.count())
            .select_from(UserTask)
            .where(mine(actor), at_hand(present), UserTask.due_at > start, UserTask.due_at <= end)
        )
        or 0
    )
