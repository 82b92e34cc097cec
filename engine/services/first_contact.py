"""A new owner's clock: whoever takes a renewal over contacts the customer within three workdays."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from engine.clock import business_date, midnight
from engine.domain.codes import DeadlineEnd, DeadlineKind, Stage
from engine.domain.contacts import CONTACT_FORMS
from engine.domain.deadlines import WORKDAYS
from engine.domain.stage import stage_last_day, stage_starts
from engine.services.context import StepScope
from engine.services.waits import AGREED_BESIDE_QUOTE, CONTACT_WAITS, QUOTE_WAITS
from engine.store.deadlines import Deadline, open_deadlines

_ASKING = frozenset({*CONTACT_FORMS, "give_actual_quote", "dispatch_list", "hand_to_win_back"})
"""The forms of a contact, and of what a contact follows when it is done."""
_WAITS = CONTACT_WAITS | AGREED_BESIDE_QUOTE | QUOTE_WAITS
_LATER = (Stage.KEY_TRACKING, Stage.SUMMARY, Stage.WIN_BACK)
"""The stages after the general follow-up; each asks for a contact when it begins."""


def begin(scope: StepScope) -> None:
    """Start the clock of who answers for the renewal from now on; whoever had it before is out of it.

    It stops by the first effective contact (domain.md §4.2) that is recorded after this, whoever records it. The days
    count from when somebody is asked for a contact: now, or on the day that stands for the next one, or when the next
    stage begins that asks for one (§1.1). Where nobody will be asked any more there is no clock.
    """
    kind = DeadlineKind.FIRST_CONTACT
    for old in open_deadlines(scope.tx, scope.renewal.id, kind):
        old.settled_at, old.ending = scope.now, str(DeadlineEnd.PASSED_ON)
    owner, asked = scope.renewal.owner_no, contact_asked_on(scope)
    if owner is None or asked is None:
        return
    deadline = new_deadline(scope, kind, since=asked)
    scope.tx.add(deadline)
    scope.record("first_contact_due", subject=owner, due=last_day(scope, deadline))


def contact_asked_on(scope: StepScope) -> date | None:
    """The first day from today on which a task asks for a contact; None when none will, or the customer wants none."""
    if scope.customer is not None and scope.customer.do_not_contact:
        return None
    starts = stage_starts(scope.renewal.expiry_date)
    if scope.today < starts[Stage.FOLLOW_UP]:
        return starts[Stage.FOLLOW_UP]
    if any(task.form_id in _ASKING for task in scope.tasks):
        return scope.today
    zone, last = (
        scope.engine.clock.zone,
        stage_last_day(Stage(scope.renewal.stage), scope.renewal.expiry_date),
    )
    waits = [business_date(timer.due_at, zone) for timer in scope.timers if timer.element_id in _WAITS]
    days = [day for day in waits if last is None or day <= last]
    later = [starts[stage] for stage in _LATER if starts[stage] > scope.today]
    return max(scope.today, min(days)) if days else min(later, default=None)


def last_day(scope: StepScope, deadline: Deadline) -> date:
    """The last whole day of a deadline, which is due at the midnight after it."""
    return business_date(deadline.due_at, scope.engine.clock.zone) - timedelta(days=1)


def new_deadline(scope: StepScope, kind: DeadlineKind, *, since: date | None = None) -> Deadline:
    """Return a deadline of *kind* for the renewal that runs from *since*, today by default; the caller adds it."""
    engine = scope.engine
    last = engine.workdays().add_workdays(since or scope.today, WORKDAYS[kind])
    return deadline_at(scope, kind, midnight(last + timedelta(days=1), engine.clock.zone))


def deadline_at(scope: StepScope, kind: DeadlineKind, due_at: datetime) -> Deadline:
    """Return a deadline of *kind* for the renewal as it stands now; the caller adds it."""
    row = scope.renewal
    return Deadline(
        kind=str(kind),
        instance_id=row.id,
        unit_code=row.workplace_code,
        branch_code=row.branch_code,
        owner_no=row.owner_no,
        contacts=row.contacts,
        started_at=scope.now,
        due_at=due_at,
    )
