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
    found = _DURATION.fullmatch(text.strip().upper())
    if found is None:
        raise ClockError(
            reason_zh=f"“{text}”不是可用的 ISO-8601 时长，例如 P1D、P1W、PT6H（不支持月和年）",
            reason_en=f"“{text}” is not a usable ISO-8601 duration such as P1D, P1W or PT6H (no months, no years)",
        )
    return timedelta(**{unit: int(value) for unit, value in found.groupdict().items() if value})
