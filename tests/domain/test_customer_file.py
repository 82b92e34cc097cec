from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.customer_file import (
    OF_CAR,
    OF_CUSTOMER,
    FilePart,
    Missing,
    completeness,
    is_organisation,
)

customers = st.dictionaries(st.sampled_from(OF_CUSTOMER), st.booleans())
cars = st.lists(st.dictionaries(st.sampled_from(OF_CAR), st.booleans()), max_size=5)


@given(customers, cars)
def test_every_part_is_known_or_missing_and_counts_once(
    customer: dict[FilePart, bool], fleet: list[dict[FilePart, bool]]
) -> None:
    found = completeness(customer, fleet)

    known = sum(customer.values()) + sum(sum(car.values()) for car in fleet)
    assert known == found.known == found.total - len(found.missing)
    assert len(set(found.missing)) == len(found.missing)
    assert 0 <= found.percent <= 100
    assert (100 == found.percent) == (() == found.missing)


@given(customers, cars, st.data())
def test_learning_a_missing_part_never_lowers_the_figure(
    customer: dict[FilePart, bool], fleet: list[dict[FilePart, bool]], data: st.DataObject
) -> None:
    before = completeness(customer, fleet)
    if not before.missing:
        return
    learnt = data.draw(st.sampled_from(before.missing))

    if learnt.car is None:
        after = completeness({**customer, learnt.part: True}, fleet)
    else:
        richer = [{**car, learnt.part: True} if n == learnt.car else car for n, car in enumerate(fleet)]
        after = completeness(customer, richer)

    assert before.known + 1 == after.known
    assert after.percent >= before.percent
    assert {*before.missing} - {learnt} == {*after.missing}


def test_what_is_missing_names_its_car() -> None:
    whole = dict.fromkeys(OF_CAR, True)

    found = completeness(dict.fromkeys(OF_CUSTOMER, True), [whole, {**whole, FilePart.CLAIMS: False}])

    assert (Missing(FilePart.CLAIMS, 1),) == found.missing
    assert 95 == found.percent


@pytest.mark.parametrize("part", list(FilePart))
def test_every_part_has_a_name_in_both_languages(part: FilePart) -> None:
    assert part.label.zh
    assert part.label.en
    assert (part in OF_CUSTOMER) != (part in OF_CAR)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("杭州顺达物流有限公司", True),
        ("上城区人民医院", True),
        ("张三", False),
        ("城东汽车维修中心", True),
        ("李厂", False),
        ("", False),
    ],
)
def test_a_registered_name_is_told_from_a_persons(name: str, is_one: bool) -> None:
    assert is_one == is_organisation(name)
