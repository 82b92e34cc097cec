"""Which conditions of an inbox filter name something that nobody knows: a kind of task, a unit, a customer.

What exists outside of the person's scope is as unknown as what does not exist.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.queries.drawers import InboxTab, drawer
from engine.queries.inbox_wish import InboxWish, of_unit
from engine.queries.people import unit_choices
from engine.queries.present import Present
from engine.queries.scope import renewals_visible_to, tasks_doable_by
from engine.store.organisation import directory_on
from engine.store.renewals import Renewal
from engine.store.tasks import UserTask

ACTION, UNIT, CUSTOMER = "action", "unit", "customer"


def unknown_conditions(
    session: Session, actor: Actor, wish: InboxWish, present: Present, *, actions: Collection[str]
) -> frozenset[str]:
    """Return which of the conditions ``action``, ``unit`` and ``customer`` of *wish* name what *actor* cannot know.

    *actions* are the action ids of the diagrams that run now; an older one is known while a task of it is in the
    drawer. At most four statements; none where no such condition is set.
    """
    found: set[str] = set()
    if wish.action_id and wish.action_id not in actions and not _is_in_drawer(session, actor, wish, present):
        found.add(ACTION)
    if wish.unit and not _is_unit(session, actor, wish.unit, present):
        found.add(UNIT)
    if wish.customer_id is not None and not _is_in_scope(
        session, actor, Renewal.customer_id == wish.customer_id
    ):
        found.add(CUSTOMER)
    return frozenset(found)


def _is_in_drawer(session: Session, actor: Actor, wish: InboxWish, present: Present) -> bool:
    query = (
        select(UserTask.id)
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .where(drawer(actor, InboxTab(wish.tab), present), UserTask.action_id == wish.action_id)
    )
    return session.scalar(query.limit(1)) is not None


def _is_unit(session: Session, actor: Actor, code: str, present: Present) -> bool:
    """Whether the unit is one the person sees, one above those, or that of a renewal in the scope."""
    directory = directory_on(session, present.today)
    seen = {code for code, _name in unit_choices(session, actor, present.today)}
    if code in seen or any(code == unit.code for own in seen for unit in directory.ancestors(own)):
        return True
    return _is_in_scope(session, actor, of_unit(code))


def _is_in_scope(session: Session, actor: Actor, clause: ColumnElement[bool]) -> bool:
    """Whether a renewal of the scope, or one of which the person may do a task, is such."""
    if session.scalar(select(Renewal.id).where(clause, renewals_visible_to(actor)).limit(1)) is not None:
        return True
    query = select(UserTask.id).join(Renewal, Renewal.id == UserTask.instance_id)
    is_theirs = or_(tasks_doable_by(actor), UserTask.claimed_by == actor.name)
    return session.scalar(query.where(clause, is_theirs).limit(1)) is not None
