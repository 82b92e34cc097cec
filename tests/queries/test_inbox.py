from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.api import (
    OF_OTHERS,
    BadInput,
    CustomerTier,
    Engine,
    InboxSort,
    InboxTab,
    InboxWish,
    Present,
    Stage,
    actor_of,
    claim_task,
    inbox_page,
)
from engine.queries.inbox import InboxPage
from engine.queries.risk import missing_contacts
from tests.acceptance.desk import vin
from tests.support.console import counted, task_of


def inbox(engine: Engine, who: str, **wish: Any) -> InboxPage:
    with engine.store.reading() as session:
        return inbox_page(session, actor_of(engine, who), InboxWish(**wish), Present.of(engine.clock))


def test_the_drawer_of_today_holds_late_tasks_and_those_of_today_in_order_of_their_days(
    still_book: Engine,
) -> None:
    page = inbox(still_book, "AG001", sort=InboxSort.DUE)

    assert [("record_contact", 1), ("record_contact", 1), ("report_lapse_reason", 0)] == [
        (book_form(still_book, row.task_id), row.late_days) for row in page.rows
    ]
    assert [date(2026, 11, 23), date(2026, 11, 23), date(2026, 11, 24)] == [row.due_date for row in page.rows]


def test_what_is_most_at_risk_comes_first_and_says_why(still_book: Engine) -> None:
    page = inbox(still_book, "AG001")

    assert [(0, 3), (12, 1), (35, 1)] == [(row.days_left, row.missing_contacts) for row in page.rows]
    assert all(row.premium is not None for row in page.rows)


@pytest.mark.parametrize("sort", list(InboxSort))
@pytest.mark.parametrize("tab", [InboxTab.ALL, InboxTab.CLAIMABLE])
def test_pages_of_any_order_hold_every_task_once(still_book: Engine, sort: InboxSort, tab: InboxTab) -> None:
    whole = [row.task_id for row in inbox(still_book, "SP01", tab=tab, sort=sort, limit=100).rows]

    found: list[int] = []
    after = None
    while True:
        page = inbox(still_book, "SP01", tab=tab, sort=sort, limit=2, after=after)
        found += [row.task_id for row in page.rows]
        after = page.next_position
        if after is None:
            break

    assert whole == found


def test_the_team_drawer_holds_what_others_of_the_scope_have_to_do(still_book: Engine) -> None:
    team = inbox(still_book, "SU01", tab=InboxTab.TEAM, limit=100).rows
    mine = {row.task_id for row in inbox(still_book, "AG001", tab=InboxTab.ALL, limit=100).rows}

    assert mine <= {row.task_id for row in team}
    assert all(row.who and "SU01" not in row.who for row in team)
    assert {"AG001"} == {str(row.who).split()[-1] for row in team if row.task_id in mine}
    assert () == inbox(still_book, "AU01", tab=InboxTab.TEAM).rows
    branch = inbox(still_book, "CC01", tab=InboxTab.TEAM, limit=100).rows
    assert branch
    assert all(row.late_days > 0 for row in branch), "a whole branch is no team: only what is late"


def test_the_team_of_an_agent_is_whoever_works_on_the_same_renewals(still_book: Engine) -> None:
    found = {
        str(row.who).split()[-1] for row in inbox(still_book, "AG001", tab=InboxTab.TEAM, limit=100).rows
    }

    assert found and not found & {"AG001", "AG009", "SP02"}


def test_who_is_responsible_waits_for_what_others_have_to_do(still_book: Engine) -> None:
    """AG001 answers for cars 1 to 11; some wait for the specialist or the supervisor."""
    rows = inbox(still_book, "AG001", tab=InboxTab.WAITING, limit=100).rows
    own = {row.task_id for row in inbox(still_book, "AG001", tab=InboxTab.ALL, limit=100).rows}

    assert rows
    assert not own & {row.task_id for row in rows}
    assert all(row.who and "AG001" not in row.who and not row.may_take_back for row in rows)
    assert () == inbox(still_book, "SU01", tab=InboxTab.WAITING).rows, "who is not responsible does not wait"
    assert () == inbox(still_book, "AU01", tab=InboxTab.WAITING).rows


