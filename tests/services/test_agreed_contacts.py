"""The day agreed with the customer is kept whatever the quote does (domain.md §1.2 G-L1, G-S2, §4.2).

Today is Tuesday 2026-11-24: car 7 has 28 days left (key tracking), car 6 has 35 (general follow-up).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from engine import api
from tests.acceptance import answers
from tests.support.console import TODAY, at, complete, open_tasks

pytestmark = pytest.mark.one_database
TOMORROW = TODAY + timedelta(days=1)
SPECIALISTS = "give_actual_quote"


def forms_of(engine: api.Engine, car: int) -> list[str]:
    return [task.form_id for task in open_tasks(engine, car) if task.form_id in (SPECIALISTS, *CONTACTS)]


CONTACTS = ("record_contact", "record_visit")


def go(engine: api.Engine, day: date, hour: int = 9) -> None:
    api.advance_clock(engine, to=at(engine, day, hour), actor=api.SYSTEM)


def agree(engine: api.Engine, car: int, day: date, *, wants_quote: bool = False) -> None:
    more: dict[str, Any] = {"next_follow_up_date": day.isoformat()}
    if wants_quote:
        more["quote_requested"] = "true"
    complete(engine, car, "record_contact", answers.record_contact(TODAY, "12", **more))


@pytest.mark.parametrize("car", [6, 7])
@pytest.mark.parametrize("wants_quote", [False, True])
def test_the_contact_opens_on_its_day_though_no_quote_is_there(
    book: api.Engine, car: int, wants_quote: bool
) -> None:
    agree(book, car, TOMORROW, wants_quote=wants_quote)
    assert "record_contact" not in forms_of(book, car)

    go(book, TODAY, 23)
    assert "record_contact" not in forms_of(book, car)
    go(book, TOMORROW)

    assert ["record_contact"] == forms_of(book, car)


@pytest.mark.parametrize("car", [6, 7])
def test_a_quote_before_the_day_opens_no_second_contact(book: api.Engine, car: int) -> None:
    agree(book, car, TODAY + timedelta(days=2))
    if SPECIALISTS in forms_of(book, car):
        complete(book, car, SPECIALISTS, answers.give_actual_quote(TODAY))
    assert [] == forms_of(book, car)

    for days in (2, 3):
        go(book, TODAY + timedelta(days=days))
        assert ["record_contact"] == forms_of(book, car)


@pytest.mark.parametrize("car", [6, 7])
def test_after_the_contact_of_that_day_the_missing_quote_is_asked_for_again(
    book: api.Engine, car: int
) -> None:
    agree(book, car, TOMORROW)
    had = SPECIALISTS in forms_of(book, car)
    go(book, TOMORROW)
    later = {"next_follow_up_date": (TODAY + timedelta(days=3)).isoformat()}
    complete(book, car, "record_contact", answers.record_contact(TOMORROW, "12", **later))

    assert had == (SPECIALISTS in forms_of(book, car))
    go(book, TODAY + timedelta(days=3))
    assert ["record_contact"] == forms_of(book, car)
