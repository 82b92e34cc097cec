"""What people owe when others leave, in workdays: first contacts, the claim pool, gaps; each rings once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from engine import api
from engine.api import AlreadyClaimed, Engine, EngineError, HandoverKind, NotFound
from engine.tables import Deadline, DeadlineTold, OutboxMessage, Renewal
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv
from tests.services.test_handover import confirm, events, person, prepare, renewal
from tests.support.console import TODAY, at, complete, renewal_of
from tests.support.org import org_sheets, write_sheets

pytestmark = pytest.mark.one_database

CAR, FIRST = 4, 6
"""A car that is prepared, and one in the general follow-up."""
LOST = 300
"""A car of an agent whom nobody knows, listed by a branch: nobody answers for it."""
AFTER_THREE = date(2026, 11, 28)
"""The day after three workdays from Tuesday 2026-11-24: Wednesday, Thursday, Friday."""


def go(engine: Engine, day: date, hour: int = 9) -> None:
    api.advance_clock(engine, to=at(engine, day, hour), actor=api.SYSTEM)


def deadlines(engine: Engine, kind: str, car: int | None = None) -> list[Deadline]:
    with engine.store.reading() as session:
        query = select(Deadline).where(Deadline.kind == kind).order_by(Deadline.id)
        if car is not None:
            query = query.where(Deadline.instance_id == renewal_of(engine, car))
        return list(session.scalars(query))


def told(engine: Engine, deadline: Deadline) -> set[str]:
    with engine.store.reading() as session:
        query = select(DeadlineTold.employee_no).where(DeadlineTold.deadline_id == deadline.id)
        return set(session.scalars(query))


def messages(engine: Engine, kind: str) -> list[str]:
    with engine.store.reading() as session:
        rows = session.scalars(select(OutboxMessage).where(OutboxMessage.template == f"alarm_{kind}"))
        return sorted(row.recipient for row in rows)


@pytest.fixture
def handed(book: Engine) -> Engine:
    """The book after AG001's renewals went to the team; cars 4 and 6 to AG002."""
    handover = prepare(book)
    api.change_rows(book, handover, [renewal_of(book, n) for n in (CAR, FIRST)], "AG002", actor=person(book))
    confirm(book, handover)
    return book


# First contact -------------------------------------------------------------------------------------------------


def test_a_new_owner_has_three_workdays_for_the_first_contact(handed: Engine) -> None:
    (row,) = deadlines(handed, "first_contact", FIRST)

    assert "AG002" == row.owner_no
    assert at(handed, AFTER_THREE, 0) == row.due_at
    assert "2026-11-27" == events(handed, "first_contact_due", instance_id=row.instance_id)[0].payload["due"]


def test_a_missed_first_contact_rings_once_for_supervisor_and_specialist(handed: Engine) -> None:
    go(handed, date(2026, 11, 27), 20)
    assert not deadlines(handed, "first_contact", FIRST)[0].rung_at
    go(handed, AFTER_THREE, 9)

    (row,) = deadlines(handed, "first_contact", FIRST)
    assert row.rung_at is not None
    assert {"SU01", "SP01"} == told(handed, row)
    go(handed, AFTER_THREE + timedelta(days=3))
    assert 1 == len(events(handed, "alarm_raised", instance_id=row.instance_id))
    assert {"SU01", "SP01"} == set(messages(handed, "first_contact"))


def test_an_effective_contact_meets_it_and_a_vain_call_does_not(handed: Engine) -> None:
    complete(handed, 7, "record_contact", answers.record_contact(TODAY, "21"))
    api.tick(handed)
    assert deadlines(handed, "first_contact", 7)[0].settled_at is None
    complete(handed, 5, "record_contact", answers.record_contact(TODAY, "12"))
    api.tick(handed)

    (row,) = deadlines(handed, "first_contact", 5)
    assert "met" == row.ending
    go(handed, AFTER_THREE)
    assert [] == events(handed, "alarm_raised", instance_id=row.instance_id)


def test_a_contact_before_the_take_over_does_not_count(handed: Engine) -> None:
    (row,) = deadlines(handed, "first_contact", 8)
    assert (1, None) == (row.contacts, row.settled_at), "car 8 was contacted while it was the leaver's"


def test_whoever_passes_it_on_is_out_of_it_and_the_next_has_three_days_again(handed: Engine) -> None:
    go(handed, TODAY + timedelta(days=1))
    handover = prepare(handed, leaver="AG002", kind=HandoverKind.MOVE, last_day=TODAY)
    api.change_rows(handed, handover, [renewal_of(handed, FIRST)], "AG003", actor=person(handed))
    confirm(handed, handover)

    old, new = deadlines(handed, "first_contact", FIRST)
    assert ("passed_on", None) == (old.ending, new.settled_at)
    assert ("AG003", at(handed, date(2026, 12, 1), 0)) == (new.owner_no, new.due_at)


