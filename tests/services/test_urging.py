"""A colleague is urged to do a task: recorded, told once a day, by those who follow the renewal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from admin.app import create_app
from engine import api
from engine.api import AlreadyUrged, BadInput, Engine, Forbidden, NotFound
from engine.tables import HistoryEvent, OutboxMessage, UserTask
from tests.support.console import renewal_of, signed_in, task_of

pytestmark = pytest.mark.one_database

CAR = 7


def urge(engine: Engine, who: str = "SU01") -> str:
    return api.urge_task(engine, task_of(engine, CAR, "record_contact").id, actor=api.actor_of(engine, who))


def messages(engine: Engine) -> list[OutboxMessage]:
    with engine.store.reading() as session:
        return list(session.scalars(select(OutboxMessage).where(OutboxMessage.template == "task_urged")))


@pytest.mark.parametrize("who", ["SU01", "TR01", "SP01", "CC01"])
def test_whoever_follows_the_renewal_may_urge_and_it_is_kept(book: Engine, who: str) -> None:
    assert "AG001" == urge(book, who)

    (message,) = messages(book)
    assert ("AG001", "staff") == (message.recipient, message.audience)
    with book.store.reading() as session:
        (event,) = session.scalars(select(HistoryEvent).where(HistoryEvent.action == "task_urged"))
    assert (who, "AG001", renewal_of(book, CAR)) == (
        event.actor,
        event.payload["assignee"],
        event.instance_id,
    )


def test_a_task_is_urged_once_a_day_whoever_does_it(book: Engine) -> None:
    urge(book)

    with pytest.raises(AlreadyUrged):
        urge(book, "TR01")
    api.set_clock(book, book.clock.now() + timedelta(hours=25), actor=api.SYSTEM)
    urge(book, "TR01")

    assert 2 == len(messages(book))


def test_ones_own_task_is_not_urged(book: Engine) -> None:
    with pytest.raises(BadInput, match="own"):
        urge(book, "AG001")


def test_a_stranger_does_not_find_it_and_an_auditor_may_not(book: Engine) -> None:
    with pytest.raises(NotFound):
        urge(book, "AG009")
    with pytest.raises(Forbidden):
        urge(book, "AU01")
    assert not messages(book)


def test_the_message_waits_for_the_hours_of_work(book: Engine) -> None:
    late = book.clock.now().astimezone(book.clock.zone).replace(hour=21)
    api.set_clock(book, late, actor=api.SYSTEM)

    urge(book)

    assert 8 == messages(book)[0].not_before.astimezone(book.clock.zone).hour


def test_it_is_a_button_on_the_renewal(book: Engine) -> None:
    app: Flask = create_app(book)
    task, page = task_of(book, CAR, "record_contact").id, f"/renewals/{renewal_of(book, CAR)}"
    supervisor = signed_in(app, "SU01")
    supervisor.get(page)

    supervisor.submit(supervisor.form_to(f"/tasks/{task}/urge"), {})
    assert "已催办" in supervisor.text
    supervisor.submit(supervisor.form_to(f"/tasks/{task}/urge"), {})
    assert "24 小时内已催办过" in supervisor.text

    agent = signed_in(app, "AG001")
    agent.get(page)
    assert agent.soup.find("form", action=f"/tasks/{task}/urge") is None


# Up the line and many at once ----------------------------------------------------------------------------------


def late_task(engine: Engine) -> int:
    """The contact task of car 7 on a day on which it is late."""
    number = task_of(engine, CAR, "record_contact")
    assert number.due_at is not None
    api.set_clock(engine, number.due_at + timedelta(hours=10), actor=api.SYSTEM)
    return number.id


def up(engine: Engine, task: int, who: str = "SP01") -> tuple[str, ...]:
    return api.urge_up(engine, task, actor=api.actor_of(engine, who))


def test_a_late_task_is_urged_up_the_line_one_more_each_time(book: Engine) -> None:
    task = late_task(book)

    assert ("AG001", "SU01") == up(book, task)
    with pytest.raises(AlreadyUrged):
        up(book, task)
    api.set_clock(book, book.clock.now() + timedelta(hours=25), actor=api.SYSTEM)
    assert ("AG001", "SU01", "TR01") == up(book, task)

    with book.store.reading() as session:
        found = session.scalars(select(OutboxMessage).where(OutboxMessage.template == "task_urged_up"))
        assert ["SU01", "SU01", "TR01"] == sorted(row.recipient for row in found)
        events = session.scalars(select(HistoryEvent).where(HistoryEvent.action == "task_urged_up"))
        assert [["SU01"], ["SU01", "TR01"]] == [event.payload["above"] for event in events]


def test_above_a_specialist_stands_the_channel_department_of_the_branch(book: Engine) -> None:
    task = task_of(book, 8, "chase_policy")
    assert task.due_at is not None
    api.set_clock(book, task.due_at + timedelta(hours=10), actor=api.SYSTEM)

    told = up(book, task.id, "TR01")

    assert "SP01" == told[0]
    assert {"CC01"} <= set(told[1:])
    assert not any(number.startswith(("AG", "SU", "TR")) for number in told[1:])
    api.set_clock(book, book.clock.now() + timedelta(hours=25), actor=api.SYSTEM)
    with pytest.raises(BadInput):
        up(book, task.id, "CC01" if len(told) == 2 else "SP01")


def test_what_is_in_time_is_not_urged_up_and_the_urger_is_not_told(book: Engine) -> None:
    with pytest.raises(BadInput, match="not late"):
        up(book, task_of(book, CAR, "record_contact").id)
    assert ("AG001", "TR01") == up(book, late_task(book), "SU01")


def test_whoever_was_urged_may_still_have_the_superior_told(book: Engine) -> None:
    task = late_task(book)
    api.urge_task(book, task, actor=api.actor_of(book, "SU01"))

    assert ("AG001", "SU01") == up(book, task)
    with pytest.raises(AlreadyUrged):
        api.urge_task(book, task, actor=api.actor_of(book, "TR01"))


def test_many_are_urged_at_once_each_with_its_result(book: Engine) -> None:
    mine, strangers = task_of(book, CAR, "record_contact").id, task_of(book, 21, "record_contact").id
    actor = api.actor_of(book, "SU01")
    urge(book, "TR01")

    found = api.urge_many(book, [mine, strangers, task_of(book, 6, "record_contact").id], actor=actor)

    assert [(), (), ("AG001",)] == [one.who for one in found]
    assert "24 小时内" in found[0].reason.zh  # type: ignore[union-attr]
    assert "找不到" in found[1].reason.zh  # type: ignore[union-attr]
    assert found[2].reason is None
    for wrong in ([], list(range(1, api.MOST_URGED + 2))):
        with pytest.raises(BadInput):
            api.urge_many(book, wrong, actor=actor)
    with pytest.raises(Forbidden):
        api.urge_many(book, [mine], actor=api.actor_of(book, "AU01"))


def test_urging_nothing_says_what_to_do(book: Engine) -> None:
    with pytest.raises(BadInput) as refused:
        api.urge_many(book, [], actor=api.actor_of(book, "SU01"))

    assert "没有选择任何任务，未做任何事。请勾选任务后再试。" == refused.value.say("zh")
    with pytest.raises(BadInput) as too_many:
        api.urge_many(book, range(1, api.MOST_URGED + 2), actor=api.actor_of(book, "SU01"))
    assert f"{api.MOST_URGED + 1} 项任务" in too_many.value.say("zh")


def of_template(engine: Engine, template: str) -> list[tuple[str, str]]:
    """Who is told what, by messages of one kind."""
    with engine.store.reading() as session:
        found = session.scalars(select(OutboxMessage).where(OutboxMessage.template == template))
        return sorted((row.recipient, row.text) for row in found)


def all_late(engine: Engine) -> list[int]:
    """The open tasks of AG001, on a day on which all of them are late."""
    with engine.store.reading() as session:
        query = select(UserTask).where(UserTask.assignee_no == "AG001", UserTask.status == "open")
        tasks = session.scalars(query.order_by(UserTask.id)).all()
    last = max(task.due_at for task in tasks if task.due_at is not None)
    api.set_clock(engine, last + timedelta(hours=10), actor=api.SYSTEM)
    return [task.id for task in tasks]


def test_urging_many_up_the_line_tells_each_person_once_with_a_count(book: Engine) -> None:
    tasks = all_late(book)
    assert len(tasks) > 2

    found = api.urge_many(book, tasks, actor=api.actor_of(book, "SP01"), up=True)

    done = [one.task_id for one in found if one.reason is None]
    assert tasks == done
    count = len(tasks)
    assert [("AG001", f"【车险续保】您有{count}项续保任务被催办，请尽快登录办理。")] == of_template(
        book, "task_urged"
    )
    assert [("SU01", f"【车险续保】您的团队有{count}项续保任务逾期未办，请登录督促。")] == of_template(
        book, "task_urged_up"
    )
    with book.store.reading() as session:
        events = session.scalars(select(HistoryEvent).where(HistoryEvent.action == "task_urged_up"))
        assert tasks == sorted(event.task_id or 0 for event in events)
    again = api.urge_many(book, tasks, actor=api.actor_of(book, "TR01"), up=True)
    assert all("24 小时内" in one.reason.zh for one in again if one.reason)
    assert 1 == len(of_template(book, "task_urged"))


def test_urging_many_downwards_tells_each_person_once(book: Engine) -> None:
    tasks = all_late(book)

    api.urge_many(book, tasks, actor=api.actor_of(book, "SU01"))

    assert [f"您有{len(tasks)}项"] == [
        text[6:][: len(f"您有{len(tasks)}项")] for _, text in of_template(book, "task_urged")
    ]


def test_nobody_gets_the_same_words_twice_within_a_minute(book: Engine) -> None:
    first, second = all_late(book)[:2]
    supervisor = api.actor_of(book, "SU01")

    api.urge_task(book, first, actor=supervisor)
    api.urge_task(book, second, actor=supervisor)
    assert 1 == len(of_template(book, "task_urged"))

    with book.store.reading() as session:
        events = session.scalars(select(HistoryEvent).where(HistoryEvent.action == "task_urged"))
        assert 2 == len(list(events))
