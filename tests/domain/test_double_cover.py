from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.domain.codes import Line
from engine.domain.double_cover import Cover, doubled_covers, first_covered_date


def cover(number: str | None, expiry: date, **more: Any) -> Cover:
    given: dict[str, Any] = {"line": Line.COMMERCIAL, "start_date": None, **more}
    return Cover(policy_no=number, expiry_date=expiry, **given)


FIRST = cover("A", date(2026, 12, 31))


@pytest.mark.parametrize(
    ("other", "is_double"),
    [
        pytest.param(cover("B", date(2027, 1, 15)), True, id="two policies over the same months"),
        pytest.param(cover("B", date(2026, 12, 31)), True, id="two policies of the same period"),
        pytest.param(
            cover("B", date(2027, 12, 30), start_date=date(2026, 12, 31)), True, id="one shared day is enough"
        ),
        pytest.param(cover("B", date(2027, 12, 31)), False, id="the year after"),
        pytest.param(cover("B", date(2026, 12, 31), line=Line.CTP), False, id="the other kind of policy"),
        pytest.param(cover("B", date(2026, 12, 31), is_cancelled=True), False, id="a cancelled one"),
        pytest.param(cover("A", date(2027, 1, 15)), False, id="the same number twice"),
        pytest.param(cover(None, date(2027, 1, 15)), False, id="a policy without number"),
    ],
)
def test_a_vehicle_is_covered_twice_by_policies_of_one_kind_on_one_day(other: Cover, is_double: bool) -> None:
    assert (frozenset({FIRST, other}) if is_double else frozenset()) == doubled_covers([FIRST, other])


@pytest.mark.parametrize(
    ("expiry", "first"),
    [
        (date(2026, 12, 31), date(2026, 1, 1)),
        (date(2028, 2, 28), date(2027, 2, 28)),
        (date(2027, 2, 28), date(2026, 3, 1)),
    ],
)
def test_an_unlisted_start_is_a_year_before_the_day_after_expiry(expiry: date, first: date) -> None:
    assert first == first_covered_date(None, expiry)
