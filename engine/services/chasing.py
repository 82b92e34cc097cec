"""What a specialist's look at a policy sets off: those named on the form hear of it (K-S2, G-S1).

In their one work message of the day (domain.md §4.9): a reminder is no reason for a second one. Until when
something is to be there stands in the history and on the renewal; the message counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from engine.domain.codes import Role
from engine.domain.nodes import CHASED, ESCALATED, MENDING
from engine.services.context import StepScope
from engine.services.outbox import tell_agent

REMINDED, RAISED = "policy_chased", "issue_escalated"


def chase(scope: StepScope, roles: Iterable[str], *, by: date | None = None) -> None:
    """Have each of *roles* of this renewal told, in working hours; *by* is when what was found missing is due."""
    row = scope.renewal
    people = {
        Role.AGENT: row.agent_no or row.owner_no,
        Role.SUPERVISOR: row.supervisor_no,
        Role.TRAINER: row.trainer_no,
    }
    numbers = {people.get(Role(role)) for role in roles if role in people}
    for number in sorted(one for one in numbers if one and one not in scope.actor.numbers):
        tell_agent(
            scope.tx,
            agent_no=number,
            instance_id=row.id,
            node=CHASED if by is None else MENDING,
            now=scope.now,
            clock=scope.engine.clock,
        )
        until: dict[str, Any] = {} if by is None else {"by": by}
        scope.record(REMINDED, assignee=number, **until)


def escalate(scope: StepScope, issue: str) -> None:
    """Have supervisor and specialist told that something is to be coordinated (K-L1); the specialist reports it up."""
    row = scope.renewal
    above = {number for number in (row.supervisor_no, row.specialist_no) if number}
    for number in sorted(above - set(scope.actor.numbers)):
        tell_agent(
            scope.tx,
            agent_no=number,
            instance_id=row.id,
            node=ESCALATED,
            now=scope.now,
            clock=scope.engine.clock,
        )
        scope.record(RAISED, assignee=number, issue=issue)
