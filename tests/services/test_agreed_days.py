"""Days that people write into forms are kept: the act comes back, or the next one is due then, or it is told of.

Sources: domain.md §1.2 G-S1, G-S3, G-L2, G-L3, §1.3 K-S2. Today is Tuesday 2026-11-24; car 5 has 44 days left, car 6
has 35 (the stage's last day is 28 November), car 8 has 12 (the key tracking's last day is 28 November).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from admin.app import create_app
from engine import api
from engine.tables import Deadline, OutboxMessage, Renewal, UserTask
from tests.acceptance import answers
from tests.support.console import TODAY, at, complete, open_tasks, renewal_of, signed_in, task_of

pytestmark = pytest.mark.one_database

CHECKED, FILED, CHASED = 6, 5, 8


def go(engine: api.Engine, day: date, hour: int = 9) -> None:
    api.advance_clock(engine, to=at(engine, day, hour), actor=api.SYSTEM)


def asked(engine: api.Engine, car: int, form_id: str) -> list[UserTask]:
    return [task for task in open_tasks(engine, car) if task.form_id == form_id]


def day(count: int) -> str:
    return (TODAY + timedelta(days=count)).isoformat()


def row(engine: api.Engine, car: int) -> Renewal:
    with engine.store.reading() as session:
        return session.get_one(Renewal, renewal_of(engine, car))


def sent(engine: api.Engine, template: str) -> list[tuple[str, str]]:
    with engine.store.reading() as session:
        found = select(OutboxMessage).where(OutboxMessage.template == template)
        return sorted((one.recipient, one.text) for one in session.scalars(found))


def last_day(engine: api.Engine, task: UserTask) -> date:
    assert task.due_at is not None
    return (task.due_at - timedelta(microseconds=1)).astimezone(engine.clock.zone).date()


DEFECTS = {"result": "defects", "defects": ["no_contact"], "reminded": ["agent", "trainer"]}
INCOMPLETE = {"result": "incomplete", "missing_items": ["address"], "completeness": "70"}


@pytest.mark.parametrize(
    ("car", "form_id", "values", "field"),
    [
        (CHECKED, "check_follow_up", answers.check_follow_up(TODAY, **DEFECTS), "mend_by"),
        (
            CHECKED,
            "complete_customer_file",
            answers.complete_customer_file(TODAY, **INCOMPLETE),
            "complete_by",
        ),
        (CHASED, "chase_policy", {"result": "on_track"}, "next_check_date"),
    ],
)
def test_the_act_comes_back_on_the_agreed_day_and_not_before(
    book: api.Engine, car: int, form_id: str, values: dict[str, Any], field: str
) -> None:
    complete(book, car, form_id, {**values, field: day(2)})
    assert [] == asked(book, car, form_id)

    go(book, TODAY + timedelta(days=1), 23)
    assert [] == asked(book, car, form_id)
    go(book, TODAY + timedelta(days=2))

    (task,) = asked(book, car, form_id)
    assert TODAY + timedelta(days=3) == last_day(book, task)
    with book.store.reading() as session:
        due = session.scalars(
            select(UserTask).where(UserTask.instance_id == task.instance_id, UserTask.form_id == form_id)
        ).all()
    assert 2 == len(due)


@pytest.mark.parametrize(
    ("form_id", "again", "done", "field"),
    [
        ("check_follow_up", answers.check_follow_up(TODAY, **DEFECTS), answers.check_follow_up, "mend_by"),
        (
            "complete_customer_file",
            answers.complete_customer_file(TODAY, **INCOMPLETE),
            answers.complete_customer_file,
            "complete_by",
        ),
    ],
)
def test_beyond_the_stage_it_comes_back_on_the_last_day_and_ends_when_all_is_there(
    book: api.Engine, form_id: str, again: dict[str, Any], done: Callable[[date], dict[str, Any]], field: str
) -> None:
    complete(book, CHECKED, form_id, {**again, field: day(20)})
    go(book, TODAY + timedelta(days=3))
    assert [] == asked(book, CHECKED, form_id)
    go(book, TODAY + timedelta(days=4))
    assert 1 == len(asked(book, CHECKED, form_id))

    complete(book, CHECKED, form_id, done(TODAY))

    assert [] == asked(book, CHECKED, form_id)


def test_who_was_reminded_hears_until_when_it_is_to_be_mended(book: api.Engine) -> None:
    complete(book, CHECKED, "check_follow_up", answers.check_follow_up(TODAY, **DEFECTS, mend_by=day(3)))

    complete(
        book,
        CHASED,
        "chase_policy",
        {"result": "urged", "next_check_date": day(2), "urged_persons": ["trainer"]},
    )
    go(book, TODAY + timedelta(days=1), 12)

    told = sent(book, "agent_new_list")
    assert ["AG001", "TR01"] == [who for who, text in told if "信息待补正" in text or "的信息待补正" in text]
    assert [("TR01", "【车险续保】您有车险客户信息待补正1位、被专员催办1位，请登录查看。")] == [
        one for one in told if one[0] == "TR01"
    ]
    assert [] == sent(book, "policy_chased")
    browser = signed_in(create_app(book), "SP01")
    browser.get(f"/renewals/{renewal_of(book, CHECKED)}")
    assert "须在 2026-11-27 前补正" in browser.text


def test_reminders_after_the_message_of_the_day_wait_for_the_next_morning(book: api.Engine) -> None:
    complete(book, CHECKED, "check_follow_up", answers.check_follow_up(TODAY, **DEFECTS, mend_by=day(3)))
    go(book, TODAY, 12)
    complete(
        book,
        CHASED,
        "chase_policy",
        {"result": "urged", "next_check_date": day(2), "urged_persons": ["trainer"]},
    )
    go(book, TODAY, 20)
    assert ["TR01"] == [
        who for who, text in sent(book, "agent_new_list") if who == "TR01" and "{" not in text
    ]

    go(book, TODAY + timedelta(days=1), 9)

    texts = [text for who, text in sent(book, "agent_new_list") if who == "TR01"]
    assert {
        "【车险续保】您有1位车险客户的信息待补正，请登录查看。",
        "【车险续保】您有1位车险客户被专员催办，请登录查看。",
    } == set(texts) and 2 == len(texts)


def test_the_next_check_does_not_wait_for_the_trainers_help_and_may_find_the_loss(book: api.Engine) -> None:
    complete(book, CHASED, "chase_policy", {"result": "on_track", "next_check_date": day(2)})
    assert 1 == len(asked(book, CHASED, "assist_agent"))
    go(book, TODAY + timedelta(days=2))

    complete(book, CHASED, "chase_policy", {"result": "on_track", "next_check_date": day(3)})
    assert 1 == len(asked(book, CHASED, "assist_agent"))
    go(book, TODAY + timedelta(days=3))
    lost = {"result": "lost", "reason": "L101", "reason_source": "customer", "recoverable": "no"}
    complete(book, CHASED, "chase_policy", lost)

    assert ["verify_loss"] == [task.form_id for task in open_tasks(book, CHASED)]


def test_a_check_beyond_the_stage_is_taken_over_by_the_last_sweep(book: api.Engine) -> None:
    complete(book, CHASED, "chase_policy", {"result": "on_track", "next_check_date": day(9)})

    go(book, TODAY + timedelta(days=9))

    assert [] == asked(book, CHASED, "chase_policy")
    assert 1 == len(asked(book, CHASED, "final_sweep"))


def returned(engine: api.Engine, by: str) -> None:
    complete(engine, CHECKED, "record_contact", answers.record_contact(TODAY, "41"))
    values = answers.verify_application(TODAY, "returned", resubmit_by=by)
    complete(engine, CHECKED, "verify_application", values)


def test_a_returned_application_is_due_on_the_agreed_day_at_once_after_the_coaching(book: api.Engine) -> None:
    returned(book, day(3))
    assert [] == asked(book, CHECKED, "record_contact")
    complete(book, CHECKED, "coach_agent", answers.coach_agent(TODAY))
    api.tick(book)

    (task,) = asked(book, CHECKED, "record_contact")
    assert TODAY + timedelta(days=3) == last_day(book, task)

    complete(book, CHECKED, "record_contact", answers.record_contact(TODAY, "41"))
    assert row(book, CHECKED).resubmit_by is None


def test_a_day_that_has_passed_no_longer_rules(book: api.Engine) -> None:
    returned(book, day(0))
    go(book, TODAY + timedelta(days=1))
    complete(book, CHECKED, "coach_agent", answers.coach_agent(TODAY))
    go(book, TODAY + timedelta(days=2))

    (task,) = asked(book, CHECKED, "record_contact")
    assert TODAY + timedelta(days=3) == last_day(book, task)


def coached(engine: api.Engine, **more: Any) -> None:
    """The agent reached nobody three times, so that the supervisor helps."""
    returned(engine, day(1))
    complete(engine, CHECKED, "coach_agent", answers.coach_agent(TODAY, **more))


def rechecks(engine: api.Engine) -> list[tuple[str | None, bool]]:
    with engine.store.reading() as session:
        found = select(Deadline).where(Deadline.kind == "recheck").order_by(Deadline.id)
        return [(one.ending, one.rung_at is not None) for one in session.scalars(found)]


def test_the_supervisor_hears_on_the_day_of_the_recheck_that_nothing_happened(book: api.Engine) -> None:
    coached(book, result="recheck", recheck_date=day(2))

    go(book, TODAY + timedelta(days=2), 7)
    assert [(None, False)] == rechecks(book)
    go(book, TODAY + timedelta(days=2), 9)

    text = "【车险续保】您有1位车险客户约定的复查日已到，尚无新的有效联系，请登录查看。"
    assert [("SU01", text)] == [one for one in sent(book, "agent_new_list") if one[0] == "SU01"]
    assert [] == sent(book, "alarm_recheck")
    assert [(None, True)] == rechecks(book)
    app: Flask = create_app(book)
    browser = signed_in(app, "SU01")
    browser.get("/")
    assert "辅导后复查" in browser.text and "今天截止" in browser.text
    browser.get(f"/renewals/{renewal_of(book, CHECKED)}")
    assert "约定 2026-11-26 复查辅导结果" in browser.text
    assert "约定的复查日到，仍无新的有效联系，已提醒" in browser.text


def test_a_new_contact_or_another_coaching_meets_it_before(book: api.Engine) -> None:
    coached(book, result="recheck", recheck_date=day(4))
    api.tick(book)
    complete(book, CHECKED, "record_contact", answers.record_contact(TODAY, "41"))
    api.tick(book)
    assert [("met", False)] == rechecks(book)

    values = answers.verify_application(TODAY, "returned", resubmit_by=day(1))
    complete(book, CHECKED, "verify_application", values)
    complete(book, CHECKED, "coach_agent", answers.coach_agent(TODAY, result="recheck", recheck_date=day(4)))
    go(book, TODAY + timedelta(days=4))

    assert [("met", False), (None, True)] == rechecks(book)


def test_a_recheck_today_is_refused_with_what_to_write(book: api.Engine) -> None:
    returned(book, day(1))
    task = task_of(book, CHECKED, "coach_agent")
    with pytest.raises(api.InvalidForm):
        api.complete_task(
            book,
            task.id,
            answers.coach_agent(TODAY, result="recheck", recheck_date=day(0)),
            actor=api.actor_of(book, "SU01"),
        )


@pytest.mark.parametrize(
    ("car", "form_id", "values", "field", "left"),
    [
        (CHECKED, "check_follow_up", answers.check_follow_up(TODAY, **DEFECTS), "mend_by", 35),
        (
            CHECKED,
            "complete_customer_file",
            answers.complete_customer_file(TODAY, **INCOMPLETE),
            "complete_by",
            35,
        ),
        (CHASED, "chase_policy", {"result": "on_track"}, "next_check_date", 12),
    ],
)
def test_a_day_after_the_expiry_is_refused_with_the_last_one_allowed(
    book: api.Engine, car: int, form_id: str, values: dict[str, Any], field: str, left: int
) -> None:
    with pytest.raises(api.InvalidForm) as refused:
        complete(book, car, form_id, {**values, field: day(left + 1)})

    assert f"不能晚于 {day(left)}" in str(refused.value.params)
    complete(book, car, form_id, {**values, field: day(left)})


def test_the_record_says_when_a_day_beyond_the_stage_really_comes(book: api.Engine) -> None:
    beyond = answers.complete_customer_file(TODAY, **INCOMPLETE, complete_by=day(20))
    complete(book, CHECKED, "complete_customer_file", beyond)
    complete(book, CHASED, "chase_policy", {"result": "on_track", "next_check_date": day(9)})

    agent = signed_in(create_app(book), "AG001")
    agent.get(f"/renewals/{renewal_of(book, CHECKED)}")
    assert f"补充期限 {day(20)} 在本阶段结束之后，系统将在 {day(4)}（本阶段最后一天）再次安排" in agent.text
    agent.get(f"/renewals/{renewal_of(book, CHASED)}")
    assert f"下次检查日 {day(9)} 在本阶段结束之后，{day(5)} 起由总结阶段的逐单清仓接手" in agent.text


def test_the_day_proposed_for_the_file_lies_within_the_stage(book: api.Engine) -> None:
    task = task_of(book, CHECKED, "complete_customer_file")
    trainer = signed_in(create_app(book), "TR01")

    trainer.get(f"/tasks/{task.id}")

    assert day(4) == dict(trainer.entries(trainer.form("task-form")))["complete_by"]
