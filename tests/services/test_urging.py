"""A colleague is urged to do a task: recorded, told once a day, by those who follow the renewal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from admin.app import create_app
from engine import api
from engine.api import AlreadyUrged, BadInput, Engine, Forbidden, NotFound
from engine.tables import HistoryEvent, OutboxMessage
from tests.support.console import renewal_of, signed_in, task_of

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
