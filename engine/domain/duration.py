"""ISO-8601 durations in whole weeks, days, hours, minutes and seconds."""

from __future__ import annotations

import re
from datetime import timedelta

from engine.errors import ClockError

_DURATION = re.compile(
    r"P(?!$)(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?!$)(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,7})S)?)?"
)


def parse_duration(text: str) -> timedelta:
    """Read ``P1D``, ``P2W``, ``PT6H`` and the like; months and years have no fixed length and are refused.

    Raises:
        ClockError: the text is not such a duration.
    """
    if text.strip().startswith(("-", "−")):
        raise ClockError(
            reason_zh=f"“{text.strip()}”会使时钟倒退，时钟只能向前走；时长请写作 P1D（一天）、P1W（一周）、PT6H（六小时）",
            reason_en=f"“{text.strip()}” would turn it back, and it only moves forward; "
            "write a duration as P1D (a day), P1W (a week) or PT6H (six hours)",
        )
    found = _DURATION.fullmatch(text.strip().upper())
    if found is None:
        raise ClockError(
            reason_zh=f"“{text}”不是可用的 ISO-8601 时长，例如 P1D、P1W、PT6H（不支持月和年）",
            reason_en=f"“{text}” is not a usable ISO-8601 duration such as P1D, P1W or PT6H (no months, no years)",
        )
    return timedelta(**{unit: int(value) for unit, value in found.groupdict().items() if value})
