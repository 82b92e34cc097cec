"""P-C6: agents are told of the nodes of their policies' expiry, each node once, one message an agent and day."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text

from engine import api, jobs
from engine.services import nodes, outbox
from engine.tables import Customer, HistoryEvent, OutboxMessage, Renewal, Vehicle
from tests.acceptance.desk import policy, standard_csv, vin
from tests.support.console import TODAY, at

AGENT = "AG010"
"""An agent of whom the book has no cars."""
CARS = range(300, 304)


def take(engine: api.Engine, left: dict[int, int], *, agent: str = AGENT) -> None:
    rows = [
        policy(n, TODAY + timedelta(days=days), agent=agent, sub_branch="PC330101")
        for n, days in left.items()
    ]
    batch = api.preview_list(engine, standard_csv(rows), "l.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(engine, batch, actor=api.SYSTEM)


def jump(engine: api.Engine, moment: datetime) -> None:
    """Nothing ran meanwhile."""
    api.set_clock(engine, moment, actor=api.SYSTEM)


def told(engine: api.Engine, numbers: Iterable[int] = CARS) -> list[tuple[int, int]]:
    """Which cars' nodes the history says were put into a message, in order."""
    by_vin = {vin(number): number for number in numbers}
    with engine.store.reading() as session:
        found = session.execute(
            select(Renewal.vin, HistoryEvent.payload)
            .join(Renewal, Renewal.id == HistoryEvent.instance_id)
            .where(HistoryEvent.action == nodes.TOLD, Renewal.vin.in_(by_vin))
            .order_by(HistoryEvent.seq)
        )
        return [(by_vin[row.vin], row.payload["node"]) for row in found]


def messages(engine: api.Engine, since: date, agent: str = AGENT) -> list[OutboxMessage]:
    with engine.store.reading() as session:
        found = select(OutboxMessage).where(
            OutboxMessage.agent_no == agent, OutboxMessage.not_before >= at(engine, since, 0)
        )
        return list(session.scalars(found.order_by(OutboxMessage.id)))


def change(engine: api.Engine, number: int, act: Callable[[Renewal, Customer], None]) -> None:
    with engine.store.transaction() as tx:
        renewal = tx.scalars(select(Renewal).where(Renewal.vin == vin(number))).one()
        act(renewal, tx.get_one(Customer, tx.get_one(Vehicle, renewal.vehicle_id).customer_id))
        tx.record("clock_moved", at=engine.clock.now(), actor="test", to="")


@pytest.mark.one_database
def test_from_the_list_to_the_lapse_each_node_is_told_on_its_day(book: api.Engine) -> None:
    days: list[date] = []
    take(book, {300: 47})

    def note(moment: datetime) -> None:
        days.extend([TODAY + timedelta(days=47 - node) for _, node in told(book)[len(days) :]])

    api.advance_clock(book, to=at(book, TODAY + timedelta(days=50), 9), actor=api.SYSTEM, on_progress=note)

    assert [(300, node) for node in (45, 30, 15, 7, 3, 0, -1)] == told(book)
    sent = messages(book, TODAY)
    assert {"sent"} == {message.status for message in sent}
    assert len(sent) == len({message.not_before.astimezone(book.clock.zone).date() for message in sent})
    assert "【车险续保】您有1位车险客户60天内到期，请登录查看。" == sent[0].text
    leaves = [at(book, TODAY + timedelta(days=47 - node), 8) for node in (45, 30, 15, 7, 3, 0, -1)]
    assert set(leaves) <= {message.sent_at for message in sent}


def test_one_message_says_how_many_stand_at_which_node(book: api.Engine) -> None:
    take(book, {300: 31, 301: 46, 302: 46, 303: 1})
    api.tick(book)  # what came late is told of where it stands

    api.advance_clock(book, to=at(book, TODAY + timedelta(days=1), 12), actor=api.SYSTEM)

    first, second = messages(book, TODAY)
    assert "【车险续保】您有车险客户新下发2位、45天内到期1位、3天内到期1位，请登录查看。" == first.text
    assert "【车险续保】您有车险客户45天内到期2位、30天内到期1位、到期当日1位，请登录查看。" == second.text
    assert at(book, TODAY + timedelta(days=1), 8) == second.sent_at


def test_after_days_without_a_tick_only_the_newest_node_is_told(book: api.Engine) -> None:
    take(book, {300: 47, 301: 47, 302: 70})
    jump(book, at(book, TODAY + timedelta(days=41), 9))

    for _ in range(3):
        api.tick(book)

    assert [(300, 7), (301, 7), (302, 30)] == told(book)
    assert nodes.tell_nodes(book, now=book.clock.now()) == 0


def test_a_tick_that_dies_tells_nobody_twice_and_forgets_nobody(
    book: api.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "BATCH", 2)
    take(book, dict.fromkeys(CARS, 30))
    commits = 0

    def die(_connection: Any) -> None:
        nonlocal commits
        commits += 1
        if commits == 2:
            raise KeyboardInterrupt

    event.listen(book.store.engine, "commit", die)
    with pytest.raises(KeyboardInterrupt):
        nodes.tell_nodes(book, now=book.clock.now())
    event.remove(book.store.engine, "commit", die)
    assert 2 == len(told(book))

    api.tick(book)
    api.tick(book)

    assert dict.fromkeys([(number, 30) for number in CARS], 1) == Counter(told(book))
    (message,) = messages(book, TODAY)
    outbox.send_queued(book, now=book.clock.now() + timedelta(hours=1))
    assert "30天内到期4位" in messages(book, TODAY)[0].text
    assert message.key == messages(book, TODAY)[0].key


