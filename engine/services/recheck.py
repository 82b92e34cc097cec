"""Days on which somebody looks again: kept, and told when nothing happened until then.

The supervisor after coaching (G-L2), and the customer's next follow-up that a sweep agreed on (S-S1). Such a day is
met by an effective contact (domain.md §4.2) or by another one agreed on before; else those in charge hear of it on
the day at eight, and it stands on their home page until it is met (engine/services/deadlines.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from engine.clock import midnight
from engine.domain.codes import DeadlineEnd, DeadlineKind
from engine.domain.notice_hours import OPENS
from engine.services.context import StepScope
from engine.services.first_contact import deadline_at
from engine.store.deadlines import open_deadlines

AGREED: Mapping[DeadlineKind, str] = {
    DeadlineKind.RECHECK: "recheck_agreed",
    DeadlineKind.FOLLOW_UP: "follow_up_agreed",
}
"""What the history says of each."""


def agree(scope: StepScope, day: date | None, *, kind: DeadlineKind = DeadlineKind.RECHECK) -> None:
    """Keep *day* as the one to look again; None when nothing is left to look at. What was agreed before ends."""
    row = scope.renewal
    for old in open_deadlines(scope.tx, row.id, kind):
        ending = _ending(kind, is_reached=row.contacts > old.contacts)
        old.settled_at, old.ending = scope.now, str(ending)
        scope.record("deadline_ended", kind=str(kind), ending=str(ending), late=old.rung_at is not None)
    if day is None:
        return
    scope.tx.add(deadline_at(scope, kind, _moment(scope, day)))
    scope.record(AGREED[kind], due=day)


def _ending(kind: DeadlineKind, *, is_reached: bool) -> DeadlineEnd:
    """How an older day ends: coaching again meets it, a newer sweep takes its place unless somebody was reached."""
    return DeadlineEnd.REPLACED if kind is DeadlineKind.FOLLOW_UP and not is_reached else DeadlineEnd.MET


def _moment(scope: StepScope, day: date) -> datetime:
    """Eight o'clock of *day*; the end of it when that is over already."""
    zone = scope.engine.clock.zone
    opens = datetime.combine(day, OPENS, zone)
    return opens if opens > scope.now else midnight(day + timedelta(days=1), zone)
