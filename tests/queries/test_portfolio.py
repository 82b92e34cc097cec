from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from engine.api import Engine, PortfolioWish, Present, actor_of, portfolio_page
from engine.queries.portfolio import PortfolioPage
from tests.acceptance.desk import vin
from tests.support.console import DAYS_LEFT, TODAY, counted


def portfolio(engine: Engine, who: str, **wish: Any) -> PortfolioPage:
    with engine.store.reading() as session:
        return portfolio_page(session, actor_of(engine, who), PortfolioWish(**wish), Present.of(engine.clock))


@pytest.mark.parametrize(
    ("who", "cars"),
    [
        pytest.param("AG001", range(1, 12), id="an agent: the own cars"),
        pytest.param("AG009", (21, 22), id="another agent: the own cars"),
        pytest.param("SU01", range(1, 12), id="a supervisor: the team's"),
        pytest.param("TR01", range(1, 12), id="a trainer: the workplace's"),
        pytest.param("SP01", range(1, 12), id="a specialist: the workplaces served"),
        pytest.param("CC01", DAYS_LEFT, id="the channel department: the branch"),
        pytest.param("AU01", DAYS_LEFT, id="an auditor of the branch: the branch"),
    ],
)
def test_everybody_sees_the_rows_of_the_own_scope_by_expiry(still_book: Engine, who: str, cars: Any) -> None:
    page = portfolio(still_book, who)

    assert sorted(DAYS_LEFT[n] for n in cars) == [row.days_left for row in page.rows]
    assert len(page.rows) == page.total == sum(page.counts.values())


@pytest.mark.parametrize(
    ("wish", "days"),
    [
        pytest.param({"stage": "summary"}, [0, 5], id="stage"),
        pytest.param({"state": "lapsed"}, [-4], id="state"),
        pytest.param({"is_open": False}, [], id="ended"),
        pytest.param({"outcome": "renewed"}, [], id="outcome"),
        pytest.param({"unit": "ZC02"}, [20, 44], id="workplace"),
        pytest.param({"unit": "PC330102"}, [20, 44], id="county branch"),
        pytest.param({"owner": "AG009"}, [20, 44], id="responsible person by number"),
        pytest.param({"owner": "蔡婉清"}, [20, 44], id="responsible person by name"),
        pytest.param(
            {"expiry_from": TODAY, "expiry_to": TODAY + timedelta(days=5)},
            [0, 5],
            id="expiry, both days included",
        ),
        pytest.param({"search": vin(22)}, [20], id="VIN"),
        pytest.param({"without_contact": True, "stage": "key_tracking"}, [20, 28], id="not contacted yet"),
    ],
)
def test_filters_narrow_the_list(still_book: Engine, wish: dict[str, Any], days: list[int]) -> None:
    assert days == [row.days_left for row in portfolio(still_book, "CC01", **wish).rows]


def test_counts_by_stage_ignore_the_stage_chosen_but_no_other_filter(still_book: Engine) -> None:
    chosen = portfolio(still_book, "CC01", stage="pool", unit="ZC01")
    free = portfolio(still_book, "CC01", unit="ZC01")

    assert free.counts == chosen.counts
    assert 2 == chosen.total
    assert 11 == free.total


def test_rows_are_masked_and_named(still_book: Engine) -> None:
    row = portfolio(still_book, "CC01", search=vin(8)).rows[0]

    assert ("川A***08", "测*", "高敬之 AG001", "钱塘职场") == (
        row.plate,
        row.customer,
        row.owner,
        row.workplace,
    )
    assert "both" == row.lines


def test_pages_follow_one_another(still_book: Engine) -> None:
    walked: list[date] = []
    position = None
    while True:
        page = portfolio(still_book, "CC01", limit=4, after=position)
        walked += [row.expiry_date for row in page.rows]
        position = page.next_position
        if position is None:
            break

    assert sorted(TODAY + timedelta(days=d) for d in DAYS_LEFT.values()) == walked


def test_the_number_of_statements_does_not_grow_with_the_rows(still_book: Engine) -> None:
    person, present = actor_of(still_book, "CC01"), Present.of(still_book.clock)

    sent = []
    for limit in (1, 100):
        with still_book.store.reading() as session, counted(still_book) as statements:
            portfolio_page(session, person, PortfolioWish(limit=limit), present)
        sent.append(len(statements))

    assert sent[0] == sent[1] <= 6
