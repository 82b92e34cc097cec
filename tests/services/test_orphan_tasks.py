"""The claim pool and the hand-over tasks of an orphan policy (K-C2, K-L2): one answers the other."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from engine import api
from engine.api import BadInput, Engine, InvalidForm, NotFound
from engine.tables import Renewal, Timer, UserTask
from tests.acceptance import answers
from tests.acceptance.desk import vin
from tests.services.test_deadlines import deadlines, go
from tests.services.test_handover import events, person, renewal
from tests.support.console import TODAY, complete, open_tasks, renewal_of, task_of

pytestmark = pytest.mark.one_database

CAR = 5
"""A car of AG001 in the general follow-up."""
POOL = {"route": "pool", "orphan_reason": "agent_left"}


@pytest.fixture
def orphan(book: Engine) -> Engine:
    """The book in which car 5 lost its agent: the supervisor answers for it, the channel is asked for a route."""
    api.deliver_message(book, "agent_left", vin(CAR), actor=api.SYSTEM)
    return book


def asked(engine: Engine) -> list[str]:
    """Actions of the open hand-over tasks of the car."""
    return [t.action_id for t in open_tasks(engine, CAR) if t.action_id in ("K-C2", "K-L2")]


def waits(engine: Engine) -> list[str]:
    with engine.store.reading() as session:
        query = select(Timer.element_id).where(
            Timer.instance_id == renewal_of(engine, CAR), Timer.settled.is_(False)
        )
        return [element for element in session.scalars(query) if element == "wait_for_claim"]


def offer(engine: Engine) -> None:
    api.offer_renewal(engine, renewal_of(engine, CAR), actor=person(engine, "SU01"))


def claim(engine: Engine, who: str = "AG007") -> None:
    api.claim_renewal(engine, renewal_of(engine, CAR), actor=person(engine, who))


def route(engine: Engine, values: dict[str, str]) -> None:
    task = task_of(engine, CAR, "route_orphan")
    api.complete_task(engine, task.id, values, actor=person(engine, "CC01"))


def withdrawn(engine: Engine) -> list[tuple[str | None, str | None]]:
    found = events(engine, "task_withdrawn", instance_id=renewal_of(engine, CAR))
    return [(event.payload["action_id"], event.reason) for event in found]


@pytest.mark.parametrize("who", ["AG007", "SU02"])
def test_a_claim_withdraws_the_task_to_route_it_and_says_why(orphan: Engine, who: str) -> None:
    offer(orphan)
    task = task_of(orphan, CAR, "route_orphan")

    claim(orphan, who)

    assert ([], who) == (asked(orphan), renewal(orphan, CAR).owner_no)
    assert [("K-C2", "pool_claimed")] == withdrawn(orphan)
    with orphan.store.reading() as session:
        assert "withdrawn" == session.get_one(UserTask, task.id).status
    assert "record_contact" in {t.form_id for t in open_tasks(orphan, CAR)}, "the rest goes on"


def test_a_claim_withdraws_the_task_to_take_it_over(orphan: Engine) -> None:
    offer(orphan)
    route(orphan, answers.route_orphan(TODAY, "SU01"))
    assert ["K-L2"] == asked(orphan)

    claim(orphan)

    assert ([], [("K-L2", "pool_claimed")]) == (asked(orphan), withdrawn(orphan))


def test_the_channel_offers_it_in_the_pool_and_nobody_is_asked_until_it_is_claimed(orphan: Engine) -> None:
    route(orphan, POOL)
    assert ([], ["wait_for_claim"]) == (asked(orphan), waits(orphan))
    assert [None] == [row.settled_at for row in deadlines(orphan, "pool", CAR)]

    claim(orphan)

    assert ([], []) == (asked(orphan), waits(orphan))
    fired = events(orphan, "timer_fired", instance_id=renewal_of(orphan, CAR))
    assert "wait_for_claim" not in {event.subject for event in fired}, "it did not ring"
    go(orphan, TODAY + timedelta(days=10))
    assert [] == asked(orphan)


def test_what_nobody_claims_in_five_workdays_is_the_citys_and_the_channels_again(orphan: Engine) -> None:
    route(orphan, POOL)
    go(orphan, date(2026, 12, 1), 20)
    assert [] == asked(orphan)

    go(orphan, date(2026, 12, 2), 9)

    assert (["K-C2"], []) == (asked(orphan), waits(orphan))
    assert deadlines(orphan, "pool", CAR)[0].rung_at is not None
    claim(orphan, "AG009")
    assert ([], "AG009") == (asked(orphan), renewal(orphan, CAR).owner_no)


def test_a_second_leaver_while_it_is_offered_asks_nobody_twice(orphan: Engine) -> None:
    route(orphan, POOL)

    api.deliver_message(orphan, "agent_left", vin(CAR), actor=api.SYSTEM)

    assert ([], ["wait_for_claim"]) == (asked(orphan), waits(orphan))


def test_who_claimed_it_may_leave_again(orphan: Engine) -> None:
    route(orphan, POOL)
    claim(orphan)

    api.deliver_message(orphan, "agent_left", vin(CAR), actor=api.SYSTEM)

    assert ["K-C2"] == asked(orphan)


def claimable(engine: Engine, who: str) -> list[int | None]:
    with engine.store.reading() as session:
        page = api.pool_page(session, person(engine, who), api.Present.of(engine.clock), offers=False)
    return [row.renewal_id for row in page.claimable]


def test_who_answers_for_it_is_not_asked_to_claim_it_when_it_is_offered_again(orphan: Engine) -> None:
    offer(orphan)
    claim(orphan, "SU02")
    api.offer_renewal(orphan, renewal_of(orphan, CAR), actor=person(orphan, "CC01"))

    assert ([], [renewal_of(orphan, CAR)]) == (claimable(orphan, "SU02"), claimable(orphan, "AG007"))
    with pytest.raises(BadInput, match="nothing to claim"):
        claim(orphan, "SU02")
    claim(orphan)
    assert "AG007" == renewal(orphan, CAR).owner_no


def test_a_policy_with_an_agent_is_not_offered(orphan: Engine) -> None:
    offer(orphan)
    task = task_of(orphan, CAR, "route_orphan")
    with orphan.store.transaction() as tx:
        tx.get_one(Renewal, task.instance_id).agent_no = "AG002"

    with pytest.raises(InvalidForm) as refusal:
        route(orphan, POOL)

    assert "已有营销员负责" in refusal.value.params["problems"]["route"].zh


@pytest.mark.parametrize("who", ["AG009", "SP01", "TR01", "CC01", "AU01", "AD01"])
def test_what_is_not_ones_own_to_claim_is_not_found_whatever_it_is(orphan: Engine, who: str) -> None:
    for car in (CAR, 22):
        with pytest.raises(NotFound):
            api.claim_renewal(orphan, renewal_of(orphan, car), actor=person(orphan, who))
    offer(orphan)
    with pytest.raises(NotFound):
        claim(orphan, who)
    with pytest.raises(NotFound):
        api.claim_renewal(orphan, 999_999, actor=person(orphan, who))


@pytest.mark.parametrize(("car", "result"), [(5, "12"), (5, "13"), (7, "12")])
def test_who_claims_it_is_asked_for_the_contact_at_once(book: Engine, car: int, result: str) -> None:
    complete(book, car, "record_contact", answers.record_contact(TODAY, result))
    api.deliver_message(book, "agent_left", vin(car), actor=api.SYSTEM)
    number = renewal_of(book, car)
    api.offer_renewal(book, number, actor=person(book, "SU01"))
    assert "record_contact" not in {t.form_id for t in open_tasks(book, car)}

    api.claim_renewal(book, number, actor=person(book, "AG007"))

    (task,) = [t for t in open_tasks(book, car) if t.form_id == "record_contact"]
    assert "AG007" == task.assignee_no
    complete(book, car, "record_contact", answers.record_contact(TODAY, "13"))
    go(book, TODAY + timedelta(days=1))


def test_the_page_says_that_it_stands_in_the_pool_and_until_when(orphan: Engine) -> None:
    route(orphan, POOL)

    def waiting() -> str:
        with orphan.store.reading() as session:
            page = api.renewal_page(
                session,
                person(orphan, "SU01"),
                renewal_of(orphan, CAR),
                api.Present.of(orphan.clock),
                deployed_of=orphan.deployed,
            )
            return page.waiting.zh

    assert "2026-11-24 周二 起在认领池中，2026-12-01 周二 前由本职场认领，之后全市可认领" in waiting()
    assert "目前无需办理" not in waiting()
    go(orphan, date(2026, 12, 2), 9)
    assert "起在认领池中，全市可认领" in waiting()
