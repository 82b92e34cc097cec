"""The day agreed with the customer is kept whatever the quote does (domain.md §1.2 G-L1, G-S2, §4.2).

The quote and the contact are two pieces of work of two people: the agreed day opens the contact beside a quote that is
still missing, and a quote that comes later opens none while the contact is at hand. Today is Tuesday 2026-11-24: car 6
has 35 days left (general follow-up), car 7 has 28 (key tracking), car 9 has 5 (summary, handed out as urgent), car 11 is
four days over (to be won back).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from engine import api
from tests.acceptance import answers
from tests.support.console import TODAY, at, complete, open_tasks

pytestmark = pytest.mark.one_database
QUOTE = "give_actual_quote"


CONTACT = {6: "record_contact", 7: "record_contact", 9: "record_contact", 11: "win_back_contact"}
PACE = {6: 2, 7: 4, 9: 2, 11: 9}
"""Days from today after which the next contact of each stage has opened without an agreed day."""
INTERESTED, VISIT_FAILED, AGREES, ISSUED = "12", "32", "41", "51"


def go(engine: api.Engine, day: date, hour: int = 9) -> None:
    api.advance_clock(engine, to=at(engine, day, hour), actor=api.SYSTEM)


def at_hand(engine: api.Engine, car: int) -> list[str]:
    """The contacts and quotes that are open, by form."""
    return sorted(t.form_id for t in open_tasks(engine, car) if t.form_id in (QUOTE, CONTACT[car]))


def contact(engine: api.Engine, car: int, result: str, agreed: date | None = None, **more: Any) -> None:
    today = engine.clock.today()
    values = answers.record_contact(today, result, **more)
    if agreed is not None:
        values["next_follow_up_date"] = agreed.isoformat()
    complete(engine, car, CONTACT[car], values)


def quote(engine: api.Engine, car: int, **more: Any) -> None:
    complete(engine, car, QUOTE, {**answers.give_actual_quote(engine.clock.today()), **more})


@pytest.fixture(params=[6, 7, 9, 11])
def car(request: pytest.FixtureRequest, book: api.Engine) -> int:
    """A car of each stage whose contact is open and whose quote was never given."""
    number = int(request.param)
    if number == 9:
        complete(book, 9, "dispatch_list", answers.dispatch_list(TODAY))
        quote(book, 9, result="not_possible", not_possible_reason="underwriting")
    if number == 11:
        complete(
            book,
            11,
            "hand_to_win_back",
            {"win_back": "yes", "assignee_no": "AG001", "deadline": in_days(20).isoformat()},
        )
    assert [CONTACT[number]] == at_hand(book, number)
    return number


def in_days(count: int) -> date:
    return TODAY + timedelta(days=count)


def test_the_contact_opens_on_its_day_beside_the_quote_that_is_missing(book: api.Engine, car: int) -> None:
    contact(book, car, INTERESTED, in_days(1))
    assert [QUOTE] == at_hand(book, car)
    (asked,) = [task.id for task in open_tasks(book, car) if task.form_id == QUOTE]

    go(book, TODAY, 23)
    assert [QUOTE] == at_hand(book, car)
    go(book, in_days(1))

    assert sorted([QUOTE, CONTACT[car]]) == at_hand(book, car)
    assert asked in [task.id for task in open_tasks(book, car)], "the task that was asked for stays"


def test_a_quote_after_the_day_opens_no_second_contact(book: api.Engine, car: int) -> None:
    contact(book, car, INTERESTED, in_days(1))
    go(book, in_days(1))

    quote(book, car)
    assert [CONTACT[car]] == at_hand(book, car)
    go(book, in_days(2))

    assert [CONTACT[car]] == at_hand(book, car)


def test_a_quote_before_the_day_leaves_the_one_contact_on_its_day(book: api.Engine, car: int) -> None:
    contact(book, car, INTERESTED, in_days(2))

    quote(book, car)
    for days in (2, 3):
        if car != 9:  # late in the summary the contact follows the quote at once
            assert [] == at_hand(book, car) or days == 3
        go(book, in_days(days))
        assert [CONTACT[car]] == at_hand(book, car)


def test_a_contact_of_that_day_keeps_the_quote_and_its_own_next_day(book: api.Engine, car: int) -> None:
    contact(book, car, INTERESTED, in_days(1))
    go(book, in_days(1))

    contact(book, car, INTERESTED, in_days(2), quote_requested="true")
    assert [QUOTE] == at_hand(book, car)
    go(book, in_days(2))

    assert sorted([QUOTE, CONTACT[car]]) == at_hand(book, car)


def test_who_waits_for_the_quote_alone_is_contacted_when_it_is_there(book: api.Engine, car: int) -> None:
    contact(book, car, INTERESTED, in_days(1))
    go(book, in_days(1))
    contact(book, car, VISIT_FAILED, quote_requested="true")
    assert [QUOTE] == at_hand(book, car)

    quote(book, car)
    go(book, in_days(PACE[car]))

    by = (
        "second_visit" if car == 7 else CONTACT[car]
    )  # after a failed visit the key tracking goes there again
    assert [by] == [task.form_id for task in open_tasks(book, car) if task.form_id in (by, CONTACT[car])]


def test_who_has_agreed_or_bought_is_not_contacted_for_a_late_quote(book: api.Engine, car: int) -> None:
    contact(book, car, INTERESTED, in_days(1))
    go(book, in_days(1))
    contact(book, car, ISSUED, policy_no="PDAA202633010000001234")
    assert [QUOTE] == at_hand(book, car)

    quote(book, car)
    go(book, in_days(2))

    assert [] == at_hand(book, car)


def test_a_quote_goes_on_when_the_application_is_checked(book: api.Engine, car: int) -> None:
    contact(book, car, INTERESTED, in_days(1))
    go(book, in_days(1))
    contact(book, car, AGREES, in_days(2))

    quote(book, car)
    assert [] == at_hand(book, car)
    complete(book, car, "verify_application", answers.verify_application(book.clock.today()))
    go(book, in_days(2))

    assert [] == at_hand(book, car)
