"""The nodes at which an agent is told how far his policies are from their expiry (P-C6); pure.

Source: domain.md §1.1 P-C6 (nodes, one message an agent and day), §4.9 (what it may say: numbers, no names).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from engine.domain.stage import days_left

NEW_LIST = 60
"""The node of a new list: the distribution itself tells of it."""
LAPSED = -1
CHASED, MENDING, RECHECK, FOLLOW_UP, ESCALATED, QUOTE_ENDS = 101, 102, 103, 104, 105, 110
"""No nodes of an expiry, but told in the same message of the day: a specialist's reminder (K-S2), what a check found
missing (G-S1), an agreed day to look again (G-L2) or to follow up (S-S1), something to be coordinated (K-L1), an
actual quote that soon ends (G-S2)."""
NODES = (45, 30, 15, 7, 3, 0, LAPSED)
"""Calendar days before expiry on which an agent is told, in the order they come; LAPSED is the day after it."""


def node_on(today: date, expiry_date: date) -> int:
    """Return the newest node a policy has reached on *today* (business dates): one of NODES, or NEW_LIST before them.

    Of several that were missed only this one is told: the message of a late tick speaks of what is true.
    """
    left = days_left(today, expiry_date)
    return min((node for node in NODES if left <= node), default=NEW_LIST)


def next_node_day(node: int, expiry_date: date) -> date | None:
    """Return the day on which a policy at *node* reaches its next one; None after the last."""
    later = [one for one in NODES if one < node]
    return expiry_date - timedelta(days=later[0]) if later else None


def list_day(expiry_date: date) -> date:
    """Return the day on which a policy belongs on a new list: to be looked at from then on."""
    return expiry_date - timedelta(days=NEW_LIST)


def told_text(counts: Mapping[int, int]) -> str:
    """Say how many policies stand at which node, as part of a work message: “3位车险客户60天内到期”.

    *counts* has at least one entry above 0. The words hold on any day on which the message may be read.
    """
    if len(counts) == 1 and (alone := _ALONE.get(next(iter(counts)))):
        return f"{next(iter(counts.values()))}位车险客户{alone}"
    return "车险客户" + "、".join(_at(node, counts[node]) for node in sorted(counts, reverse=True))


_ALONE: Mapping[int, str] = {
    NEW_LIST: "60天内到期",
    CHASED: "被专员催办",
    MENDING: "的信息待补正",
    RECHECK: "约定的复查日已到，尚无新的有效联系",
    FOLLOW_UP: "约定的跟进日已到，尚无新的有效联系",
    ESCALATED: "有事项需您协调",
    QUOTE_ENDS: "的实际报价临近有效期",
}
_AMONG: Mapping[int, str] = {
    NEW_LIST: "新下发",
    CHASED: "被专员催办",
    MENDING: "信息待补正",
    RECHECK: "复查日已到",
    FOLLOW_UP: "跟进日已到",
    ESCALATED: "需您协调",
    QUOTE_ENDS: "报价临近有效期",
}


def _at(node: int, count: int) -> str:
    if node in _AMONG:
        return f"{_AMONG[node]}{count}位"
    if node == LAPSED:
        return f"到期未续{count}位"
    return f"到期当日{count}位" if node == 0 else f"{node}天内到期{count}位"
