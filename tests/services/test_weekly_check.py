"""The specialist's check of each policy (G-S1) comes weekly and opens with what the facts already tell."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import api
from engine.api import Engine, Present
from tests.acceptance import answers
from tests.services.test_deadlines import go
from tests.support.console import TODAY, complete, open_tasks, task_of

pytestmark = pytest.mark.one_database
CAR = 5
"""T-44 today: T-38 is in six days, T-31 in thirteen."""


def day(left: int) -> Any:
    return TODAY + timedelta(days=44 - left)


def asked(engine: Engine) -> int:
    return sum(task.form_id == "check_follow_up" for task in open_tasks(engine, CAR))


def defects(engine: Engine) -> list[str]:
    task = task_of(engine, CAR, "check_follow_up")
    with engine.store.reading() as session:
        opened = api.task_page(
            session,
            api.actor_of(engine, "SP01"),
            task.id,
            Present.of(engine.clock),
            deployed_of=engine.deployed,
        )
    found: list[str] = opened.prefill["check"]["defects"]
    return found


def test_after_a_check_that_found_all_in_order_it_comes_again_a_week_later(book: Engine) -> None:
    go(book, day(38))
    assert 1 == asked(book)
    complete(book, CAR, "check_follow_up", answers.check_follow_up(day(38)))
    go(book, day(32))
    assert 0 == asked(book)
    go(book, day(31))
    assert 1 == asked(book)
    complete(book, CAR, "check_follow_up", answers.check_follow_up(day(31)))

    assert 0 == asked(book)


def test_one_that_was_done_late_is_not_doubled(book: Engine) -> None:
    go(book, day(33))
    complete(book, CAR, "check_follow_up", answers.check_follow_up(day(33)))
    go(book, day(31))

    assert 0 == asked(book)


def test_it_opens_with_what_no_contact_phone_and_id_tell(book: Engine) -> None:
    go(book, day(38))
    assert "no_contact" in defects(book)

    complete(book, CAR, "record_contact", answers.record_contact(day(38), "22"))
    assert "no_contact" not in defects(book)
    assert "invalid_phone" in defects(book)