def test_before_the_follow_up_the_days_count_from_its_beginning(handed: Engine) -> None:
    (row,) = deadlines(handed, "first_contact", CAR)

    assert TODAY + timedelta(days=50) == renewal(handed, CAR).expiry_date, "the follow-up begins on Sunday 29"
    assert at(handed, date(2026, 12, 3), 0) == row.due_at


def test_one_message_a_day_tells_of_all_that_passed(handed: Engine) -> None:
    go(handed, AFTER_THREE)

    assert len(events(handed, "alarm_raised")) > 3
    assert ["SP01", "SU01"] == messages(handed, "first_contact")


def test_the_first_hand_out_of_a_list_is_no_take_over(book: Engine) -> None:
    complete(book, CAR, "dispatch_list", answers.dispatch_list(TODAY, agent_no="AG003"))

    assert "AG003" == renewal(book, CAR).owner_no
    assert [] == deadlines(book, "first_contact", CAR)


# The claim pool ------------------------------------------------------------------------------------------------


@pytest.fixture
def pooled(book: Engine) -> Engine:
    """The book with car 4 in the pool of workplace ZC01."""
    handover = prepare(book)
    api.change_rows(book, handover, [renewal_of(book, CAR)], api.POOL, actor=person(book))
    confirm(book, handover)
    return book


@pytest.mark.parametrize(("who", "may"), [("AG007", True), ("SU02", True), ("AG009", False), ("SP01", False)])
def test_only_the_workplace_claims_in_the_first_five_workdays(pooled: Engine, who: str, may: bool) -> None:
    if not may:
        with pytest.raises(NotFound):
            api.claim_renewal(pooled, renewal_of(pooled, CAR), actor=person(pooled, who))
        return
    api.claim_renewal(pooled, renewal_of(pooled, CAR), actor=person(pooled, who))

    assert who == renewal(pooled, CAR).owner_no
    assert "claimed" == deadlines(pooled, "pool", CAR)[0].ending
    assert who == events(pooled, "pool_claimed", instance_id=renewal_of(pooled, CAR))[0].actor


def test_after_five_workdays_it_is_the_whole_citys_and_an_alarm(pooled: Engine) -> None:
    go(pooled, date(2026, 12, 1), 20)
    with pytest.raises(NotFound):
        api.claim_renewal(pooled, renewal_of(pooled, CAR), actor=person(pooled, "AG009"))
    go(pooled, date(2026, 12, 2), 9)

    (row,) = deadlines(pooled, "pool", CAR)
    assert row.rung_at is not None and row.settled_at is None
    assert told(pooled, row) == {"SP01"}, "the supervisor answers for it meanwhile and knows"
    api.claim_renewal(pooled, renewal_of(pooled, CAR), actor=person(pooled, "AG009"))

    assert ("AG009", "ZC02") == (renewal(pooled, CAR).owner_no, renewal(pooled, CAR).workplace_code)


