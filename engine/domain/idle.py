"""Agents who are to be coached: nobody was contacted for five workdays; pure.

Source: domain.md §1.2 G-L2 (an agent with 0 contacts in 5 days). Days are workdays on which the agent was there: the
span in which every other follow-up is counted (§1.3) [inferred 推断].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

IDLE_WORKDAYS = 5
"""Whole workdays without a contact after which the supervisor hears of it."""
LONGEST = timedelta(days=366)
"""So far back is counted: who was away for longer begins anew."""
Away = tuple[date, date]
"""First and last day of an absence, both included."""


def latest_start(today: date) -> date:
    """Return the last day on which the count can have begun for somebody who is idle *today*."""
    return today - timedelta(days=IDLE_WORKDAYS + 1)


def is_idle(since: date, today: date, *, is_workday: Callable[[date], bool], away: Iterable[Away]) -> bool:
    """Whether five whole workdays of presence lie between *since* and *today*, both left out."""
    absences, counted = tuple(away), 0
    day = today - timedelta(days=1)
    while day > max(since, today - LONGEST):
        counted += is_workday(day) and not any(first <= day <= last for first, last in absences)
        if counted == IDLE_WORKDAYS:
            return True
        day -= timedelta(days=1)
    return False
