"""When a person's task is due: the end of a workday, pulled before a holiday, never past the stage.

What is urgent is due at an instant instead, days off or not: a late entry leaves no workday to wait for.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.clock import SHANGHAI, midnight
from engine.domain.workdays import Workdays

UNRULED_WORKDAYS = 2
LATE_WORKDAYS = 1
_DAY = timedelta(days=1)


def due_date(
    rule_date: date | None, *, today: date, workdays: Workdays, stage_ends: date | None = None
) -> date:
    """Return the business date at whose end a task created *today* is due.

    Args:
        rule_date: what the diagram's due rule gives; None when it has none.
        today: business date of the task's creation.
        workdays: calendar of the branch.
        stage_ends: last day of the stage (``stage_last_day``); None when the task outlives stages.

    In this order:

    1. no rule: two workdays from today;
    2. a rule date on a day off moves back to the last workday before it, so that work is done before
       the holiday, not after the lapse;
    3. a rule date that is today or past, or that step 2 moved before today, comes from a late entry:
       one workday from today. Step 2 may move it *to* today: the last workday before the holiday;
    4. nothing is due after the stage ends: its last workday from today on, or its last day when only
       days off are left. A stage already over binds nothing.

    The result is never before *today*.

    Source: domain.md §7 cases 1, 2, 18 and 19.
    """
    day = _wanted(rule_date, today, workdays)
    if stage_ends is None or stage_ends < today or day <= stage_ends:
        return day
    last = workdays.roll_back(stage_ends)
    return last if last >= today else stage_ends


def due_at(
    rule: date | datetime | None,
    *,
    today: date,
    workdays: Workdays,
    stage_ends: date | None = None,
    tz: ZoneInfo = SHANGHAI,
) -> datetime:
    """Return the instant (aware, UTC) from which a task created *today* is late: the end of `due_date`.

    An instant as *rule* stands as it is: urgent work counts hours, also over days off (domain.md §7 case 2).
    With ``stage_ends`` in force it is at the latest the instant at which the next stage starts.
    """
    if isinstance(rule, datetime):
        if stage_ends is None or stage_ends < today:
            return rule
        return min(rule, midnight(stage_ends + _DAY, tz))
    return midnight(due_date(rule, today=today, workdays=workdays, stage_ends=stage_ends) + _DAY, tz)


def _wanted(rule_date: date | None, today: date, workdays: Workdays) -> date:
    if rule_date is None:
        return workdays.add_workdays(today, UNRULED_WORKDAYS)
    rolled = workdays.roll_back(rule_date)
    if rule_date <= today or rolled < today:
        return workdays.add_workdays(today, LATE_WORKDAYS)
    return rolled
