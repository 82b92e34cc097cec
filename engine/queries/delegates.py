"""Colleagues to whom tasks may be handed, for the choice on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.codes import Role
from engine.domain.delegation import fitting, role_asked, units_of
from engine.queries.at_hand import tasks_at_hand
from engine.queries.names import people_names
from engine.queries.present import Present, due_day
from engine.queries.vehicles import shown_customer, shown_plate
from engine.store.organisation import directory_on
from engine.store.renewals import Renewal
from engine.store.tasks import UserTask

MOST = 300
"""Of more colleagues nobody is offered: the number is typed."""


Names = tuple[tuple[str, str], ...]
"""(employee number, name), by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOnLine:
    """One task to be handed on, as a list shows it."""

    task_id: int
    name: str
    action_id: str
    plate: str | None
    customer: str | None
    due_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOnPage:
    """Tasks that may be handed on together and who may be handed all of them; ``left_out`` were not the person's."""

    rows: tuple[HandOnLine, ...]
    left_out: int
    colleagues: Names


def colleagues_for(session: Session, actor: Actor, task_id: int, day: date) -> Names:
    """Return who may be handed the task on *day*; nobody of more than 300.

    Call it for a task that *actor* may do: it says nothing about the renewal.
    """
    task = session.get_one(UserTask, task_id)
    return _colleagues(session, actor, [(task, session.get_one(Renewal, task.instance_id))], day)


def hand_on_page(session: Session, actor: Actor, task_ids: Sequence[int], present: Present) -> HandOnPage:
    """Return those of *task_ids* that *actor* may hand on, and who may be handed all of them; three statements."""
    found = tasks_at_hand(session, actor, task_ids, UserTask.delegated_by.is_(None))
    pairs = [(row.UserTask, row.Renewal) for row in found]
    return HandOnPage(
        rows=tuple(_line(row, present) for row in found),
        left_out=len(set(task_ids)) - len(found),
        colleagues=_colleagues(session, actor, pairs, present.today),
    )


def _line(row: Any, present: Present) -> HandOnLine:
    task: UserTask = row.UserTask
    return HandOnLine(
        task_id=task.id,
        name=task.name,
        action_id=task.action_id,
        plate=shown_plate(row.Vehicle.plate),
        customer=shown_customer(row.Customer),
        due_date=due_day(task.due_at, present.zone),
    )


def _role_asked(task: UserTask, renewal: Renewal) -> Role:
    return role_asked(Role(task.role), is_recalled=renewal.is_recalled)


def _colleagues(
    session: Session, actor: Actor, pairs: Sequence[tuple[UserTask, Renewal]], day: date
) -> Names:
    """Who fits every task; places that many tasks share are looked up once."""
    directory = directory_on(session, day)
    places = {(_role_asked(t, r), r.workplace_code, r.sub_branch_code, r.branch_code) for t, r in pairs}
    fit = [fitting(directory, role, units_of(directory, *codes)) for role, *codes in places]
    holders = {task.assignee_no for task, _ in pairs}
    numbers = frozenset.intersection(*fit) - actor.numbers - holders if fit else frozenset()
    if len(numbers) > MOST:
        return ()
    names = people_names(session, numbers)
    return tuple(
        sorted(((number, names.get(number, number)) for number in numbers), key=lambda one: one[::-1])
    )
