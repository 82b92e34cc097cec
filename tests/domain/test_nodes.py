"""Which node of its expiry a policy has reached on a day, and what the message of the day says of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.nodes import (
    CHASED,
    LAPSED,
    MENDING,
    NEW_LIST,
    NODES,
    list_day,
    next_node_day,
    node_on,
    told_text,
)

EXPIRY = date(2027, 2, 8)


@pytest.mark.parametrize(
    ("left", "node"),
    [
        (61, NEW_LIST), (46, NEW_LIST), (45, 45), (31, 45), (30, 30), (16, 30), (15, 15), (8, 15), (7, 7), (4, 7),
        (3, 3), (1, 3), (0, 0), (-1, LAPSED), (-30, LAPSED),
    ],
)  # fmt: skip
def test_a_policy_stands_at_the_newest_node_it_has_reached(left: int, node: int) -> None:
    assert node == node_on(EXPIRY - timedelta(days=left), EXPIRY)


def test_the_next_node_is_on_its_own_day() -> None:
    days = [next_node_day(node, EXPIRY) for node in (NEW_LIST, *NODES)]

    assert [
        date(2026, 12, 25), date(2027, 1, 9), date(2027, 1, 24), date(2027, 2, 1), date(2027, 2, 5),
        date(2027, 2, 8), date(2027, 2, 9), None,
    ] == days  # fmt: skip


@given(
    expiry=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    looks=st.lists(st.integers(-40, 90), min_size=1, max_size=30),
)
def test_however_late_or_often_one_looks_each_node_is_told_once_and_only_the_newest(
    expiry: date, looks: list[int]
) -> None:
    """As the daily look does it: what was reached and the day of the next look are all that is kept."""
    told, at, again = [], NEW_LIST, list_day(expiry)
    for left in sorted(looks, reverse=True):
        today = expiry - timedelta(days=left)
        if again is None or today < again:
            assert at == node_on(today, expiry) or left > NEW_LIST  # nothing was missed by not looking
            continue
        node = node_on(today, expiry)
        if node < at:
            told.append(node)
        at, again = node, next_node_day(node, expiry)

    assert told == sorted(set(told), reverse=True)
    assert {node_on(expiry - timedelta(days=left), expiry) for left in looks} - {NEW_LIST} == set(told)


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ({60: 3}, "3位车险客户60天内到期"),
        ({30: 2}, "车险客户30天内到期2位"),
        ({CHASED: 2}, "2位车险客户被专员催办"),
        ({MENDING: 1, 7: 3}, "车险客户信息待补正1位、7天内到期3位"),
        ({0: 1, 60: 3, -1: 4, 7: 2}, "车险客户新下发3位、7天内到期2位、到期当日1位、到期未续4位"),
    ],
)
def test_the_message_names_how_many_stand_at_which_node(counts: dict[int, int], text: str) -> None:
    assert text == told_text(counts)
