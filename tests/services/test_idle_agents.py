"""Agents who contact nobody for five workdays: their supervisor hears of it, coaches and writes it down (G-L2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from engine import api
from engine.api import AlarmOver, BadInput, Coaching, Engine, NotFound
from engine.tables import Deadline, DeadlineTold, HistoryEvent, OutboxMessage
from tests.acceptance import answers
from tests.services.test_deadlines import go
from tests.support.console import TODAY, complete

once = pytest.mark.one_database
FRIDAY, MONDAY, TUESDAY = date(2026, 11, 27), date(2026, 11, 30), date(2026, 12, 1)
"""The agent last contacted somebody on Friday 2026-11-20, the oldest open contact is asked for since Sunday: the 27th
is the fifth workday after both."""
COACHING = Coaching(
    topics=["contact", "objection"], method="face", coached_on=MONDAY, content="约定每天上午联系五位客户"
)


def alarms(engine: Engine, agent: str = "AG001") -> list[Deadline]:
    with engine.store.reading() as session:
        query = select(Deadline).where(Deadline.kind == "coaching", Deadline.owner_no == agent)
        return list(session.scalars(query.order_by(Deadline.id)))


def told(engine: Engine, alarm: Deadline) -> set[str]:
    with engine.store.reading() as session:
        query = select(DeadlineTold.employee_no).where(DeadlineTold.deadline_id == alarm.id)
        return set(session.scalars(query))


def happened(engine: Engine, action: str, subject: str = "AG001") -> list[HistoryEvent]:
    with engine.store.reading() as session:
        query = select(HistoryEvent).where(HistoryEvent.action == action, HistoryEvent.subject == subject)
        return list(session.scalars(query.order_by(HistoryEvent.seq)))


def coach(engine: Engine, who: str = "SU01", coaching: Coaching = COACHING) -> None:
    api.record_coaching(engine, alarms(engine)[-1].id, coaching, actor=api.actor_of(engine, who))


@pytest.fixture
def idle(book: Engine) -> Engine:
    """The book on the Monday after five workdays without a contact."""
    go(book, MONDAY)
    return book


def test_five_workdays_without_a_contact_ring_once_for_the_supervisor(book: Engine) -> None:
    go(book, FRIDAY, 20)
    go(book, MONDAY, 7)
    assert [] == alarms(book), "Saturday and Sunday are no workdays, and it is not eight yet"
    go(book, MONDAY, 9)
    go(book, date(2026, 12, 4))

    (alarm,) = alarms(book)
    assert (None, True) == (alarm.settled_at, alarm.rung_at is not None)
    assert {"SU01"} == told(book, alarm)
    assert "2026-11-22" == happened(book, "agent_idle")[0].payload["since"]
    with book.store.reading() as session:
        sent = session.scalars(select(OutboxMessage).where(OutboxMessage.template == "alarm_coaching")).all()
    assert 1 == sum(message.recipient == "SU01" for message in sent)


@once
def test_it_rings_again_in_a_new_week(idle: Engine) -> None:
    go(idle, date(2026, 12, 7))

    first, second = alarms(idle)
    assert ("again", None) == (first.ending, second.settled_at)


@once
def test_a_vain_call_counts_as_a_contact(book: Engine) -> None:
    go(book, date(2026, 11, 26))
    complete(book, 5, "record_contact", answers.record_contact(date(2026, 11, 26), "21"))
    go(book, date(2026, 12, 3))
    assert [] == alarms(book)

    go(book, date(2026, 12, 4))
    assert 1 == len(alarms(book)), "27, 30, 1, 2 and 3 are five workdays"


@once
def test_a_contact_ends_the_alarm(idle: Engine) -> None:
    complete(idle, 7, "record_contact", answers.record_contact(MONDAY, "21"))
    api.tick(idle)

    (alarm,) = alarms(idle)
    assert "met" == alarm.ending


@once
def test_days_of_absence_are_not_counted(book: Engine) -> None:
    api.arrange_absence(
        book, "AG001", "AG002", first=TODAY, last=date(2026, 11, 25), actor=api.actor_of(book, "AG001")
    )
    go(book, TUESDAY)
    assert [] == alarms(book)

    go(book, date(2026, 12, 2))
    assert 1 == len(alarms(book))


@once
def test_the_supervisor_writes_down_how_the_agent_was_coached(idle: Engine) -> None:
    coach(idle, coaching=replace(COACHING, content="客户 13812345678 未接，改为晚上联系"))

    (alarm,) = alarms(idle)
    (event,) = happened(idle, "agent_coached")
    assert "coached" == alarm.ending
    assert ("SU01", "face", ["contact", "objection"]) == (
        event.actor,
        event.payload["method"],
        event.payload["topics"],
    )
    assert "13812345678" not in str(event.reason)
    with pytest.raises(AlarmOver):
        coach(idle)


@once
def test_a_day_agreed_to_look_again_rings_unless_somebody_was_contacted(idle: Engine) -> None:
    coach(idle, coaching=replace(COACHING, recheck_on=date(2026, 12, 2)))
    go(idle, TUESDAY)
    assert alarms(idle)[-1].rung_at is None
    go(idle, date(2026, 12, 2))

    coached, again = alarms(idle)
    assert ("coached", None) == (coached.ending, again.settled_at)
    assert {"SU01"} == told(idle, again)


@once
@pytest.mark.parametrize("who", ["SP01", "AG001", "AU01"])
def test_who_was_not_told_finds_no_alarm(idle: Engine, who: str) -> None:
    with pytest.raises(NotFound):
        coach(idle, who)


@once
@pytest.mark.parametrize(
    "wrong",
    [
        {"topics": []},
        {"topics": ["nonsense"]},
        {"method": ""},
        {"content": " "},
        {"coached_on": FRIDAY},
        {"coached_on": TUESDAY},
        {"recheck_on": MONDAY},
    ],
)
def test_a_record_that_says_too_little_or_names_a_wrong_day_is_refused(
    idle: Engine, wrong: dict[str, object]
) -> None:
    with pytest.raises(BadInput):
        coach(idle, coaching=replace(COACHING, **wrong))  # type: ignore[arg-type]
    assert alarms(idle)[-1].settled_at is None
