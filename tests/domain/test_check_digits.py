"""Numbers that fail their check digit are doubted, those that have none are not (domain.md §1, G-S3)."""

from __future__ import annotations

import pytest

from engine.domain.check_digits import doubtful_numbers
from tests.acceptance.desk import vin

ID_NO, COMPANY = "11010519491231002X", "91350100M000100Y43"
FOREIGN_VIN = "WDDUG8CB0AA000001"


@pytest.mark.parametrize("number", [None, "", ID_NO, COMPANY, "E12345678", "110105491231002"])
def test_a_right_number_and_one_without_check_digit_are_not_doubted(number: str | None) -> None:
    assert () == doubtful_numbers(number, vin(6))


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("110105194912310021", "身份证号码 110***********0021"),
        ("110105194913310028", "身份证号码 110***********0028"),
        ("91350100M000100Y44", "统一社会信用代码 913***********0Y44"),
    ],
)
def test_a_mistyped_number_is_named_and_masked(number: str, told: str) -> None:
    (doubt,) = doubtful_numbers(number, vin(6))

    assert "id_document" == doubt.item
    assert told in doubt.told.zh
    assert number not in doubt.told.zh + doubt.told.en


def test_a_vin_whose_check_digit_is_wrong_is_told_after_the_number() -> None:
    first, second = doubtful_numbers("110105194912310021", FOREIGN_VIN)

    assert ("id_document", "vin") == (first.item, second.item)
    assert "车架号 WDD**********0001" in second.told.zh
    assert FOREIGN_VIN not in second.told.zh + second.told.en
