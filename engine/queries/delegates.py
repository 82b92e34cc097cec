"""Colleagues to whom a task may be handed, for the choice on its page."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.codes import Role
from engine.domain.delegation import fitting, units_of
from engine.queries.names import people_names
from engine.store.organisation import directory_on
from engine.store.renewals import Renewal
from engine.store.tasks import UserTask

MOST = 300
"""Of more colleagues nobody is offered: the number is typed."""


def colleagues_for(session: Session, actor: Actor, task_id: int, day: date) -> tuple[tuple[str, str], ...]:
    """Return (employee number, name) of who may be handed the task on *day*, by name; nobody of more than 300.

    Call it for a task that *actor* may do: it says nothing about the renewal.
    """
    task = session.get_one(UserTask, task_id)
    renewal = session.get_one(Renewal, task.instance_id)
    directory = directory_on(session, day)
    units = units_of(directory, renewal.workplace_code, renewal.sub_branch_code, renewal.branch_code)
    numbers = fitting(directory, Role(task.role), units) - actor.numbers - {task.assignee_no}
    if len(numbers) > MOST:
        return ()
    names = people_names(session, numbers)
    return tuple(
        sorted(((number, names.get(number, number)) for number in numbers), key=lambda one: one[::-1])
    )
