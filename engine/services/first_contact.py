"""A new owner's clock: whoever takes a renewal over contacts the customer within three workdays."""

from __future__ import annotations

from datetime import date, timedelta

from engine.clock import business_date, midnight
from engine.domain.codes import DeadlineEnd, DeadlineKind, Stage
from engine.domain.deadlines import WORKDAYS
from engine.domain.stage import stage_starts
from engine.services.context import StepScope
from engine.store.deadlines import Deadline, open_deadlines


def begin(scope: StepScope) -> Deadline | None:
    """Start the clock of who answers for the renewal from now on; whoever had it before is out of it.

    It stops by the first effective contact (domain.md §4.2) that is recorded after this, whoever records it. Before
    the general follow-up nobody is asked for a contact yet (§1.1), so the days count from its beginning then.
    Returns the clock; None where nobody answers for the renewal.
    """
    kind = DeadlineKind.FIRST_CONTACT
    for old in open_deadlines(scope.tx, scope.renewal.id, kind):
        old.settled_at, old.ending = scope.now, str(DeadlineEnd.PASSED_ON)
    owner = scope.renewal.owner_no
    if owner is None:
        return None
    asked = stage_starts(scope.renewal.expiry_date)[Stage.FOLLOW_UP]
    deadline = new_deadline(scope, kind, since=max(scope.today, asked))
    scope.tx.add(deadline)
    day = business_date(deadline.due_at, scope.engine.clock.zone) - timedelta(days=1)
    scope.record("first_contact_due", subject=owner, due=day)
    return deadline


def new_deadline(scope: StepScope, kind: DeadlineKind, *, since: date | None = None) -> Deadline:
    """Return a deadline of *kind* for the renewal that runs from *since*, today by default; the caller adds it."""
    row, engine = scope.renewal, scope.engine
    last = engine.workdays().add_workdays(since or scope.today, WORKDAYS[kind])
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
