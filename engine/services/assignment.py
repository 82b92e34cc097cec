"""Who is responsible: at the start, when people leave, and for each task (domain.md §1.5, §7 case 13–16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.domain.codes import Role
from engine.domain.contacts import CONTACT_FORMS
from engine.domain.directory import Directory, Responsible
from engine.domain.naming import OF_PROPERTY, OWNERS, Place, roles_named, serves
from engine.domain.succession import kept_from_life, successors
from engine.services import first_contact
from engine.services.context import StepScope
from engine.store.organisation import directory_on
from engine.store.renewals import Renewal
from engine.store.tasks import UserTask

FIELDS = (
    "owner_no",
    "owner_role",
    "agent_no",
    "supervisor_no",
    "trainer_no",
    "specialist_no",
    "team_code",
    "workplace_code",
    "sub_branch_code",
    "branch_code",
)


DISPATCH = "P-S1"
"""The first hand-out of a list: nobody takes anything over from anybody."""
WIN_BACK = "S-S4"
"""The hand-over to the win-back: the contact is asked for by the very step that names who makes it."""


def responsible_of(renewal: Any) -> Responsible:
    """Read the responsible people back from a renewal's row, or from a row of its columns."""
    return Responsible(
        owner_no=renewal.owner_no,
        owner_role=Role(renewal.owner_role) if renewal.owner_role else None,
        agent_no=renewal.agent_no,
        supervisor_no=renewal.supervisor_no,
        trainer_no=renewal.trainer_no,
        specialist_no=renewal.specialist_no,
        team_code=renewal.team_code,
        workplace_code=renewal.workplace_code,
        sub_branch_code=renewal.sub_branch_code,
        branch_code=renewal.branch_code,
        is_orphan=renewal.is_orphan,
        is_recalled=renewal.is_recalled,
    )


def place_of(renewal: Renewal) -> Place:
    """Return where a renewal is looked after."""
    return Place(renewal.workplace_code, renewal.sub_branch_code)


def roles_of(
    renewal: Renewal, field: str, answers: Mapping[str, Any], directory: Directory, place: Place
) -> tuple[Role, ...]:
    """Return the roles of which *field* takes somebody for this renewal; of the property insurer while it is recalled."""
    return OF_PROPERTY if renewal.is_recalled else roles_named(field, answers, directory, place)


def assign(scope: StepScope, people: Responsible, *, reason: str | None = None) -> None:
    """Make *people* answer for the renewal; each change is recorded, open tasks move along.

    A new owner's clock for the first contact starts, unless the list is only handed out, and the contacts taken
    over are due no earlier. While the renewal is recalled from the life insurer none of its people gets it, whoever
    is named.
    """
    row = scope.renewal
    people = kept_from_life(people) if row.is_recalled else people
    before, role = row.owner_no, row.owner_role
    for name in FIELDS:
        old, new = getattr(row, name), getattr(people, name)
        new = str(new) if new is not None else None
        if old != new:
            setattr(row, name, new)
            change: dict[str, Any] = {"field": name, "from": old, "to": new}
            scope.record("responsible_changed", reason=reason, **change)
    row.is_orphan = people.is_orphan
    if not people.is_orphan or row.owner_role != role:
        row.orphan_route = None  # another kind of people answers now: how it is served is open again
    moved = []
    for task in scope.tasks:
        to = people.assignee_for(Role(task.role))
        is_handed_on = task.delegated_by is not None
        if to != (task.principal_no if is_handed_on else task.assignee_no):
            move: dict[str, Any] = {"from": task.assignee_no, "to": to}
            scope.record("task_reassigned", about=task, subject=task.name, reason=reason, **move)
            task.assignee_no, task.claimed_by, task.claimed_at = to, None, None
            task.delegated_by = task.principal_no = task.follow_up_at = None
            task.status, task.version = "open", task.version + 1
            moved.append(task)
    if row.owner_no != before and reason != DISPATCH:
        clock = first_contact.begin(scope, contact_follows=reason == WIN_BACK)
        if clock is not None:
            _give_time(scope, [task for task in moved if task.assignee_no == row.owner_no], clock.due_at)


def _give_time(scope: StepScope, tasks: Sequence[UserTask], until: datetime) -> None:
    """Let contacts that were taken over be due no earlier than the first one is: nobody starts late for others."""
    for task in tasks:
        if task.form_id in CONTACT_FORMS and task.due_at is not None and task.due_at < until:
            due: dict[str, Any] = {"from": task.due_at, "to": until}
            scope.record("task_due_moved", about=task, subject=task.name, action_id=task.action_id, **due)
            task.due_at = until


def hand_to(scope: StepScope, employee_no: object, *, reason: str, roles: Sequence[Role] = OWNERS) -> None:
    """Make the named person responsible in the first of *roles* that he holds; nobody named changes nothing.

    An agent's team and workplace come along. Anybody else answers for the renewal where it is: who serves it there
    in another role keeps it, too.

    Raises:
        ValueError: the person serves in none of *roles*; forms are checked before (services/named_people.py).
    """
    number = str(employee_no or "")
    if not number:
        return
    directory, row = directory_on(scope.tx, scope.today), scope.renewal
    role = next((held for held in roles if directory.post_of(number, held)), None)
    if role is None:
        raise ValueError(f"{number} serves in none of {', '.join(roles)}")
    if (row.owner_no, row.owner_role) == (number, role):
        return
    if role is Role.AGENT:
        people = directory.responsible_for(
            agent_no=number,
            sub_branch_code=row.sub_branch_code,
            workplace_code=row.workplace_code,
            specialist_no=row.specialist_no,
        )
        assign(scope, people, reason=reason)
        return
    changes: dict[str, Any] = {"owner_no": number, "owner_role": role}
    if serves(directory, number, role, place_of(row)):
        changes[f"{role}_no"] = number
    assign(scope, replace(responsible_of(row), **changes), reason=reason)


def name_trainer(scope: StepScope, employee_no: object, *, reason: str) -> None:
    """Make the named trainer the renewal's; one who answers for it in that role passes it on to him."""
    number, kept = str(employee_no or ""), responsible_of(scope.renewal)
    if not number or number == kept.trainer_no:
        return
    changes: dict[str, Any] = {"trainer_no": number}
    if (kept.owner_role, kept.owner_no) == (Role.TRAINER, kept.trainer_no):
        changes["owner_no"] = number
    assign(scope, replace(kept, **changes), reason=reason)


def agent_left(scope: StepScope, agent_no: str) -> None:
    """Turn the renewal into an orphan policy handed to the next in line; the old agent loses access."""
    orphan = replace(
        responsible_of(scope.renewal), agent_no=None, owner_no=None, owner_role=None, is_orphan=True
    )
    people = successors(directory_on(scope.tx, scope.today), orphan)
    scope.renewal.orphan_route = None
    assign(scope, people, reason=f"agent_left {agent_no}")