def test_filters_narrow_by_tier_key_orphan_unit_and_lateness(still_book: Engine) -> None:
    from engine.tables import Renewal

    rows = inbox(still_book, "SP01", tab=InboxTab.ALL, limit=100).rows
    with still_book.store.reading() as session:
        of = {row.task_id: session.get_one(Renewal, row.renewal_id) for row in rows}

    def kept(**wish: Any) -> set[int]:
        return {r.task_id for r in inbox(still_book, "SP01", tab=InboxTab.ALL, limit=100, **wish).rows}

    assert all({t for t in of if of[t].tier == tier} == kept(tier=tier) for tier in CustomerTier)
    assert {t for t in of if of[t].is_key} == kept(is_key=True)
    assert {t for t in of if of[t].is_orphan} == kept(is_orphan=True)
    assert set(of) == kept(unit="ZC01") == kept(unit="ZC01-1") == kept(unit="PC330101")
    assert set() == kept(unit="ZC02")
    assert {row.task_id for row in rows if row.late_days} == kept(is_overdue=True) != set()
    assert set() == kept(is_void=True)


def test_the_order_by_expiry_is_that_of_the_calendar(still_book: Engine) -> None:
    rows = inbox(still_book, "SP01", tab=InboxTab.ALL, sort=InboxSort.EXPIRY).rows

    assert sorted(row.expiry_date for row in rows) == [row.expiry_date for row in rows]


@given(contacts=st.integers(0, 6), stage=st.sampled_from(list(Stage)))
def test_a_contact_more_never_makes_a_renewal_lack_more(contacts: int, stage: Stage) -> None:
    assert missing_contacts(stage, contacts) >= missing_contacts(stage, contacts + 1) >= 0


def book_form(engine: Engine, task_id: int) -> str:
    from engine.tables import UserTask

    with engine.store.reading() as session:
        return str(session.get_one(UserTask, task_id).form_id)


def test_the_counts_of_the_drawers_are_those_of_their_lists(still_book: Engine) -> None:
    counts = inbox(still_book, "SP01").counts

    assert counts == {
        tab: len(inbox(still_book, "SP01", tab=tab, limit=100).rows)
        for tab in InboxTab
        if tab is not InboxTab.DONE and tab not in OF_OTHERS
    }
    assert counts[InboxTab.ALL] > counts[InboxTab.TODAY] >= counts[InboxTab.LATE] > 0


def test_everything_personal_in_a_row_is_masked(still_book: Engine) -> None:
    row = inbox(still_book, "AG001", tab=InboxTab.ALL, search=vin(7)).rows[0]

    assert "川A***07" == row.plate
    assert "测*" == row.customer
    assert 28 == row.days_left


@pytest.mark.parametrize(
    ("search", "cars"),
    [
        pytest.param("川A00007", {7}, id="a whole plate"),
        pytest.param("川 a·00006", {6}, id="a whole plate, typed loosely"),
        pytest.param("0007", {7}, id="the last four of a plate"),
        pytest.param("川A0000", set(), id="the beginning of a plate, which is sealed"),
        pytest.param("测试6", {6}, id="a whole name"),
        pytest.param(vin(10)[:17], {10}, id="a VIN"),
        pytest.param("8105052026120000000", {6, 7, 8}, id="the beginning of a policy number"),
        pytest.param("川", set(), id="too short to mean anything"),
        pytest.param("京Z99999", set(), id="nobody's plate"),
        pytest.param("%", set(), id="a sign alone speaks of nothing"),
        pytest.param("%%%", set(), id="wildcards find nothing"),
    ],
)
def test_search_finds_by_plate_policy_number_and_vin(still_book: Engine, search: str, cars: set[int]) -> None:
    rows = inbox(still_book, "AG001", tab=InboxTab.ALL, search=search).rows

    assert {f"川A***{n:02d}" for n in cars} == {row.plate for row in rows}


