"""The workday calendar: Monday to Friday, minus holidays, plus make-up workdays (调休).

The rows come from the editable table of the database; the tables shipped in ``holidays/*.csv`` only
fill it. A year without an official table never stops anything: Monday to Friday count and a warning
says so (domain.md §0.10, §7 case 18).
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from engine.domain.codes import Label
from engine.errors import EngineError

# 全国年节及纪念日放假办法 (State Council order 795, in force since 2025-01-01) names 13 days off a year:
# a table with fewer holidays was not entered to the end.
STATUTORY_HOLIDAYS = 13
MOST_WORKDAYS = 2_000
_DAY = timedelta(days=1)


class WorkdaysRefused(EngineError):
    """A number of workdays is too large to be meant."""

    code = "workdays_refused"
    zh = "“{count}”个工作日超出可计算范围。请给出不超过 2000 的整数。"
    en = "{count} workdays cannot be counted. Give a whole number of at most 2000."


class DayKind(StrEnum):
    """What a row of the table makes of its day."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"

    @property
    def label(self) -> Label:
        """The kind's name in both languages."""
        return _KIND_LABELS[self]


_KIND_LABELS = {
    DayKind.HOLIDAY: Label("放假", "Day off"),
    DayKind.WORKDAY: Label("调休上班", "Make-up workday"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayRow:
    """One day that is not what its weekday says; ``provisional`` until officially announced.

    ``kind`` is the code of a `DayKind`, as stored.
    """

    day: date
    kind: str
    name: str
    source: str
    provisional: bool = False


class CalendarFault(StrEnum):
    """What is wrong with the table of a year."""

    MISSING = "calendar_missing"
    INCOMPLETE = "calendar_incomplete"
    PROVISIONAL = "calendar_provisional"


@dataclass(frozen=True, slots=True)
class CalendarWarning:
    """A year whose workdays may turn out otherwise."""

    fault: CalendarFault
    year: int

    @property
    def label(self) -> Label:
        """The sentence to show, with its remedy."""
        zh, en = _WARNINGS[self.fault]
        return Label(zh.format(year=self.year), en.format(year=self.year))


_WARNINGS = {
    CalendarFault.MISSING: (
        "{year} 年节假日安排未发布：暂按周一至周五为工作日计算。请在节假日表中录入。",
        "No holidays are known for {year}: Monday to Friday count. Enter them in the holiday table.",
    ),
    CalendarFault.INCOMPLETE: (
        "{year} 年节假日表不完整（少于 13 个法定假日）。请补录。",
        "The holiday table of {year} is incomplete (fewer than 13 statutory days). Complete it.",
    ),
    CalendarFault.PROVISIONAL: (
        "{year} 年节假日为推算，调休安排未发布。国务院办公厅通知发布后请更新节假日表。",
        "The holidays of {year} are provisional, make-up workdays unknown. Update the table once announced.",
    ),
}


class Holidays:
    """An immutable table of special days, at most one row a day (the last one given wins).

    Raises:
        ValueError: a row's kind is neither ``holiday`` nor ``workday``.
    """

    __slots__ = ("_faults", "_kinds")

    def __init__(self, rows: Iterable[HolidayRow] = ()) -> None:
        by_day = {row.day: row for row in rows}
        self._kinds: Mapping[date, DayKind] = MappingProxyType(
            {day: DayKind(row.kind) for day, row in by_day.items()}
        )
        self._faults = _faults_by_year(by_day.values())

    @property
    def known_years(self) -> frozenset[int]:
        """The years that have any table, complete or not."""
        return frozenset(self._faults)

    def kind_of(self, day: date) -> DayKind | None:
        """Return what the table says about *day*, None when its weekday decides."""
        return self._kinds.get(day)

    def fault_of(self, year: int) -> CalendarFault | None:
        """Return what is wrong with the table of *year*, None when it is complete and official."""
        return self._faults.get(year, CalendarFault.MISSING)


class Workdays:
    """Counts workdays over a table of holidays. All dates are business dates, Asia/Shanghai."""

    __slots__ = ("_holidays",)

    def __init__(self, holidays: Holidays) -> None:
        self._holidays = holidays

    @property
    def known_years(self) -> frozenset[int]:
        """The years that have any table."""
        return self._holidays.known_years

    def is_workday(self, day: date) -> bool:
        """Return whether people work on *day*; Monday to Friday where the table is silent."""
        kind = self._holidays.kind_of(day)
        return day.weekday() < 5 if kind is None else kind is DayKind.WORKDAY

    def add_workdays(self, day: date, count: int) -> date:
        """Return the *count*-th workday strictly after *day* (before it when negative); 0 is *day* itself.

        Raises:
            WorkdaysRefused: more than 2,000 workdays, or the end of the calendar.
        """
        if abs(count) > MOST_WORKDAYS:
            raise WorkdaysRefused(count=count)
        step = _DAY if count > 0 else -_DAY
        try:
            for _ in range(abs(count)):
                day = self._seek(day + step, step)
        except OverflowError:
            raise WorkdaysRefused(count=count) from None
        return day

    def roll_back(self, day: date) -> date:
        """Return *day* when it is a workday, else the last workday before it."""
        return self._seek(day, -_DAY)

    def roll_forward(self, day: date) -> date:
        """Return *day* when it is a workday, else the first workday after it."""
        return self._seek(day, _DAY)

    def warnings_for(self, day: date) -> tuple[CalendarWarning, ...]:
        """Return what makes the workdays around *day* uncertain; empty when its year is official."""
        fault = self._holidays.fault_of(day.year)
        return () if fault is None else (CalendarWarning(fault, day.year),)

    def _seek(self, day: date, step: timedelta) -> date:
        while not self.is_workday(day):
            day += step
        return day


def _faults_by_year(rows: Iterable[HolidayRow]) -> Mapping[int, CalendarFault | None]:
    rows = tuple(rows)
    off = Counter(row.day.year for row in rows if row.kind is DayKind.HOLIDAY)
    provisional = {row.day.year for row in rows if row.provisional}
    faults: dict[int, CalendarFault | None] = {}
    for year in {row.day.year for row in rows}:
        if off[year] < STATUTORY_HOLIDAYS:
            faults[year] = CalendarFault.INCOMPLETE
        else:
            faults[year] = CalendarFault.PROVISIONAL if year in provisional else None
    return MappingProxyType(faults)


@cache
def shipped_holidays() -> tuple[HolidayRow, ...]:
    """Return the tables shipped with the product, by day: 2026 official, 2027 provisional.

    They seed the editable table of a new database; the engine computes with that table, not with these.
    """
    folder = files("engine.domain") / "holidays"
    texts = (file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".csv"))
    return tuple(sorted((row for text in texts for row in _read(text)), key=lambda row: row.day))


def _read(text: str) -> Iterable[HolidayRow]:
    for row in csv.DictReader(text.splitlines()):
        yield HolidayRow(
            day=date.fromisoformat(row["date"]),
            kind=DayKind(row["kind"]),
            name=row["name"],
            source=row["source"],
            provisional=row["provisional"] == "true",
        )
