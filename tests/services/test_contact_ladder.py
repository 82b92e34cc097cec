"""The ladder of contacts goes by what was said (domain.md §4.2): missed calls, agreed days, wrong numbers.

Today is Tuesday 2026-11-24: car 6 has 35 days left (general follow-up), car 7 has 28 (key tracking), car 9 has 5
(summary), car 11 is four days over (to be won back).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from engine import api
from engine.clock import business_date
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv
from tests.support.console import TODAY, at, complete, open_tasks, task_of

pytestmark = pytest.mark.one_database
SECOND_VISIT = {
    "failure_reason": "price",
    "plan_changes": ["cover"],
    "change_note": "换一个方案",
    "channel": "visit",
    "contact_person": "owner",
}
JOINT_VISIT = {
    "result": "13",
    "visited_at": f"{TODAY}T09:00",
    "place": "客户单位",
    "participants": ["agent", "specialist"],
    "contact_person": "owner",
    "customer_opinion": "再考虑两天",
    "plan_changes": ["none"],
}
CONTACT = {6: "record_contact", 7: "record_contact", 9: "record_contact", 11: "win_back_contact"}


def in_days(count: int) -> date:
    return TODAY + timedelta(days=count)


def go(book: api.Engine, days: int) -> None:
    api.advance_clock(book, to=at(book, in_days(days), 9), actor=api.SYSTEM)


def forms(book: api.Engine, car: int) -> set[str]:
    return {task.form_id for task in open_tasks(book, car)}


def contact(book: api.Engine, car: int, result: str, **more: Any) -> None:
    complete(book, car, CONTACT[car], answers.record_contact(book.clock.today(), result, **more))


def due(book: api.Engine, car: int) -> date:
    moment = task_of(book, car, CONTACT[car]).due_at
    assert moment is not None
    return business_date(moment, book.clock.zone) - timedelta(days=1)


@pytest.fixture(params=[6, 7, 9, 11])
def car(request: pytest.FixtureRequest, book: api.Engine) -> int:
    """A car of each stage whose contact is open."""
    if request.param == 9:
        complete(book, 9, "dispatch_list", answers.dispatch_list(TODAY))
        complete(
            book,
            9,
            "give_actual_quote",
            {"result": "not_possible", "not_possible_reason": "underwriting"},
        )
    if request.param == 11:
        values = {"win_back": "yes", "assignee_no": "AG001", "deadline": in_days(20).isoformat()}
        complete(book, 11, "hand_to_win_back", values)
    return int(request.param)


def test_a_missed_call_is_tried_again_on_the_next_workday(book: api.Engine, car: int) -> None:
    contact(book, car, "21")
    assert CONTACT[car] not in forms(book, car)

    go(book, 1)

    assert CONTACT[car] in forms(book, car)


@pytest.mark.parametrize("number", [6, 7])
def test_three_missed_calls_in_a_row_bring_in_the_supervisor(book: api.Engine, number: int) -> None:
    for days in range(3):
        if days:
            go(book, days)
        assert "coach_agent" not in forms(book, number)
        contact(book, number, "21")

    assert "coach_agent" in forms(book, number)


@pytest.mark.parametrize("number", [6, 7])
def test_a_call_that_was_answered_begins_the_count_anew(book: api.Engine, number: int) -> None:
    contact(book, number, "21")
    go(book, 1)
    contact(book, number, "13", next_follow_up_date=in_days(2).isoformat())
    for days in (2, 3):
        go(book, days)
        contact(book, number, "21")
        assert "coach_agent" not in forms(book, number)

    go(book, 6)
    assert "record_contact" in forms(book, number) or number == 6, "two missed calls are not three"


def test_a_contact_of_an_agreed_day_is_due_by_the_next_workday(book: api.Engine, car: int) -> None:
    contact(book, car, "13", next_follow_up_date=in_days(2).isoformat())

    go(book, 2)

    assert in_days(3) == due(book, car), "a task has a workday at least"


def test_a_wrong_number_is_called_again_once_it_is_corrected(book: api.Engine, car: int) -> None:
    contact(book, car, "22")
    assert "update_customer" in forms(book, car)
    assert CONTACT[car] not in forms(book, car)

    changed = {"result": "changed", "changed_items": ["phone"], "new_phone": "13800001234"}
    complete(book, car, "update_customer", {**answers.update_customer(TODAY), **changed})

    assert CONTACT[car] in forms(book, car)


def test_a_number_that_nobody_could_correct_is_not_called_again(book: api.Engine, car: int) -> None:
    contact(book, car, "22")

    complete(book, car, "update_customer", answers.update_customer(TODAY))

    assert CONTACT[car] not in forms(book, car)


def test_the_day_agreed_at_the_second_visit_opens_the_next_contact(book: api.Engine) -> None:
    contact(book, 7, "31")
    visit = {
        "result": "13",
        "visited_at": f"{TODAY}T09:00",
        "next_follow_up_date": in_days(3).isoformat(),
    }
    complete(book, 7, "second_visit", {**SECOND_VISIT, **visit})
    go(book, 2)
    assert "record_contact" not in forms(book, 7)

    go(book, 3)

    assert ("record_contact" in forms(book, 7), due(book, 7)) == (True, in_days(6))


def test_the_day_agreed_at_a_joint_visit_opens_a_contact_unless_the_agent_has_one(book: api.Engine) -> None:
    key = policy(400, in_days(25), agent="AG001", sub_branch="PC330101", 保费="9000")
    batch = api.preview_list(book, standard_csv([key]), "k.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(book, batch, actor=api.SYSTEM)
    complete(book, 400, "dispatch_list", answers.dispatch_list(TODAY))
    complete(
        book, 400, "record_contact", answers.record_contact(TODAY, "51", policy_no="PDAA202633010000001234")
    )

    complete(book, 400, "joint_visit", {**JOINT_VISIT, "next_follow_up_date": in_days(2).isoformat()})
    assert "record_contact" not in forms(book, 400)
    go(book, 2)
    assert "record_contact" in forms(book, 400)

    complete(book, 400, "record_contact", answers.record_contact(in_days(2), "61"))
    assert {"verify_loss"} <= forms(book, 400), "what is said then leads where the visit would have"
