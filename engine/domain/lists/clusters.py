"""Rows of a list that belong to one renewal (domain.md §7 case 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from engine.domain.codes import Line, Stage
from engine.domain.lists import PolicyRow, RowKey
from engine.domain.stage import SAME_PERIOD, stage_on


def clusters(rows: Sequence[PolicyRow]) -> list[list[PolicyRow]]:
    """Rows of one vehicle whose expiry dates lie within one period: one renewal each (case 7)."""
    by_vin: dict[str, list[PolicyRow]] = {}
    for row in rows:
        by_vin.setdefault(row.vin, []).append(row)
    clusters: list[list[PolicyRow]] = []
    for group in by_vin.values():
        current: list[PolicyRow] = []
        for row in sorted(group, key=lambda r: r.expiry_date):
            if current and row.expiry_date - current[0].expiry_date > SAME_PERIOD:
                clusters.append(current)
                current = []
            current.append(row)
        clusters.append(current)
    return clusters


def base_dates(cluster: Sequence[PolicyRow]) -> dict[Line, date]:
    """The expiry of the later-expiring policy of each kind."""
    base: dict[Line, date] = {}
    for row in cluster:
        base[row.line] = max(row.expiry_date, base.get(row.line, row.expiry_date))
    return base


def case_date(expiries: Iterable[date], today: date) -> date:
    """The expiry of a renewal: the earliest of its base policies that can still be renewed (case 7)."""
    given = list(expiries)
    return min([day for day in given if stage_on(today, day) is not Stage.CLOSED] or given)


def within(planned: Iterable[date], cluster: Sequence[PolicyRow]) -> bool:
    """Whether one of the *planned* expiries is of the same period as the rows."""
    earliest = min(row.expiry_date for row in cluster)
    return any(abs(expiry - earliest) <= SAME_PERIOD for expiry in planned)


def per_row(cluster: Sequence[PolicyRow]) -> list[tuple[RowKey, PolicyRow]]:
    """One entry a source row, in file order; a row with both lines speaks once."""
    seen: dict[RowKey, PolicyRow] = {}
    for row in cluster:
        seen.setdefault(row.key, row)
    return list(seen.items())
