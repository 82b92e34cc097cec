"""A task is put off to a later day: out of the way until then, never out of sight once it is late."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from admin.app import create_app
from engine import api
from engine.api import BadInput, Engine, Forbidden, InboxTab, InboxWish, NotFound, Present, TaskTaken
from engine.tables import HistoryEvent, UserTask
from tests.support.console import TODAY, at, signed_in, task_of

pytestmark = pytest.mark.one_database

CAR = 7


@pytest.fixture
def app(book: Engine) -> Flask:
    return create_app(book)


def task(engine: Engine) -> UserTask:
    return task_of(engine, CAR, "record_contact")


def last_day(engine: Engine) -> date:
    due = task(engine).due_at
    assert due is not None
    return api.business_date(due - timedelta(seconds=1), engine.clock.zone)


def put_off(engine: Engine, day: date | None, reason: str = "", who: str = "AG001") -> int:
    found = task(engine).id
    api.put_off_task(engine, found, day, reason=reason, actor=api.actor_of(engine, who))
    return found


def drawers(engine: Engine, task_id: int, who: str = "AG001") -> set[InboxTab]:
    present, actor = Present.of(engine.clock), api.actor_of(engine, who)
    with engine.store.reading() as session:
        return {
            tab
            for tab in (InboxTab.TODAY, InboxTab.LATE, InboxTab.ALL, InboxTab.SNOOZED)
            for row in api.inbox_page(session, actor, InboxWish(tab=tab, limit=200), present).rows
            if row.task_id == task_id
        }


def counts(engine: Engine, who: str = "AG001") -> dict[InboxTab, int]:
    with engine.store.reading() as session:
        wish = InboxWish()
        return dict(api.inbox_page(session, api.actor_of(engine, who), wish, Present.of(engine.clock)).counts)


def events(engine: Engine, action: str) -> list[HistoryEvent]:
    with engine.store.reading() as session:
        return list(session.scalars(select(HistoryEvent).where(HistoryEvent.action == action)))


def test_it_leaves_ones_own_drawers_until_that_day_and_is_counted_apart(book: Engine) -> None:
    before, day = counts(book), TODAY + timedelta(days=1)
    assert day <= last_day(book)

    found = put_off(book, day)

    assert {InboxTab.SNOOZED} == drawers(book, found)
    after = counts(book)
    assert (before[InboxTab.ALL] - 1, 1) == (after[InboxTab.ALL], after[InboxTab.SNOOZED])
    api.set_clock(book, at(book, day, 0), actor=api.SYSTEM)
    assert InboxTab.ALL in drawers(book, found) and InboxTab.SNOOZED not in drawers(book, found)


def test_who_put_it_off_until_when_stands_in_the_history(book: Engine) -> None:
    put_off(book, TODAY + timedelta(days=1), "客户出差")

    (event,) = events(book, "task_put_off")
    assert ("AG001", "客户出差", "2026-11-25", None) == (
        event.actor,
        event.reason,
        event.payload["until"],
        event.payload["beyond"],
    )


def test_beyond_the_last_day_it_needs_a_reason_and_shows_again_once_late(book: Engine) -> None:
    last = last_day(book)
    beyond = last + timedelta(days=3)
    with pytest.raises(BadInput) as refused:
        put_off(book, beyond)
    assert str(last) in refused.value.say("zh") and "理由" in refused.value.say("zh")

    found = put_off(book, beyond, "客户要求下月再谈")
    assert last.isoformat() == events(book, "task_put_off")[0].payload["beyond"]
    api.set_clock(book, at(book, last + timedelta(days=1), 9), actor=api.SYSTEM)

    assert {InboxTab.TODAY, InboxTab.LATE, InboxTab.ALL} == drawers(book, found)


@pytest.mark.parametrize(
    ("day", "says"), [(None, "2026-12-31"), (TODAY, "今天以后"), (TODAY + timedelta(days=121), "120")]
)
def test_an_impossible_day_is_refused_by_name(book: Engine, day: date | None, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        put_off(book, day, "足够长的理由")

    assert says in refused.value.say("zh")
    assert [] == events(book, "task_put_off")


def test_others_tasks_are_not_put_off(book: Engine) -> None:
    day = TODAY + timedelta(days=1)
    with pytest.raises(Forbidden):
        put_off(book, day, who="SU01")
    with pytest.raises(NotFound):
        put_off(book, day, who="AG009")


def test_what_somebody_claimed_is_not_put_off_by_a_colleague(book: Engine) -> None:
    with book.store.transaction() as tx:
        tx.get_one(UserTask, task(book).id).assignee_no = None
    api.claim_task(book, task(book).id, actor=api.actor_of(book, "AG001"))

    with pytest.raises(TaskTaken):
        put_off(book, TODAY + timedelta(days=1), who="CC01")


def test_what_nobody_has_yet_is_claimed_first(book: Engine, app: Flask) -> None:
    with book.store.transaction() as tx:
        tx.get_one(UserTask, task(book).id).assignee_no = None

    with pytest.raises(BadInput) as refused:
        put_off(book, TODAY + timedelta(days=1))

    assert "先领取" in refused.value.say("zh")
    agent = signed_in(app, "AG001")
    agent.get(f"/tasks/{task(book).id}")
    assert agent.soup.find(id="put-off") is None


def test_it_can_be_taken_up_again(book: Engine) -> None:
    found = put_off(book, TODAY + timedelta(days=1))

    api.resume_task(book, found, actor=api.actor_of(book, "AG001"))
    api.resume_task(book, found, actor=api.actor_of(book, "AG001"))

    assert InboxTab.ALL in drawers(book, found)
    assert 1 == len(events(book, "task_resumed"))


def test_the_page_puts_off_shows_the_day_and_takes_it_back(book: Engine, app: Flask) -> None:
    agent, found = signed_in(app, "AG001"), task(book).id
    agent.get(f"/tasks/{found}")

    agent.submit(agent.form_to(f"/tasks/{found}/put-off"), {"day": "2026-11-25"})
    assert "已推迟，2026-11-25 再出现在待办中" in agent.text
    agent.get("/inbox?tab=snoozed")
    assert "下次跟进 11-25 周三" in agent.text

    agent.get(f"/tasks/{found}")
    assert "下次跟进 2026-11-25 周三" in agent.text
    agent.submit(agent.form_to(f"/tasks/{found}/resume"))
    assert "已取消推迟" in agent.text
    assert InboxTab.ALL in drawers(book, found)


def test_the_page_says_what_is_wrong_and_comes_back(book: Engine, app: Flask) -> None:
    agent, found = signed_in(app, "AG001"), task(book).id
    agent.get(f"/tasks/{found}")

    agent.submit(agent.form_to(f"/tasks/{found}/put-off"), {"day": "soon"}, status=400)

    assert "请按 2026-12-31 的格式填写日期" in agent.text
    assert "推迟" in agent.text, "the task is shown still"
