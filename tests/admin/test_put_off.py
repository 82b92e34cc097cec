"""Many tasks put off from the inbox's choice to one day: each by its own rule, taken back by waking up."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from engine import api
from engine.api import BadInput, Engine, NotFound
from engine.tables import HistoryEvent, UserTask
from tests.support.console import TODAY, Browser, signed_in, task_of

pytestmark = pytest.mark.one_database
SOON = TODAY + timedelta(days=3)


def mine(engine: Engine) -> list[int]:
    """The tasks of AG001: one that is due today, one late, and one with time."""
    return [task_of(engine, car, "record_contact").id for car in (7, 5)]


def follow_ups(engine: Engine, tasks: list[int]) -> list[date | None]:
    with engine.store.reading() as session:
        rows = [session.get_one(UserTask, task).follow_up_at for task in tasks]
    return [row.astimezone(engine.clock.zone).date() if row else None for row in rows]


def events(engine: Engine, action: str) -> list[HistoryEvent]:
    with engine.store.reading() as session:
        return list(session.scalars(select(HistoryEvent).where(HistoryEvent.action == action)))


def chosen(agent: Browser, tasks: list[int], path: str = "/inbox/put-off") -> None:
    agent.get("/inbox?tab=all")
    agent.submit(agent.form("choose"), {"task": tasks}, action=path)


def test_each_is_put_off_and_recorded_by_itself(book: Engine, app: Flask) -> None:
    agent, tasks = signed_in(app, "AG001"), mine(book)
    chosen(agent, tasks)
    assert "选定 2 项" in agent.text

    agent.submit(agent.form("put-off"), {"day": SOON.isoformat(), "reason": "客户出差，回来再谈"})

    assert f"已将 2 项任务推迟到 {SOON}" in agent.text
    assert [SOON, SOON] == follow_ups(book, tasks)
    found = events(book, "task_put_off")
    assert tasks == sorted((e.task_id or 0 for e in found), key=tasks.index)
    assert {"客户出差，回来再谈"} == {event.reason for event in found}


def test_what_needs_a_reason_stays_on_the_page_and_says_until_when(book: Engine, app: Flask) -> None:
    agent, tasks = signed_in(app, "AG001"), mine(book)
    late = task_of(book, 10, "report_lapse_reason").id
    day = TODAY + timedelta(days=1)
    chosen(agent, [*tasks, late])

    agent.submit(agent.form("put-off"), {"day": day.isoformat()}, status=422)

    kept = [task for task, at in zip([*tasks, late], follow_ups(book, [*tasks, late]), strict=True) if not at]
    assert late in kept
    assert f"未推迟 {len(kept)} 项" in agent.text
    assert "请写明推迟的理由" in agent.text
    agent.submit(agent.form("put-off"), {"reason": "客户改到明天"})
    assert [day] * len(kept) == follow_ups(book, kept)


@pytest.mark.parametrize("day", ["", "gestern", "2026-11-24", "2027-12-31"])
def test_a_day_that_will_not_do_puts_nothing_off(book: Engine, app: Flask, day: str) -> None:
    agent, tasks = signed_in(app, "AG001"), mine(book)
    chosen(agent, tasks)

    agent.submit(agent.form("put-off"), {"day": day, "reason": "客户出差"}, status=422)

    assert "下次跟进" in agent.text and agent.soup.select(".ui-message-error")
    assert [None, None] == follow_ups(book, tasks)
    assert [] == events(book, "task_put_off")


def test_nothing_chosen_or_nothing_of_ones_own_says_so(book: Engine, app: Flask) -> None:
    agent = signed_in(app, "AG001")
    chosen(agent, [])
    assert "请勾选 1 至 500 项任务" in agent.text

    chosen(agent, [task_of(book, 22, "record_contact").id])

    assert "所选任务都不能推迟" in agent.text


def test_what_was_put_off_is_taken_up_again_together(book: Engine, app: Flask) -> None:
    agent, tasks = signed_in(app, "AG001"), mine(book)
    api.put_off_tasks(book, tasks, SOON, reason="客户出差", actor=api.actor_of(book, "AG001"))
    agent.get("/inbox?tab=snoozed")

    agent.submit(agent.form("choose"), {"task": tasks}, action="/inbox/put-off/resume")

    assert "已取消 2 项任务的推迟" in agent.text
    assert [None, None] == follow_ups(book, tasks)
    assert tasks == [event.task_id for event in events(book, "task_resumed")]


def test_what_is_late_stays_in_the_days_list_which_says_so_and_takes_it_up_again(
    book: Engine, app: Flask
) -> None:
    agent, waiting = signed_in(app, "AG001"), mine(book)
    late = task_of(book, 10, "report_lapse_reason").id
    with book.store.transaction() as tx:
        tx.get_one(UserTask, late).due_at = book.clock.now() - timedelta(days=1)
    chosen(agent, [*waiting, late])

    agent.submit(agent.form("put-off"), {"day": SOON.isoformat(), "reason": "客户出差，回来再谈"})

    left = [task for task in [*waiting, late] if is_late(book, task)]
    assert f"：{len(left)} 项已逾期，仍留在“今天要办”和“逾期”中，其余列在“稍后跟进”" in agent.text
    listed = {tab: ticks(agent, tab) for tab in ("today", "late", "snoozed")}
    assert set(left) <= listed["today"] & listed["late"]
    assert set(left).isdisjoint(listed["snoozed"])
    agent.get("/inbox?tab=late")
    agent.submit(agent.form("choose"), {"task": [late]}, action="/inbox/put-off/resume")
    assert "已取消 1 项任务的推迟" in agent.text
    agent.submit(agent.form("choose"), {"task": [late]}, action="/inbox/put-off/resume")
    assert "所选任务都没有推迟" in agent.text


def test_a_single_late_task_says_where_it_stays(book: Engine, app: Flask) -> None:
    agent, late = signed_in(app, "AG001"), task_of(book, 10, "report_lapse_reason").id
    with book.store.transaction() as tx:
        tx.get_one(UserTask, late).due_at = book.clock.now() - timedelta(days=1)
    agent.get(f"/tasks/{late}")

    agent.submit(
        agent.form_to(f"/tasks/{late}/put-off"), {"day": SOON.isoformat(), "reason": "客户出差，回来再谈"}
    )

    assert "任务已逾期，仍留在“今天要办”和“逾期”中" in agent.text
    agent.get(f"/tasks/{late}")
    assert agent.form_to(f"/tasks/{late}/resume")


def is_late(engine: Engine, task: int) -> bool:
    with engine.store.reading() as session:
        due = session.get_one(UserTask, task).due_at
    return due is not None and due <= engine.clock.now()


def ticks(browser: Browser, tab: str) -> set[int]:
    browser.get(f"/inbox?tab={tab}&group=single")
    return {int(str(one["value"])) for one in browser.soup.select("input[name=task]")}


def test_tasks_of_others_are_refused_one_by_one(book: Engine) -> None:
    ours, theirs = mine(book)[0], task_of(book, 22, "record_contact").id
    agent = api.actor_of(book, "AG001")

    found = api.put_off_tasks(book, [ours, theirs, ours], SOON, reason="客户出差", actor=agent)

    assert [ours, theirs] == list(found)
    assert found[ours] is None and isinstance(found[theirs], NotFound)
    for wrong in ([], list(range(1, 502))):
        with pytest.raises(BadInput):
            api.put_off_tasks(book, wrong, SOON, reason="", actor=agent)
        with pytest.raises(BadInput):
            api.resume_tasks(book, wrong, actor=agent)
