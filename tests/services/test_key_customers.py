"""Whoever has two cars is a key customer (domain.md §4.4), in whatever rows the cars stand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import api
from engine.api import Engine
from engine.tables import Renewal
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv, vin
from tests.support.console import TODAY, at, complete, renewal_of

pytestmark = pytest.mark.one_database

CAR, OTHER = 300, 301
SAME = {"车主": "测试同一人", "手机": "13900000300"}
ID_NO = "11010519491231002X"


def listed(engine: Engine, *rows: tuple[int, int, dict[str, Any]]) -> None:
    """Import cars with so many days left and these cells."""
    found = [
        policy(n, TODAY + timedelta(days=left), agent="AG001", sub_branch="PC330101", **more)
        for n, left, more in rows
    ]
    batch = api.preview_list(engine, standard_csv(found), "l.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(engine, batch, actor=api.SYSTEM)


def is_key(engine: Engine, car: int = CAR) -> bool:
    with engine.store.reading() as session:
        return session.get_one(Renewal, renewal_of(engine, car)).is_key


def at_key_tracking(engine: Engine) -> None:
    """Bring the car with 31 days left to T-30, its list handed out."""
    complete(engine, CAR, "dispatch_list", answers.dispatch_list(TODAY, agent_no="AG001"))
    api.advance_clock(engine, to=at(engine, TODAY + timedelta(days=1), 9), actor=api.SYSTEM)


@pytest.mark.parametrize(
    ("mine", "other", "expected"),
    [
        pytest.param(SAME, SAME, True, id="one customer"),
        pytest.param(SAME, {**SAME, "手机": "13900000301"}, False, id="a namesake"),
        pytest.param(
            {**SAME, "证件号码": ID_NO}, {"车主": "测试同一人", "证件号码": ID_NO}, True, id="one ID number"
        ),
    ],
)
def test_two_cars_of_one_customer_make_a_key_customer(
    book: Engine, mine: dict[str, Any], other: dict[str, Any], expected: bool
) -> None:
    listed(book, (CAR, 31, mine), (OTHER, 60, other))

    at_key_tracking(book)

    assert expected == is_key(book)


def test_a_car_that_was_struck_off_does_not_count(book: Engine) -> None:
    listed(book, (CAR, 31, SAME), (OTHER, 60, SAME))
    api.deliver_message(book, "list_withdrawn", vin(OTHER), actor=api.SYSTEM)

    at_key_tracking(book)

    assert not is_key(book)


def test_a_car_that_was_renewed_still_counts(book: Engine) -> None:
    listed(book, (CAR, 31, SAME), (OTHER, 60, SAME))
    data = {"policy_no": "9100000000000000000301"}
    api.deliver_message(book, "policy_renewed", vin(OTHER), data=data, actor=api.SYSTEM)

    at_key_tracking(book)

    assert is_key(book)