def test_two_processes_at_once_tell_each_node_once(book: api.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "BATCH", 1)
    take(book, dict.fromkeys(CARS, 15))
    start, found = threading.Barrier(2), []

    def run() -> None:
        start.wait()
        found.append(nodes.tell_nodes(book, now=book.clock.now()))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    nodes.tell_nodes(book, now=book.clock.now())  # whatever both passed over

    assert dict.fromkeys([(number, 15) for number in CARS], 1) == Counter(told(book))


def test_who_needs_not_be_told_is_passed_over_and_told_of_the_next_node(book: api.Engine) -> None:
    take(book, dict.fromkeys(CARS, 46))
    api.deliver_message(book, "list_withdrawn", vin(300), actor=api.SYSTEM)
    change(book, 301, lambda _renewal, customer: setattr(customer, "do_not_contact", True))
    change(book, 302, lambda renewal, _customer: setattr(renewal, "reported_policy_no", "P302"))
    change(book, 303, lambda renewal, _customer: setattr(renewal, "agent_no", None))

    jump(book, at(book, TODAY + timedelta(days=1), 9))
    api.tick(book)
    assert [] == told(book)
    assert not nodes.nodes_due(book, book.clock.now())

    change(book, 303, lambda renewal, _customer: setattr(renewal, "agent_no", AGENT))
    jump(book, at(book, TODAY + timedelta(days=16), 9))
    api.tick(book)
    assert [(303, 30)] == told(book)


def test_who_asks_to_be_left_alone_before_the_message_leaves_is_not_counted(book: api.Engine) -> None:
    take(book, {300: 46, 301: 46})
    api.advance_clock(book, to=at(book, TODAY + timedelta(days=1), 7), actor=api.SYSTEM)
    change(book, 300, lambda _renewal, customer: setattr(customer, "do_not_contact", True))
    outbox.send_queued(book, now=at(book, TODAY + timedelta(days=1), 8))

    (message,) = messages(book, TODAY + timedelta(days=1))
    assert ("sent", "【车险续保】您有车险客户45天内到期1位，请登录查看。") == (message.status, message.text)


def test_when_all_ask_to_be_left_alone_nothing_is_said(book: api.Engine) -> None:
    take(book, {300: 46})
    api.advance_clock(book, to=at(book, TODAY + timedelta(days=1), 7), actor=api.SYSTEM)
    change(book, 300, lambda _renewal, customer: setattr(customer, "do_not_contact", True))
    outbox.send_queued(book, now=at(book, TODAY + timedelta(days=1), 8))

    (message,) = messages(book, TODAY + timedelta(days=1))
    assert ("withheld", "opted_out") == (message.status, message.withheld_for)


@pytest.mark.one_database
def test_a_node_reached_at_night_and_another_at_midnight_count_once(book: api.Engine) -> None:
    take(book, {300: 46})
    jump(book, at(book, TODAY + timedelta(days=46), 21))
    api.tick(book)
    api.advance_clock(book, to=at(book, TODAY + timedelta(days=47), 9), actor=api.SYSTEM)

    assert [(300, 0), (300, -1)] == told(book)
    texts = [m.text for m in messages(book, TODAY + timedelta(days=46)) if "车险客户" in m.text]
    assert 1 == sum("到期未续1位" in one for one in texts)
    assert not any("到期当日" in one for one in texts)


@pytest.mark.one_database
@pytest.mark.parametrize(("moved", "then"), [(60, [(300, 7), (300, 45)]), (-4, [(300, 7), (300, 3)])])
def test_a_moved_expiry_is_counted_to_anew(book: api.Engine, moved: int, then: list[tuple[int, int]]) -> None:
    take(book, {300: 7})
    api.tick(book)
    expiry = TODAY + timedelta(days=7 + moved)
    api.deliver_message(
        book, "expiry_changed", vin(300), data={"expiry_date": expiry.isoformat()}, actor=api.SYSTEM
    )

    api.tick(book)
    jump(book, at(book, max(expiry - timedelta(days=45), TODAY), 12))
    api.tick(book)

    assert then == told(book)


@pytest.mark.one_database
def test_many_renewals_cost_no_more_statements_than_one(book: api.Engine) -> None:
    def statements(left: dict[int, int]) -> int:
        take(book, left)
        count = 0

        def note(*_args: Any) -> None:
            nonlocal count
            count += 1

        event.listen(book.store.engine, "before_cursor_execute", note)
        nodes.tell_nodes(book, now=book.clock.now())
        event.remove(book.store.engine, "before_cursor_execute", note)
        return count

    nodes.tell_nodes(book, now=book.clock.now())

    assert statements({300: 30}) == statements(dict.fromkeys(range(310, 350), 30))


def test_the_workers_are_given_the_job_while_something_is_due(book: api.Engine) -> None:
    if not book.store.is_shared:
        pytest.skip("jobs are carried on PostgreSQL")
    take(book, {300: 30})

    jobs.enqueue_due(book)
    jobs.enqueue_due(book)

    with book.store.reading() as session:
        queued = session.execute(
            text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'tell_nodes'")
        ).scalar_one()
    assert 1 == queued
