"""A new owner's clock: whoever takes a renewal over contacts the customer within three workdays."""

from __future__ import annotations

from datetime import date, timedelta

from engine.clock import business_date, midnight
from engine.domain.codes import DeadlineEnd, DeadlineKind, Stage
from engine.domain.deadlines import WORKDAYS
from engine.domain.stage import stage_starts
from engine.services.context import StepScope
from engine.store.deadlines import Deadline, open_deadlines


def begin(scope: StepScope) -> None:
    """Start the clock of who answers for the renewal from now on; whoever had it before is out of it.

    It stops by the first effective contact (domain.md §4.2) that is recorded after this, whoever records it. Before
    the general follow-up nobody is asked for a contact yet (§1.1), so the days count from its beginning then.
    """
    _pass_on(scope)
    owner = scope.renewal.owner_no
    if owner is None:
        return
    deadline = _by_rule(scope)
    scope.tx.add(deadline)
    scope.record("first_contact_due", subject=owner, due=last_day(scope, deadline))


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
    """Return the last day on which *deadline* is met in time."""
    return business_date(deadline.due_at, scope.engine.clock.zone) - timedelta(days=1)


def _pass_on(scope: StepScope) -> None:
    for old in open_deadlines(scope.tx, scope.renewal.id, DeadlineKind.FIRST_CONTACT):
        old.settled_at, old.ending = scope.now, str(DeadlineEnd.PASSED_ON)


def _by_rule(scope: StepScope) -> Deadline:
    asked = stage_starts(scope.renewal.expiry_date)[Stage.FOLLOW_UP]
    return new_deadline(scope, DeadlineKind.FIRST_CONTACT, since=max(scope.today, asked))


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
