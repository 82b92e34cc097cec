"""G-S2: an actual quote ends with its validity, once, and agent and specialist are reminded a day before."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text

from engine import api, jobs
from engine.domain.quote_ends import first_look, has_ended, is_ending, next_look
from engine.services import quote_ends
from engine.tables import Customer, HistoryEvent, OutboxMessage, Quote, Renewal
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv, vin
from tests.support.console import TODAY, at, complete, open_tasks, renewal_of

CARS = range(300, 304)
CAR = 7
"""In key tracking, 28 days before expiry."""
UNTIL = TODAY + timedelta(days=5)


def quote(engine: api.Engine, *numbers: int, until: date = UNTIL) -> None:
    for number in numbers:
        data = {"commercial_premium": "3000", "quote_no": f"Q{number}", "valid_until": until.isoformat()}
        api.deliver_message(engine, "quote_received", vin(number), data=data, actor=api.SYSTEM)


def take(engine: api.Engine) -> None:
    """Four renewals of an agent who has no others."""
    rows = [policy(n, TODAY + timedelta(days=28), agent="AG010", sub_branch="PC330101") for n in CARS]
    batch = api.preview_list(engine, standard_csv(rows), "l.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(engine, batch, actor=api.SYSTEM)
    quote(engine, *CARS)


def jump(engine: api.Engine, day: date, hour: int = 9) -> None:
    """Nothing ran meanwhile."""
    api.set_clock(engine, at(engine, day, hour), actor=api.SYSTEM)


def told(engine: api.Engine, action: str, *numbers: int) -> Counter[int]:
    by_id = {renewal_of(engine, number): number for number in numbers or CARS}
    with engine.store.reading() as session:
        wanted = select(HistoryEvent.instance_id).where(
            HistoryEvent.action == action, HistoryEvent.instance_id.in_(by_id)
        )
        return Counter(by_id[number] for number in session.scalars(wanted) if number is not None)


def has_quote(engine: api.Engine, number: int) -> bool:
    with engine.store.reading() as session:
        return session.get_one(Renewal, renewal_of(engine, number)).has_actual_quote


@pytest.mark.one_database
def test_a_quote_is_looked_at_the_day_before_it_ends_and_the_day_after() -> None:
    day = UNTIL - timedelta(days=1)

    assert (day, None) == (first_look(UNTIL), first_look(None))
    assert [False, True, True, False] == [is_ending(UNTIL, day + timedelta(days=n)) for n in (-1, 0, 1, 2)]
    assert [False, False, True] == [has_ended(UNTIL, day + timedelta(days=n)) for n in (0, 1, 2)]
    looks = [next_look(UNTIL, day + timedelta(days=n)) for n in (-1, 0, 1, 2)]
    assert [day, UNTIL + timedelta(days=1), UNTIL + timedelta(days=1), None] == looks


def test_agent_and_specialist_are_reminded_a_day_before_and_the_quote_ends_the_day_after(
    book: api.Engine,
) -> None:
    quote(book, CAR)
    api.advance_clock(book, to=at(book, UNTIL, 23), actor=api.SYSTEM)

    assert Counter({CAR: 2}) == told(book, quote_ends.REMINDED, CAR)
    assert has_quote(book, CAR), "it is valid through its last day"
    with book.store.reading() as session:
        texts = {
            message.agent_no: message.text
            for message in session.scalars(
                select(OutboxMessage).where(
                    OutboxMessage.not_before == at(book, UNTIL - timedelta(days=1), 8)
                )
            )
        }
    assert {"AG001", "SP01"} <= {who for who, said in texts.items() if "报价临近有效期" in said}

    api.advance_clock(book, to=at(book, UNTIL + timedelta(days=2), 9), actor=api.SYSTEM)

    assert not has_quote(book, CAR)
    assert Counter({CAR: 1}) == told(book, quote_ends.ENDED, CAR)
    assert Counter({CAR: 2}) == told(book, quote_ends.REMINDED, CAR)


@pytest.mark.one_database
def test_interest_after_the_end_asks_for_a_quote_anew(book: api.Engine) -> None:
    complete(book, CAR, "record_contact", answers.record_contact(TODAY, "11", quote_requested=True))
    valid = {"valid_until": (TODAY + timedelta(days=1)).isoformat()}
    complete(book, CAR, "give_actual_quote", answers.give_actual_quote(TODAY, **valid))
    assert has_quote(book, CAR)
    later = TODAY + timedelta(days=2)
    api.advance_clock(book, to=at(book, later, 9), actor=api.SYSTEM)
    assert not has_quote(book, CAR)

    complete(book, CAR, "record_contact", answers.record_contact(later, "11"))

    assert "give_actual_quote" in {task.form_id for task in open_tasks(book, CAR)}
    until = (later + timedelta(days=9)).isoformat()
    complete(
        book,
        CAR,
        "give_actual_quote",
        answers.give_actual_quote(later, quote_no="Q20261127", valid_until=until),
    )
    assert has_quote(book, CAR)


def test_after_days_without_a_tick_the_quote_ends_and_nobody_is_told_it_will(book: api.Engine) -> None:
    take(book)
    jump(book, UNTIL + timedelta(days=3))

    for _ in range(3):
        api.tick(book)

    assert dict.fromkeys(CARS, 1) == told(book, quote_ends.ENDED)
    assert not told(book, quote_ends.REMINDED)
    assert not any(has_quote(book, number) for number in CARS)
    assert not quote_ends.quote_ends_due(book, book.clock.now())


@pytest.mark.one_database
def test_a_newer_quote_takes_the_place_of_one_that_would_end(book: api.Engine) -> None:
    quote(book, CAR)
    quote(book, CAR, until=UNTIL + timedelta(days=6))

    api.advance_clock(book, to=at(book, UNTIL + timedelta(days=2), 9), actor=api.SYSTEM)

    assert has_quote(book, CAR)
    assert not told(book, quote_ends.ENDED, CAR)
    assert not told(book, quote_ends.REMINDED, CAR)


def test_a_tick_that_dies_ends_nothing_twice_and_forgets_nothing(
    book: api.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quote_ends, "BATCH", 2)
    take(book)
    jump(book, UNTIL - timedelta(days=1))
    commits = 0

    def die(_connection: Any) -> None:
        nonlocal commits
        commits += 1
        if commits == 2:
            raise KeyboardInterrupt

    event.listen(book.store.engine, "commit", die)
    with pytest.raises(KeyboardInterrupt):
        quote_ends.end_quotes(book, now=book.clock.now())
    event.remove(book.store.engine, "commit", die)
    assert 2 == len(told(book, quote_ends.REMINDED))

    api.tick(book)
    api.tick(book)

    assert dict.fromkeys(CARS, 2) == told(book, quote_ends.REMINDED)


def test_two_processes_at_once_end_each_quote_once(book: api.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quote_ends, "BATCH", 1)
    take(book)
    jump(book, UNTIL + timedelta(days=1))
    start = threading.Barrier(2)

    def run() -> None:
        start.wait()
        quote_ends.end_quotes(book, now=book.clock.now())

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    quote_ends.end_quotes(book, now=book.clock.now())  # whatever both passed over

    assert dict.fromkeys(CARS, 1) == told(book, quote_ends.ENDED)


@pytest.mark.one_database
def test_of_a_customer_left_alone_nobody_is_reminded_but_the_quote_ends(book: api.Engine) -> None:
    take(book)
    with book.store.transaction() as tx:
        alone = tx.get_one(Renewal, renewal_of(book, 300))
        tx.get_one(Customer, alone.customer_id).do_not_contact = True
        tx.record("clock_moved", at=book.clock.now(), actor="test", to="")
    api.deliver_message(book, "list_withdrawn", vin(301), actor=api.SYSTEM)

    api.advance_clock(book, to=at(book, UNTIL + timedelta(days=1), 9), actor=api.SYSTEM)

    assert {302, 303} == set(told(book, quote_ends.REMINDED))
    assert {300, 302, 303} == set(told(book, quote_ends.ENDED))


@pytest.mark.one_database
def test_many_quotes_cost_no_more_statements_than_one(book: api.Engine) -> None:
    take(book)

    def statements(day: date) -> int:
        jump(book, day)
        count = 0

        def note(*_args: Any) -> None:
            nonlocal count
            count += 1

        event.listen(book.store.engine, "before_cursor_execute", note)
        quote_ends.end_quotes(book, now=book.clock.now())
        event.remove(book.store.engine, "before_cursor_execute", note)
        return count

    quote(book, 300, until=TODAY + timedelta(days=1))
    one = statements(TODAY + timedelta(days=2))

    assert Counter({300: 1}) == told(book, quote_ends.ENDED)
    assert one == statements(UNTIL + timedelta(days=1))
    assert dict.fromkeys(CARS, 1) == told(book, quote_ends.ENDED)


def test_the_search_for_what_ends_goes_by_its_index(book: api.Engine) -> None:
    if not book.store.is_shared:
        with book.store.reading() as session:
            plan = session.execute(
                text("EXPLAIN QUERY PLAN SELECT id FROM quote WHERE look_on <= '2026-11-30'")
            ).all()
        assert "ix_quote_look_on" in str(plan)
        return
    take(book)
    jump(book, UNTIL + timedelta(days=1))
    jobs.enqueue_due(book)
    jobs.enqueue_due(book)
    with book.store.reading() as session:
        queued = select(func.count()).select_from(text("procrastinate_jobs")).where(
            text("task_name = 'end_quotes'")
        )  # fmt: skip
        assert 1 == session.scalar(queued)
        assert session.scalar(select(func.count()).where(Quote.look_on.is_not(None)))
