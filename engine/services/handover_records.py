"""Hand-over records of what moved by effective date: an agent who moved, a specialist who changed (case 14, 17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from engine.domain.codes import HandoverKind, HandoverRowStatus, HandoverStatus, Role, SplitRule
from engine.domain.directory import Responsible
from engine.services.context import StepScope
from engine.services.handover_people import changes_between
from engine.services.handover_plan import mark_of
from engine.store.handover import Handover, HandoverRow, handover_by_date, rows_of_renewals

WATCHED = (Role.SPECIALIST, Role.TRAINER, Role.SUPERVISOR)


def note_moved(scope: StepScope, before: Responsible, after: Responsible) -> None:
    """Write a renewal that followed the organisation into the record of whom it concerns, one a person and day."""
    changes = changes_between(before, after)
    whom = _whom(before, after, changes)
    if whom is None:
        return
    number, role, unit, to = whom
    last_day = scope.today - timedelta(days=1)
    record = handover_by_date(scope.tx, number, role, last_day)
    if record is None:
        record = Handover(
            kind=str(HandoverKind.ORGANISATION),
            from_no=number,
            role=str(role),
            unit_code=unit,
            last_day=last_day,
            status=str(HandoverStatus.DONE),
            created_by=scope.actor.name,
            created_at=scope.now,
            confirmed_by=scope.actor.name,
            confirmed_at=scope.now,
            finished_at=scope.now,
            ended_posts=[],
        )
        scope.tx.add(record)
        scope.tx.write()
    known = next(iter(rows_of_renewals(scope.tx, record.id, [scope.renewal.id])), None)
    if known is not None:
        known.changes = [*known.changes, *changes]
        return
    scope.tx.add(
        HandoverRow(
            handover_id=record.id,
            instance_id=scope.renewal.id,
            to_no=to,
            rule=str(SplitRule.BY_DATE),
            seen=mark_of(scope.renewal),
            changes=changes,
            status=str(HandoverRowStatus.DONE),
        )
    )
    scope.tx.write()


def _whom(
    before: Responsible, after: Responsible, changes: Sequence[dict[str, Any]]
) -> tuple[str, Role, str, str | None] | None:
    """Whose record it is: an agent who left or moved, else whoever was replaced; a filled vacancy is nobody's."""
    unit = before.team_code or before.workplace_code or before.sub_branch_code or before.branch_code or "-"
    changed = {change["field"] for change in changes}
    if before.agent_no is not None and "agent_no" in changed:
        return before.agent_no, Role.AGENT, unit, after.owner_no
    if before.agent_no is not None and changed & {"workplace_code", "team_code"}:
        return before.agent_no, Role.AGENT, unit, before.agent_no
    for role in WATCHED:
        number = getattr(before, f"{role}_no")
        if number is not None and f"{role}_no" in changed:
            place = before.workplace_code or unit
            home = before.sub_branch_code if role is Role.SPECIALIST else place
            return number, role, home or unit, getattr(after, f"{role}_no")
    return None
