"""Who is responsible: at the start, when people leave, and for each task (domain.md §1.5, §7 case 13–16)."""

from __future__ import annotations

from typing import Any

from engine.domain.codes import Role
from engine.domain.directory import Responsible
from engine.services.context import StepScope
from engine.store.organisation import directory_on
from engine.store.renewals import Renewal

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


def responsible_of(renewal: Renewal) -> Responsible:
    """Read the responsible people back from a renewal's row."""
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
    )


def assign(scope: StepScope, people: Responsible, *, reason: str | None = None) -> None:
    """Make *people* answer for the renewal; each change is recorded, open tasks move along."""
    row = scope.renewal
    for name in FIELDS:
        old, new = getattr(row, name), getattr(people, name)
        new = str(new) if new is not None else None
        if old != new:
            setattr(row, name, new)
            change: dict[str, Any] = {"field": name, "from": old, "to": new}
            scope.record("responsible_changed", reason=reason, **change)
    row.is_orphan = people.is_orphan
    for task in scope.tasks:
        to = people.assignee_for(Role(task.role))
        if to != task.assignee_no:
            move: dict[str, Any] = {"from": task.assignee_no, "to": to}
            scope.record("task_reassigned", about=task, subject=task.name, reason=reason, **move)
            task.assignee_no, task.claimed_by, task.claimed_at = to, None, None
            task.status, task.version = "open", task.version + 1


def agent_left(scope: StepScope, agent_no: str) -> None:
    """Turn the renewal into an orphan policy handed to the next in line; the old agent loses access."""
    row = scope.renewal
    directory = directory_on(scope.tx, scope.today)
    found = directory.responsible_for(
        agent_no=None,
        sub_branch_code=row.sub_branch_code,
        workplace_code=row.workplace_code,
        specialist_no=row.specialist_no,
    )
    keep = row.supervisor_no if directory.post_of(row.supervisor_no, Role.SUPERVISOR) else found.supervisor_no
    owner = next(
        (
            (number, role)
            for number, role in (
                (keep, Role.SUPERVISOR),
                (found.trainer_no, Role.TRAINER),
                (found.specialist_no, Role.SPECIALIST),
            )
            if number
        ),
        (None, Role.CHANNEL),
    )
    people = Responsible(
        owner_no=owner[0],
        owner_role=owner[1],
        agent_no=None,
        supervisor_no=keep,
        trainer_no=found.trainer_no,
        specialist_no=found.specialist_no,
        team_code=row.team_code,
        workplace_code=row.workplace_code,
        sub_branch_code=row.sub_branch_code,
        branch_code=row.branch_code,
        is_orphan=True,
    )
    assign(scope, people, reason=f"agent_left {agent_no}")
