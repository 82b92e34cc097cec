"""The workplace renewal ledger: how its rows count, its period, its weeks, and a row as it is shown; pure.

Source: domain.md §2.2 (base counts and their identity), §2.3 (rates are sum/sum), §4.6 (header and columns).
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, get_type_hints

from engine.domain.codes import RenewalState
from engine.domain.stage import DEFAULT_CALENDAR
from engine.domain.workdays import Workdays
from engine.label import Label

LOOK_AHEAD = timedelta(days=DEFAULT_CALENDAR.preparation_days)
FREEZE_HOUR = 6
"""The hour (business time zone) at which the weekly copies are frozen, before anybody works."""
_WEEK = timedelta(days=7)


class Standing(StrEnum):
    """What a row counts as at the cut-off."""

    RENEWED = "renewed"
    LOST = "lost"
    LAPSED = "lapsed"
    PENDING = "pending"
    EXCLUDED = "excluded"
    CANCELLED = "cancelled"
    """Struck off the list (withdrawn, merged): it counts nowhere."""


_ENDED: Mapping[str, Standing] = {
    RenewalState.RENEWED: Standing.RENEWED,
    RenewalState.WON_BACK: Standing.RENEWED,
    RenewalState.LOST: Standing.LOST,
    RenewalState.EXCLUDED: Standing.EXCLUDED,
    RenewalState.WITHDRAWN: Standing.CANCELLED,
    RenewalState.MERGED: Standing.CANCELLED,
}


def standing_of(outcome: str | None, days_left: int) -> Standing:
    """Return what a renewal counts as, *days_left* calendar days before its expiry date (negative: after).

    Partly renewed is not renewed: the headline line still lacks (domain.md §2.4).
    """
    ended = _ENDED.get(outcome or "")
    if ended is not None:
        return ended
    return Standing.LAPSED if days_left < 0 else Standing.PENDING


def outcomes_of(standing: Standing) -> tuple[str, ...]:
    """Return the outcomes that alone decide for *standing*; none for those that the day decides."""
    return tuple(str(outcome) for outcome, meant in _ENDED.items() if meant is standing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Base counts in vehicle-renewals: DUE = REN + ELS + LAP + PEN, GROSS = DUE + EXC."""

    renewed: int = 0
    lost: int = 0
    lapsed: int = 0
    pending: int = 0
    excluded: int = 0

    @property
    def due(self) -> int:
        """应续: what was to be renewed."""
        return self.renewed + self.lost + self.lapsed + self.pending

    @property
    def gross(self) -> int:
        """What the lists held, excluded rows too."""
        return self.due + self.excluded

    @property
    def rate(self) -> float | None:
        """续保率 by count, of the whole period as it stands now (进度口径); None while nothing is due."""
        return self.renewed / self.due if self.due else None

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        )


def count(standings: Iterable[str]) -> Counts:
    """Return the counts of rows that stand like this."""
    found = Counter(standings)
    return Counts(**{one.name: found[Standing(one.name)] for one in fields(Counts)})


@dataclass(frozen=True, slots=True)
class Period:
    """Expiry dates (last covered dates) from ``first`` to ``last``, both included."""

    first: date
    last: date


def month_period(day: date) -> Period:
    """Return the month of *day*."""
    return Period(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def working_period(today: date) -> Period:
    """Return the months a workplace works on: from last month's lapses to the month 60 days ahead."""
    last_month = today.replace(day=1) - timedelta(days=1)
    return Period(last_month.replace(day=1), month_period(today + LOOK_AHEAD).last)


def months_of(period: Period) -> tuple[date, ...]:
    """Return the first days of the months *period* touches, in order."""
    found, day = [], period.first.replace(day=1)
    while day <= period.last:
        found.append(day)
        day = month_period(day).last + timedelta(days=1)
    return tuple(found)


def week_name(day: date) -> str:
    """Return the ISO week of *day* as it is stored: ``2026-W48``."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def freeze_day(day: date, workdays: Workdays) -> date | None:
    """Return the day of *day*'s ISO week on which its copies are frozen: Monday, or its first workday.

    None in a week in which nobody works.
    """
    monday = day - timedelta(days=day.weekday())
    found = workdays.roll_forward(monday)
    return found if found < monday + _WEEK else None


def next_freeze_day(day: date, workdays: Workdays) -> date:
    """Return the first day after *day*'s ISO week on which copies are frozen."""
    while (found := freeze_day(day := day + _WEEK, workdays)) is None:
        pass
    return found


TIERS: Mapping[str, Label] = {
    "high": Label("高端", "High"),
    "mid": Label("中端", "Mid"),
    "low": Label("低端", "Low"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One renewal as the ledger shows it: masked, with names, money in yuan.

    ``numbers`` are the employee numbers of those who answer for it: they decide who sees the row.
    ``contacts`` counts contacts that reached the customer. ``price_gap`` is how far the competitor's price lies off
    ``price_gap_to``, as a fraction: negative where the competitor asks less.
    """

    renewal_id: int
    standing: str
    numbers: tuple[str, ...] = ()
    team: str | None = None
    supervisor: str | None = None
    agent: str | None = None
    agent_no: str | None = None
    is_orphan: bool = False
    is_key: bool = False
    customer: str | None = None
    plate: str | None = None
    ctp_expiry: date | None = None
    commercial_expiry: date | None = None
    expiry_date: date
    days_left: int
    tier: str | None = None
    premium: Decimal | None = None
    forecast: Decimal | None = None
    actual: Decimal | None = None
    first_contact: date | None = None
    last_contact: date | None = None
    contacts: int = 0
    visit_date: date | None = None
    visit_channel: Label | None = None
    result_code: str | None = None
    result: Label | None = None
    stage: str
    state: str
    new_policy_no: str | None = None
    signed_date: date | None = None
    loss_reason: Label | None = None
    competitor: str | None = None
    competitor_price: Decimal | None = None
    price_gap: Decimal | None = None
    price_gap_to: Label | None = None
    specialist: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerHead:
    """Whose ledger, of which expiry dates, and who served the workplace; ``day`` is the cut-off."""

    workplace_code: str
    workplace: str
    trainers: tuple[str, ...]
    specialists: tuple[str, ...]
    period: Period
    day: date
    counts: Counts = field(default_factory=Counts)


def row_to_json(row: LedgerRow) -> dict[str, Any]:
    """Return *row* as JSON keeps it; what is empty is left out."""
    kept = asdict(row).items()
    return {
        key: _plain(value) for key, value in kept if value is not None and value is not False and value != ()
    }


def row_from_json(kept: Mapping[str, Any]) -> LedgerRow:
    """Return the row that :func:`row_to_json` kept; what a later version added is empty, what it dropped is gone."""
    return LedgerRow(**{key: _typed(_KINDS[key], value) for key, value in kept.items() if key in _KINDS})


_KINDS = get_type_hints(LedgerRow)
_DATES, _AMOUNTS, _LABELS = (date, date | None), (Decimal | None,), (Label | None,)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def _typed(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if kind in _DATES:
        return date.fromisoformat(value)
    if kind in _AMOUNTS:
        return Decimal(value)
    if kind in _LABELS:
        return Label(**value)
    return tuple(value) if isinstance(value, list) else value
