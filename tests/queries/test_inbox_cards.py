"""The inbox by customer: one card for several cars, on pages that neither repeat nor lose a task."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.api import (
    Engine,
    InboxCard,
    InboxGroup,
    InboxSort,
    InboxTab,
    InboxWish,
    Present,
    actor_of,
    inbox_list,
    inbox_page,
)
from engine.queries import inbox_cards
from engine.queries.inbox import InboxPage
from engine.tables import Renewal
from tests.support import databases
from tests.support.console import copy_book, counted, open_book, renewal_of

TOGETHER = ((10, 3, 5), (8, 6, 2, 11))
"""Cars of one customer each; the others have a customer of their own."""


@pytest.fixture(scope="module")
def households(prepared_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A copy of the book in which seven cars belong to two customers; only read."""
    home = copy_book(prepared_book, tmp_path_factory.mktemp("households") / "book")
    engine = open_book(home)
    with engine.store.transaction() as tx:
        for cars in TOGETHER:
            rows = [tx.get_one(Renewal, renewal_of(engine, car)) for car in cars]
            for row in rows:
                row.customer_id = rows[0].customer_id
    yield engine
    engine.store.engine.dispose()
    databases.drop(home)


def page_of(engine: Engine, who: str, **wish: Any) -> InboxPage:
    asked = InboxWish(**{"group": InboxGroup.CUSTOMER, **wish})
    with engine.store.reading() as session:
        return inbox_page(session, actor_of(engine, who), asked, Present.of(engine.clock))


def all_cards(engine: Engine, who: str, **wish: Any) -> list[InboxCard]:
    """The cards of every page, one page after the other."""
    found: list[InboxCard] = []
    after = None
    while True:
        page = page_of(engine, who, after=after, **wish)
        found += page.cards
        after = page.next_position
        if after is None:
            return found


def expected(engine: Engine, who: str, **wish: Any) -> list[tuple[int, ...]]:
    """The list in its order, every customer of several cars drawn up to the first of its tasks."""
    rows = page_of(engine, who, group=InboxGroup.SINGLE, limit=500, **wish).rows
    household = {renewal_of(engine, car): number for number, cars in enumerate(TOGETHER) for car in cars}
    cards: dict[object, list[int]] = {}
    for number in range(len(TOGETHER)):
        mine = [row for row in rows if household.get(row.renewal_id) == number]
        if len({row.renewal_id for row in mine}) < 2:
            household = {key: value for key, value in household.items() if value != number}
    for row in rows:
        key = household.get(row.renewal_id, f"alone {row.task_id}")
        cards.setdefault(key, []).append(row.task_id)
    return [tuple(tasks) for tasks in cards.values()]


@pytest.mark.parametrize("sort", list(InboxSort))
@pytest.mark.parametrize(
    ("who", "tab"), [("SP01", InboxTab.ALL), ("SP01", InboxTab.LATE), ("SU01", InboxTab.TEAM)]
)
def test_pages_of_cards_hold_every_task_once_where_its_customer_comes_first(
    households: Engine, who: str, tab: InboxTab, sort: InboxSort
) -> None:
    wanted = expected(households, who, tab=tab, sort=sort)
    assert any(len(tasks) > 1 for tasks in wanted)

    for limit in (1, 2, 30):
        assert wanted == [
            card.task_ids for card in all_cards(households, who, tab=tab, sort=sort, limit=limit)
        ]


def test_a_card_says_whose_it_is_and_how_many_cars_it_has(households: Engine) -> None:
    cards = page_of(households, "SP01", tab=InboxTab.ALL, limit=100).cards

    several = [card for card in cards if card.customer_id]
    assert [2, 3] == sorted(card.cars for card in several)
    assert all(card.cars == len({row.renewal_id for row in card.rows}) for card in several)
    assert all(len({row.renewal_id for row in card.rows}) == 1 for card in cards if not card.customer_id)


def test_conditions_keep_cards_of_what_they_keep(households: Engine) -> None:
    cards = page_of(households, "SP01", tab=InboxTab.ALL, stage="summary", limit=100).cards

    assert all(row.stage == "summary" for card in cards for row in card.rows)
    assert {None} == {card.customer_id for card in cards}, "only one car of the household is in this stage"


def test_one_customers_tasks_are_listed_by_themselves(households: Engine) -> None:
    card = next(card for card in page_of(households, "SP01", tab=InboxTab.ALL).cards if card.customer_id)

    alone = page_of(
        households, "SP01", tab=InboxTab.ALL, customer_id=card.customer_id, group=InboxGroup.SINGLE
    )

    assert card.task_ids == tuple(row.task_id for row in alone.rows)
    assert () == page_of(households, "AG009", tab=InboxTab.ALL, customer_id=card.customer_id).rows


def test_a_fleet_shows_its_first_tasks_and_counts_the_rest(
    households: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.queries.inbox.MOST_OF_ONE", 2)
    monkeypatch.setattr(inbox_cards, "MOST_OF_ONE", 2)
    wanted = expected(households, "SP01", tab=InboxTab.ALL)

    cards = page_of(households, "SP01", tab=InboxTab.ALL, limit=100).cards

    assert [tasks[:2] for tasks in wanted] == [tuple(row.task_id for row in card.rows) for card in cards]
    assert [tasks[2:] for tasks in wanted] == [card.rest for card in cards]


def test_a_page_ends_after_so_many_rows(households: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = expected(households, "SP01", tab=InboxTab.ALL)
    monkeypatch.setattr("engine.queries.inbox.dealt", lambda *args: inbox_cards.dealt(*args, most_rows=3))

    page = page_of(households, "SP01", tab=InboxTab.ALL, limit=100)

    assert page.next_position is not None
    assert len(page.rows) <= 3 + max(len(tasks) for tasks in wanted)
    assert wanted == [card.task_ids for card in all_cards(households, "SP01", tab=InboxTab.ALL, limit=100)]


def test_the_whole_list_comes_in_the_order_of_its_cards(households: Engine) -> None:
    wish = InboxWish(tab=InboxTab.ALL, group=InboxGroup.CUSTOMER, limit=1)
    actor, present = actor_of(households, "SP01"), Present.of(households.clock)
    wanted = [task for tasks in expected(households, "SP01", tab=InboxTab.ALL) for task in tasks]

    with households.store.reading() as session:
        whole = inbox_list(session, actor, wish, present, most=500)
        some = inbox_list(session, actor, wish, present, most=4)

    assert wanted == [row.task_id for row in whole]
    assert wanted[:4] == [row.task_id for row in some]


def test_cards_take_two_statements_more_however_many_there_are(households: Engine) -> None:
    person, present = actor_of(households, "SP01"), Present.of(households.clock)
    page_of(households, "SP01")  # the first page of a process reads the keys of sealed values

    sent = []
    for limit in (5, 100):
        wish = InboxWish(tab=InboxTab.ALL, group=InboxGroup.CUSTOMER, limit=limit)
        with households.store.reading() as session, counted(households) as statements:
            inbox_page(session, person, wish, present)
        sent.append(len(statements))

    assert [5, 5] == sent


def test_what_is_done_is_read_by_day_and_makes_no_cards(households: Engine) -> None:
    cards = page_of(households, "SP01", tab=InboxTab.DONE).cards

    assert {None} == {card.customer_id for card in cards}