def test_filters_narrow_by_action_stage_and_due_day(still_book: Engine) -> None:
    everything = inbox(still_book, "SP01", tab=InboxTab.ALL, limit=100).rows

    by_action = inbox(still_book, "SP01", tab=InboxTab.ALL, action_id="S-S2").rows
    by_stage = inbox(still_book, "SP01", tab=InboxTab.ALL, stage="summary", limit=100).rows
    by_day = inbox(
        still_book, "SP01", tab=InboxTab.ALL, due_from=date(2026, 11, 24), due_to=date(2026, 11, 24)
    ).rows

    assert {r.task_id for r in everything if r.action_id == "S-S2"} == {r.task_id for r in by_action}
    assert {r.task_id for r in everything if r.stage == "summary"} == {r.task_id for r in by_stage} != set()
    assert {r.task_id for r in everything if r.due_date == date(2026, 11, 24)} == {r.task_id for r in by_day}


def test_pages_follow_one_another_without_gap_or_repetition(still_book: Engine) -> None:
    whole = [row.task_id for row in inbox(still_book, "SP01", tab=InboxTab.ALL, limit=100).rows]

    walked: list[int] = []
    position = None
    while True:
        page = inbox(still_book, "SP01", tab=InboxTab.ALL, limit=3, after=position)
        walked += [row.task_id for row in page.rows]
        position = page.next_position
        if position is None:
            break

    assert len(whole) > 6
    assert whole == walked


def test_done_tasks_stand_newest_first(still_book: Engine) -> None:
    rows = inbox(still_book, "SP01", tab=InboxTab.DONE, limit=4).rows

    assert 4 == len(rows)
    assert sorted((row.completed_at for row in rows), reverse=True) == [row.completed_at for row in rows]


def test_another_units_tasks_are_in_no_drawer(still_book: Engine) -> None:
    other = task_of(still_book, 22, "record_contact")

    found = {row.task_id for tab in InboxTab for row in inbox(still_book, "AG001", tab=tab, limit=100).rows}

    assert other.id not in found


def test_a_role_queue_is_claimable_until_somebody_takes_it(book: Engine) -> None:
    from engine.tables import UserTask

    task = task_of(book, 7, "record_contact")
    with book.store.transaction() as tx:
        tx.get_one(UserTask, task.id).assignee_no = None
    before = inbox(book, "AG001", tab=InboxTab.CLAIMABLE).rows

    claim_task(book, task.id, actor=actor_of(book, "AG001"))

    assert [(task.id, True)] == [(row.task_id, row.is_claimable) for row in before]
    assert () == inbox(book, "AG001", tab=InboxTab.CLAIMABLE).rows
    assert task.id in {row.task_id for row in inbox(book, "AG001", tab=InboxTab.ALL).rows if row.is_claimed}


def test_governing_roles_have_an_empty_inbox(still_book: Engine) -> None:
    assert {0} == set(inbox(still_book, "AU01").counts.values())


def test_the_number_of_statements_does_not_grow_with_the_rows(still_book: Engine) -> None:
    person, present = actor_of(still_book, "SP01"), Present.of(still_book.clock)
    inbox(still_book, "SP01")  # the first page of a process reads the keys of sealed values

    sent = []
    for limit in (1, 100):
        with still_book.store.reading() as session, counted(still_book) as statements:
            inbox_page(session, person, InboxWish(tab=InboxTab.ALL, limit=limit), present)
        sent.append(len(statements))

    assert [3, 3] == sent


def test_a_position_made_up_by_hand_is_refused(still_book: Engine) -> None:
    with pytest.raises(BadInput):
        inbox(still_book, "AG001", after="bm9uc2Vuc2U")


def test_a_task_stands_under_the_present_stage_of_its_renewal(book: Engine) -> None:
    from engine.tables import Renewal

    task = task_of(book, 7, "record_contact")
    with book.store.transaction() as tx:
        tx.get_one(Renewal, task.instance_id).stage = "win_back"

    found = inbox(book, "AG001", tab=InboxTab.ALL, stage="win_back").rows

    assert (task.id, "win_back") in [(row.task_id, row.stage) for row in found]
    assert task.id not in [
        row.task_id for row in inbox(book, "AG001", tab=InboxTab.ALL, stage=task.stage).rows
    ]
