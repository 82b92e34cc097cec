"""A competitor's price beside ours (domain.md §4.1: price gap %)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.price_gap import GapBase, PriceGap, price_gap


@pytest.mark.parametrize(
    ("competitor", "quoted", "last_year", "expected"),
    [
        ("2750", "3000", "3200", PriceGap(Decimal("-0.0833"), GapBase.QUOTE)),
        ("3360", None, "3200", PriceGap(Decimal("0.0500"), GapBase.LAST_YEAR)),
        ("3200", "0", "3200", PriceGap(Decimal("0.0000"), GapBase.LAST_YEAR)),
        ("3200", None, "0", None),
        (None, "3000", "3200", None),
    ],
)
def test_the_gap_is_to_the_actual_quote_and_without_one_to_last_year(
    competitor: str | None, quoted: str | None, last_year: str | None, expected: PriceGap | None
) -> None:
    def amount(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    assert expected == price_gap(amount(competitor), quoted=amount(quoted), last_year=amount(last_year))
