"""An agent is told of new rows once a day, by number; what lost its reason is not counted (domain.md §4.9)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event, select

from engine import api
from engine.drivers.port import NotSent
from engine.services import outbox
from engine.tables import OutboxMessage, Renewal
from tests.acceptance.desk import policy, standard_csv, vin
from tests.services.test_outbox import Provider
from tests.support.console import TODAY, at


def take(engine: api.Engine, numbers: Iterable[int], *, agent: str = "AG009", days_left: int = 58) -> None:
    expiry = TODAY + timedelta(days=days_left)
    rows = [policy(n, expiry, agent=agent, sub_branch="PC330101") for n in numbers]
    batch = api.preview_list(engine, standard_csv(rows), "l.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(engine, batch, actor=api.SYSTEM)


def notices(engine: api.Engine, agent: str = "AG009") -> list[OutboxMessage]:
    """The messages to *agent* about the rows of these tests."""
    with engine.store.reading() as session:
        found = select(OutboxMessage).where(
            OutboxMessage.template == "agent_new_list",
            OutboxMessage.agent_no == agent,
            OutboxMessage.queued_at >= at(engine, TODAY, 0),
        )
        return list(session.scalars(found.order_by(OutboxMessage.id)))


def go_to(engine: api.Engine, moment: datetime) -> None:
    api.advance_clock(engine, to=moment, actor=api.SYSTEM)


def end(engine: api.Engine, number: int) -> None:
    api.deliver_message(engine, "list_withdrawn", vin(number), actor=api.SYSTEM)


def test_an_agent_is_told_once_of_all_rows_of_a_day(book: api.Engine) -> None:
    take(book, range(300, 303))
    take(book, [303])
    take(book, [310], agent="AG010")

    go_to(book, at(book, TODAY, 11))

    assert ["【车险续保】您有4位车险客户60天内到期，请登录查看。"] == [m.text for m in notices(book)]
    assert [("sent", "agent_new_list:AG009:2026-11-24")] == [
        (m.status, m.business_key) for m in notices(book)
    ]
    assert ["您有1位"] == [m.text[6:10] for m in notices(book, "AG010")]


def test_a_row_after_the_message_of_the_day_waits_for_the_next_morning(book: api.Engine) -> None:
    take(book, [300])
    go_to(book, at(book, TODAY, 11))

    take(book, [301, 302])

    sent, waiting = notices(book)
    assert ("sent", "queued") == (sent.status, waiting.status)
    assert at(book, TODAY + timedelta(days=1), 8) == waiting.not_before


def test_rows_that_come_due_at_midnight_are_told_at_eight(book: api.Engine) -> None:
    take(book, [300, 301], days_left=61)

    go_to(book, at(book, TODAY + timedelta(days=1), 12))

    (message,) = notices(book)
    assert (at(book, TODAY + timedelta(days=1), 8), "您有2位") == (message.sent_at, message.text[6:10])
    sink = [json.loads(line) for line in book.settings.sink.read_text().splitlines()]
    assert 1 == sum(line["key"] == message.key for line in sink)


def test_what_has_ended_is_not_counted(book: api.Engine) -> None:
    take(book, [300, 301])
    end(book, 300)

    go_to(book, at(book, TODAY, 11))

    assert ["您有1位"] == [message.text[6:10] for message in notices(book)]


def test_when_all_have_ended_nothing_is_said(book: api.Engine) -> None:
    take(book, [300, 301])
    end(book, 300)
    end(book, 301)

    go_to(book, at(book, TODAY, 11))

    assert [("withheld", "renewal_closed")] == [(m.status, m.withheld_for) for m in notices(book)]


def test_who_left_in_between_is_told_nothing(book: api.Engine) -> None:
    take(book, [300])
    api.deliver_message(book, "agent_left", vin(300), data={"agent_no": "AG009"}, actor=api.SYSTEM)

    go_to(book, at(book, TODAY, 11))

    assert [("withheld", "handed_over")] == [(m.status, m.withheld_for) for m in notices(book)]


def test_what_was_tried_takes_no_more_up_and_keeps_its_number(book: api.Engine) -> None:
    gateway = Provider(honours_keys=True, fault=NotSent("closed"))
    book.drivers["sms"] = gateway  # type: ignore[index]
    take(book, [300, 301])
    soon = book.clock.now() + timedelta(minutes=20)
    outbox.send_queued(book, now=soon)
    take(book, [302])
    end(book, 300)

    gateway.fault = None
    outbox.send_queued(book, now=soon + timedelta(hours=2))

    tried, later = notices(book)
    assert ("sent", "您有2位") == (tried.status, tried.text[6:10])
    assert ("queued", 0) == (later.status, later.attempts)


def test_a_list_costs_one_statement_for_each_agent_not_for_each_row(book: api.Engine) -> None:
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "INSERT INTO outbox" in statement:
            sent.append(statement)

    event.listen(book.store.engine, "before_cursor_execute", note)
    take(book, range(300, 340))

    assert 2 == len(sent)  # the message and what it is about
    with book.store.reading() as session:
        assert len(session.scalars(select(Renewal).where(Renewal.agent_no == "AG009")).all()) > 40
