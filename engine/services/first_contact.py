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


def begin(scope: StepScope, *, contact_follows: bool = False) -> Deadline | None:
    """Start the clock of who answers for the renewal from now on; whoever had it before is out of it.

    It stops by the first effective contact (domain.md §4.2) that is recorded after this, whoever records it. The days
    count from when somebody is asked for a contact: now, or on the day that stands for the next one, or when the next
    stage begins that asks for one (§1.1). Where nobody will be asked any more there is no clock. Returns the clock.
    *contact_follows*: the step under way asks for the contact, though no task does yet.
    """
    _pass_on(scope)
    owner, asked = scope.renewal.owner_no, contact_asked_on(scope, contact_follows=contact_follows)
    if owner is None or asked is None:
        return None
    deadline = new_deadline(scope, DeadlineKind.FIRST_CONTACT, since=asked)
    scope.tx.add(deadline)
    scope.record("first_contact_due", subject=owner, due=last_day(scope, deadline))
    return deadline


def contact_asked_on(scope: StepScope, *, contact_follows: bool = False) -> date | None:
    """The first day from today on which a task asks for a contact; None when none will, or the customer wants none."""
    if scope.customer is not None and scope.customer.do_not_contact:
        return None
    starts = stage_starts(scope.renewal.expiry_date)
    if scope.today < starts[Stage.FOLLOW_UP]:
        return starts[Stage.FOLLOW_UP]
    if contact_follows or any(task.form_id in _ASKING for task in scope.tasks):
        return scope.today
    zone, last = (
        scope.engine.clock.zone,
        stage_last_day(Stage(scope.renewal.stage), scope.renewal.expiry_date),
    )
    waits = [business_date(timer.due_at, zone) for timer in scope.timers if timer.element_id in _WAITS]
    days = [day for day in waits if last is None or day <= last]
    later = [starts[stage] for stage in _LATER if starts[stage] > scope.today]
    return max(scope.today, min(days)) if days else min(later, default=None)


def agree(scope: StepScope, day: date) -> None:
    """Let the clock of who answers for the renewal end with *day*: the channel department named it (K-C2).

    One that runs is set to it; where none runs, or its time is over already, another one begins.
    """
    owner = scope.renewal.owner_no
    if owner is None:
        return
    running = open_clock(scope)
    if running is None or running.rung_at is not None:
        _pass_on(scope)
        running = _by_rule(scope)
        scope.tx.add(running)
    elif last_day(scope, running) == day:
        return
    running.due_at = midnight(day + timedelta(days=1), scope.engine.clock.zone)
    scope.record("first_contact_agreed", subject=owner, due=day)


def latest_day(scope: StepScope) -> date:
    """Return the last day that may be named for the first contact: that of the rule, and within the cover."""
    day, expiry = last_day(scope, _by_rule(scope)), scope.renewal.expiry_date
    return min(day, expiry) if scope.today <= expiry else day


def open_clock(scope: StepScope) -> Deadline | None:
    """Return the clock that runs for the owner's first contact, if one does."""
    scope.tx.flush()  # it may have begun in this very step
    found = open_deadlines(scope.tx, scope.renewal.id, DeadlineKind.FIRST_CONTACT)
    return found[-1] if found else None


def last_day(scope: StepScope, deadline: Deadline) -> date:
    """The last whole day of a deadline, which is due at the midnight after it."""
    return business_date(deadline.due_at, scope.engine.clock.zone) - timedelta(days=1)


def _pass_on(scope: StepScope) -> None:
    for old in open_deadlines(scope.tx, scope.renewal.id, DeadlineKind.FIRST_CONTACT):
        old.settled_at, old.ending = scope.now, str(DeadlineEnd.PASSED_ON)


def _by_rule(scope: StepScope) -> Deadline:
    asked = stage_starts(scope.renewal.expiry_date)[Stage.FOLLOW_UP]
    since = contact_asked_on(scope) or max(scope.today, asked)
    return new_deadline(scope, DeadlineKind.FIRST_CONTACT, since=since)


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
