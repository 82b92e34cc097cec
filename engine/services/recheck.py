"""The day on which a supervisor looks again after coaching (G-L2): kept, and told when nothing happened until then.

It is met by an effective contact (domain.md §4.2) or by coaching again before; else those in charge hear of it on
the agreed day at eight, and it stands on their home page until it is met (engine/services/deadlines.py).
"""

from __future__ import annotations

from datetime import date, datetime

from engine.domain.codes import DeadlineEnd, DeadlineKind
from engine.domain.notice_hours import OPENS
from engine.services.context import StepScope
from engine.services.first_contact import deadline_at
from engine.store.deadlines import open_deadlines

AGREED = "recheck_agreed"


def agree(scope: StepScope, day: date | None) -> None:
    """Keep *day* as the one to look again; None when nothing is left to look at. What was agreed before is met."""
    kind, row = DeadlineKind.RECHECK, scope.renewal
    for old in open_deadlines(scope.tx, row.id, kind):
        old.settled_at, old.ending = scope.now, str(DeadlineEnd.MET)
        scope.record(
            "deadline_ended", kind=str(kind), ending=str(DeadlineEnd.MET), late=old.rung_at is not None
        )
    if day is None:
        return
    scope.tx.add(deadline_at(scope, kind, datetime.combine(day, OPENS, scope.engine.clock.zone)))
    scope.record(AGREED, due=day)