def test_the_first_claim_wins(pooled: Engine) -> None:
    number, gate = renewal_of(pooled, CAR), threading.Barrier(2)
    engines = [pooled, api.build_engine(pooled.settings)]
    found: list[object] = []

    def claim(engine: Engine, who: str) -> None:
        actor = person(engine, who)
        gate.wait()
        try:
            api.claim_renewal(engine, number, actor=actor)
            found.append(who)
        except EngineError as error:
            found.append(error)

    threads = [
        threading.Thread(target=claim, args=pair) for pair in zip(engines, ("AG006", "AG007"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engines[1].store.engine.dispose()

    winners = [one for one in found if isinstance(one, str)]
    assert 1 == len(winners), found
    assert [True] == [isinstance(one, AlreadyClaimed) for one in found if not isinstance(one, str)]
    assert winners[0] == renewal(pooled, CAR).owner_no
    assert 1 == len(events(pooled, "pool_claimed", instance_id=number))


def test_an_orphan_of_the_scope_is_offered_by_a_superior(book: Engine) -> None:
    api.deliver_message(book, "agent_left", str(renewal_of(book, 5)), data={}, actor=api.SYSTEM)
    number = renewal_of(book, 5)

    with pytest.raises(api.BadInput, match="orphan"):
        api.offer_renewal(book, renewal_of(book, 4), actor=person(book))
    with pytest.raises(NotFound):
        api.offer_renewal(book, number, actor=person(book, "SU03"))
    for who in ("AU01", "AG001"):
        with pytest.raises(NotFound):
            api.offer_renewal(book, number, actor=person(book, who))
    api.offer_renewal(book, number, actor=person(book))
    api.offer_renewal(book, number, actor=person(book))

    assert 1 == len(deadlines(book, "pool", 5))


# Nobody responsible --------------------------------------------------------------------------------------------


@pytest.fixture
def lost(book: Engine) -> Engine:
    """The book with a car that nobody answers for."""
    row = policy(LOST, TODAY + timedelta(days=50), agent="AG999", sub_branch="PC3301")
    batch = api.preview_list(book, standard_csv([row]), "l.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(book, batch, actor=api.SYSTEM)
    api.tick(book)
    return book


def test_a_renewal_without_owner_rings_after_three_workdays_and_is_offered_to_the_city(lost: Engine) -> None:
    (pool,) = deadlines(lost, "pool", LOST)
    assert (None, "PC3301") == (pool.unit_code, pool.branch_code)
    go(lost, AFTER_THREE)
    go(lost, AFTER_THREE + timedelta(days=2))

    (row,) = deadlines(lost, "unowned", LOST)
    assert {"CC01", "CC02"} == told(lost, row)
    assert ["CC01", "CC02"] == messages(lost, "unowned")
    assert 1 == len(events(lost, "alarm_raised", instance_id=row.instance_id))

    api.claim_renewal(lost, renewal_of(lost, LOST), actor=person(lost, "AG009"))
    api.tick(lost)
    assert "assigned" == deadlines(lost, "unowned", LOST)[0].ending
    assert "AG009" == renewal(lost, LOST).agent_no


def test_one_that_gets_an_owner_in_time_does_not_ring(lost: Engine) -> None:
    complete_dispatch(lost)
    go(lost, AFTER_THREE)

    assert [None] == [row.rung_at for row in deadlines(lost, "unowned", LOST)]
    assert ["assigned", "assigned"] == [
        row.ending for kind in ("unowned", "pool") for row in deadlines(lost, kind, LOST)
    ]


def complete_dispatch(engine: Engine) -> None:
    from tests.support.console import task_of

    task = task_of(engine, LOST, "dispatch_list")
    channel = person(engine, "CC01")
    api.claim_task(engine, task.id, actor=channel)
    api.complete_task(engine, task.id, answers.dispatch_list(TODAY, agent_no="AG001"), actor=channel)


# Vacancy -------------------------------------------------------------------------------------------------------


@pytest.fixture
def vacant(book: Engine) -> Iterator[Engine]:
    """The book after SU01's post ended yesterday."""
    sheets = org_sheets()
    next(row for row in sheets["人员"] if row[0] == "SU01")[7] = TODAY - timedelta(days=1)
    api.import_org(book, write_sheets(sheets), "o.xlsx", actor=api.SYSTEM)
    api.tick(book)
    yield book


def test_case_16_a_vacant_supervisors_post_rings_after_two_workdays(vacant: Engine) -> None:
    (row,) = deadlines(vacant, "vacancy")
    assert ("ZC01-1", None) == (row.unit_code, row.rung_at)
    assert "SU02" == renewal(vacant, CAR).supervisor_no, "an acting supervisor stands in meanwhile"

    go(vacant, date(2026, 11, 27), 9)
    go(vacant, date(2026, 11, 30), 9)

    (row,) = deadlines(vacant, "vacancy")
    assert {"TR01", "SP01", "CC01", "CC02"} == told(vacant, row)
    assert 1 == len(events(vacant, "alarm_raised", subject="ZC01-1"))


def test_a_new_supervisor_ends_the_vacancy(vacant: Engine) -> None:
    sheets = org_sheets()
    next(row for row in sheets["人员"] if row[0] == "SU01")[7] = TODAY - timedelta(days=1)
    sheets["人员"].append(["SU99", "新主任", "supervisor", "ZC01-1", None, None, TODAY, None])
    api.import_org(vacant, write_sheets(sheets), "o.xlsx", actor=api.SYSTEM)
    go(vacant, date(2026, 11, 28))

    (row,) = deadlines(vacant, "vacancy")
    assert ("filled", None) == (row.ending, row.rung_at)


def test_nobody_is_told_twice_by_two_processes(lost: Engine) -> None:
    other = api.build_engine(lost.settings)
    api.set_clock(lost, at(lost, AFTER_THREE, 9), actor=api.SYSTEM)

    threads = [
        threading.Thread(target=lambda e=e: api.keep_people(e, now=e.clock.now())) for e in (lost, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.store.engine.dispose()

    number = renewal_of(lost, LOST)
    assert 1 == len(events(lost, "alarm_raised", instance_id=number))
    with lost.store.reading() as session:
        assert session.get_one(Renewal, number).owner_no is None
