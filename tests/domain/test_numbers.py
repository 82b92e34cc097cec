"""Numbers as people type and read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.numbers import plain_number, trimmed


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0.970000", "0.97"),
        (Decimal("0.850000"), "0.85"),
        ("0.8525", "0.8525"),
        ("0.123456", "0.1235"),
        ("1.0", "1.00"),
        ("-0.300000", "-0.30"),
        ("12", "12"),
        ("L101", "L101"),
        (None, "None"),
    ],
)
def test_a_factor_is_shown_with_the_decimals_it_has(value: object, shown: str) -> None:
    assert shown == trimmed(value)


def test_a_number_is_stored_in_one_form() -> None:
    assert "AG001" == plain_number(" ag００1 ")
