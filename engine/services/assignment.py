"""Who is responsible: at the start, when people leave, and for each task (domain.md §1.5, §7 case 13–16)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.domain.codes import Role
from engine.domain.directory import Responsible
from engine.domain.succession import kept_from_life, successors
from engine.services import first_contact
from engine.services.context import StepScope
from engine.store.organisation import directory_on

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


def assign(scope: StepScope, people: Responsible, *, reason: str | None = None) -> None:
    """Make *people* answer for the renewal; each change is recorded, open tasks move along.

    A new owner's clock for the first contact starts, unless the list is only handed out. While the renewal is
    recalled from the life insurer none of its people gets it, whoever is named.
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
    for task in scope.tasks:
        to = people.assignee_for(Role(task.role))
        is_handed_on = task.delegated_by is not None
        if to != (task.principal_no if is_handed_on else task.assignee_no):
            move: dict[str, Any] = {"from": task.assignee_no, "to": to}
            scope.record("task_reassigned", about=task, subject=task.name, reason=reason, **move)
            task.assignee_no, task.claimed_by, task.claimed_at = to, None, None
            task.delegated_by = task.principal_no = task.follow_up_at = None
            task.status, task.version = "open", task.version + 1
    if row.owner_no != before and reason != DISPATCH:
        first_contact.begin(scope)


def hand_to(scope: StepScope, employee_no: object, *, reason: str) -> None:
    """Make the named person responsible, who serves; nothing happens when that person is already."""
    number = str(employee_no or "")
    if not number or number in (scope.renewal.agent_no, scope.renewal.owner_no):
        return
    directory = directory_on(scope.tx, scope.today)
    row = scope.renewal
    if directory.post_of(number, Role.AGENT):
        people = directory.responsible_for(
            agent_no=number,
            sub_branch_code=row.sub_branch_code,
            workplace_code=row.workplace_code,
            specialist_no=row.specialist_no,
        )
        assign(scope, people, reason=reason)
        return
    role = next(
        (r for r in (Role.SUPERVISOR, Role.TRAINER, Role.SPECIALIST) if directory.post_of(number, r)), None
    )
    if role is not None:
        kept = responsible_of(row)
        changes: dict[str, Any] = {"owner_no": number, "owner_role": role, f"{role}_no": number}
        assign(scope, replace(kept, **changes), reason=reason)


def agent_left(scope: StepScope, agent_no: str) -> None:
    """Turn the renewal into an orphan policy handed to the next in line; the old agent loses access."""
    orphan = replace(
        responsible_of(scope.renewal), agent_no=None, owner_no=None, owner_role=None, is_orphan=True
    )
    people = successors(directory_on(scope.tx, scope.today), orphan)
    scope.renewal.orphan_route = None
    assign(scope, people, reason=f"agent_left {agent_no}")
