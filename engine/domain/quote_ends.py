"""When the end of an actual quote is told of, and when it has come; pure.

Source: domain.md §1 G-S2 («expiry of quote, remind»), §7 case 35 (quotes have a validity).
"""

from __future__ import annotations

from datetime import date, timedelta

BEFORE = timedelta(days=1)
"""How long before the last valid day agent and specialist are reminded."""


def first_look(valid_until: date | None) -> date | None:
    """Return the day on which a new quote is looked at first: that of the reminder; None when it has no end."""
    return valid_until - BEFORE if valid_until is not None else None


def has_ended(valid_until: date, today: date) -> bool:
    """Whether the quote binds nobody on *today* any more: it holds through its last valid day."""
    return today > valid_until


def is_ending(valid_until: date, today: date) -> bool:
    """Whether it is time to remind of the end."""
    return valid_until - BEFORE <= today <= valid_until


def next_look(valid_until: date, today: date) -> date | None:
    """Return the day after *today* on which the quote is looked at again; None once it has ended."""
    if has_ended(valid_until, today):
        return None
    return valid_until + timedelta(days=1) if is_ending(valid_until, today) else first_look(valid_until)
