"""Dates as lists write them, and the last covered date they mean.

Source: domain.md §0.4 (cover ends at 24:00 of the last covered date), §7 cases 27–29; all dates Asia/Shanghai.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from engine.domain.lists.cells import Reading, as_text, clean, half_width
from engine.domain.lists.model import Cell, Fault

_DAY_SECONDS = 86_400
_EXCEL_EPOCH = date(1899, 12, 30)
_SERIALS = range(20_000, 73_051)  # 1954-10-03 to 2099-12-31

_WRITTEN = re.compile(
    r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})\s?日?"
    r"(?:[T ]?(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?|[时点](?:(\d{1,2})分)?))?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?: ?(\d{2}):?(\d{2})(?::?(\d{2}))?)?()")
_TWO_DIGIT_YEAR = re.compile(r"\d{2}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}(?!\d).*")
_DAY_FIRST = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}.*")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")


class ExpiryConvention(StrEnum):
    """What a source means by the time of day in an expiry."""

    DATE_ONLY = "date_only"
    """The date is the last covered one; 00:00:00 is only how a spreadsheet stores a date."""
    END_OF_DAY = "end_of_day"
    """24:00 or 23:59:59 of the last covered date; 00:00:00 is the end of the day before."""
    MIDNIGHT_AFTER = "midnight_after"
    """00:00:00 of the day after the last covered date, with or without the time written."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A date with the seconds since its midnight, 86,400 for 24:00, None where no time is written."""

    day: date
    seconds: int | None = None


def read_moment(cell: Cell, *, serial_is_usual: bool = True) -> tuple[Moment | None, Fault | None]:
    """Read a date with or without a time of day.

    Ways of writing taken: ISO, slashes, dots, 年月日, eight digits, Excel serial (1900 system), native dates.
    """
    if isinstance(cell, datetime):
        return Moment(cell.date(), cell.hour * 3600 + cell.minute * 60 + cell.second), None
    if isinstance(cell, date):
        return Moment(cell), None
    text = half_width(clean(as_text(cell)))
    if _SERIAL.fullmatch(text):
        return _serial(float(text), serial_is_usual)
    match = _WRITTEN.fullmatch(text) or _COMPACT.fullmatch(text)
    if match is None:
        return None, Fault(_why_unreadable(text))
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None, Fault("date_impossible")
    if match[4] is None:
        return Moment(day), None
    seconds = int(match[4]) * 3600 + int(match[5] or match[7] or 0) * 60 + int(match[6] or 0)
    if seconds > _DAY_SECONDS or int(match[5] or match[7] or 0) > 59 or int(match[6] or 0) > 59:
        return None, Fault("date_unreadable")
    return Moment(day, seconds), None


def _serial(number: float, serial_is_usual: bool) -> tuple[Moment | None, Fault | None]:
    if int(number) not in _SERIALS:
        return None, Fault("date_unreadable")
    day = _EXCEL_EPOCH + timedelta(days=int(number))
    seconds = round((number - int(number)) * _DAY_SECONDS) or None
    return Moment(day, seconds), None if serial_is_usual else Fault("date_serial", {"date": day.isoformat()})


def _why_unreadable(text: str) -> str:
    if _DAY_FIRST.fullmatch(text):
        return "date_day_first"
    return "date_two_digit_year" if _TWO_DIGIT_YEAR.fullmatch(text) else "date_unreadable"


def _within(day: date, low: int) -> Fault | None:
    if low <= day.year <= 2100:
        return None
    return Fault("date_out_of_range", {"value": day.isoformat(), "low": low, "high": 2100})


def read_date(cell: Cell, *, serial_is_usual: bool, earliest_year: int) -> Reading:
    """Read a date whose time of day says nothing (first registration, signing)."""
    moment, fault = read_moment(cell, serial_is_usual=serial_is_usual)
    if moment is None:
        return None, fault
    outside = _within(moment.day, earliest_year)
    return (None, outside) if outside else (moment.day, fault)


def read_start(cell: Cell, *, serial_is_usual: bool) -> Reading:
    """Read the first covered date; 24:00 of a day is the start of the next."""
    moment, fault = read_moment(cell, serial_is_usual=serial_is_usual)
    if moment is None:
        return None, fault
    outside = _within(moment.day, 2000)
    if outside:
        return None, outside
    return moment.day + timedelta(days=moment.seconds == _DAY_SECONDS), fault


def read_expiry(cell: Cell, convention: ExpiryConvention, *, serial_is_usual: bool) -> Reading:
    """Read the last covered date and, where cover ends within it, the time: ``(date, time | None)``."""
    moment, fault = read_moment(cell, serial_is_usual=serial_is_usual)
    if moment is None:
        return None, fault
    outside = _within(moment.day, 2000)
    if outside:
        return None, outside
    day, at = last_covered(moment, convention)
    if moment.seconds is None and convention is not ExpiryConvention.DATE_ONLY:
        fault = Fault("expiry_without_time", {"date": day.isoformat()})
    return (day, at), fault


def last_covered(moment: Moment, convention: ExpiryConvention) -> tuple[date, time | None]:
    """Return the last covered date of an expiry, and the time of day cover ends if it is within that day.

    24:00 and anything from 23:59 is the whole day in every convention; 00:00:00 is the day before except in
    date-only sources. Source: domain.md §7 case 28.
    """
    if moment.seconds is None:
        ends_before = convention is ExpiryConvention.MIDNIGHT_AFTER
        return moment.day - timedelta(days=ends_before), None
    if moment.seconds == 0:
        ends_before = convention is not ExpiryConvention.DATE_ONLY
        return moment.day - timedelta(days=ends_before), None
    if moment.seconds >= _DAY_SECONDS - 60:
        return moment.day, None
    return moment.day, (datetime.min + timedelta(seconds=moment.seconds)).time()
