"""A new owner's clock: whoever takes a renewal over contacts the customer within three workdays."""

from __future__ import annotations

from datetime import timedelta

from engine.clock import midnight
from engine.domain.codes import DeadlineEnd, DeadlineKind
from engine.domain.deadlines import WORKDAYS
from engine.services.context import StepScope
from engine.store.deadlines import Deadline, open_deadlines


def begin(scope: StepScope) -> None:
    """Start the clock of who answers for the renewal from now on; whoever had it before is out of it.

    It stops by the first effective contact (domain.md §4.2) that is recorded after this, whoever records it.
    """
    kind = DeadlineKind.FIRST_CONTACT
    for old in open_deadlines(scope.tx, scope.renewal.id, kind):
        old.settled_at, old.ending = scope.now, str(DeadlineEnd.PASSED_ON)
    owner = scope.renewal.owner_no
    if owner is None:
        return
    day = scope.engine.workdays().add_workdays(scope.today, WORKDAYS[kind])
    scope.tx.add(new_deadline(scope, kind))
    scope.record("first_contact_due", subject=owner, due=day)


def new_deadline(scope: StepScope, kind: DeadlineKind) -> Deadline:
    """Return a deadline of *kind* for the renewal that runs from today; the caller adds it."""
    row, engine = scope.renewal, scope.engine
    last = engine.workdays().add_workdays(scope.today, WORKDAYS[kind])
    return Deadline(
        kind=str(kind),
        instance_id=row.id,
        unit_code=row.workplace_code,
        branch_code=row.branch_code,
        owner_no=row.owner_no,
        contacts=row.contacts,
        started_at=scope.now,
        due_at=midnight(last + timedelta(days=1), engine.clock.zone),
    )
