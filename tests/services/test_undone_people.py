"""An undo gives a renewal back to whom it was, clock and all, and the history tells each thing that changed so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import api
from engine.api import Engine
from engine.queries.words import Words
from engine.tables import Renewal, UserTask
from tests.acceptance import answers
from tests.acceptance.desk import vin
from tests.services.test_deadlines import deadlines
from tests.services.test_handover import YESTERDAY, confirm, events, person, renewal
from tests.support.console import TODAY, open_tasks, renewal_of, task_of

pytestmark = pytest.mark.one_database

ORPHAN, LAPSED = 5, 11
REASON = "bulk:"


@pytest.fixture
def handed(book: Engine) -> Engine:
    """The book in which AG001 left yesterday: whoever has the lapsed car now has a clock for the first contact."""
    handover = api.prepare_handover(
        book, "AG001", kind=api.HandoverKind.LEAVE, last_day=YESTERDAY, actor=person(book)
    )
    confirm(book, handover)
    return book


def do(engine: Engine, car: int, form_id: str, values: dict[str, Any], who: str) -> int:
    actor = person(engine, who)
    prefill = api.prefiller(engine, actor)
    act = api.prepare_bulk(engine, [task_of(engine, car, form_id).id], actor=actor)
    api.order_bulk(engine, act, values, actor=actor, prefill=prefill)
    api.carry_out(engine, act, actor=actor, prefill=prefill)
    return act


def win_back(engine: Engine, number: str) -> int:
    """Let SP01 hand the lapsed car to *number* as a bulk act; returns the act."""
    until = (TODAY + timedelta(days=20)).isoformat()
    values = {"win_back": "yes", "assignee_no": number, "deadline": until}
    return do(engine, LAPSED, "hand_to_win_back", values, "SP01")


def undo(engine: Engine, act: int, who: str = "SP01") -> dict[str, int]:
    return api.undo_bulk(engine, act, actor=person(engine, who))


def moves(engine: Engine, action: str, car: int = LAPSED) -> list[tuple[Any, Any, Any]]:
    found = events(engine, action, instance_id=renewal_of(engine, car))
    told = [event for event in found if (event.reason or "").startswith(REASON)]
    return [(event.payload.get("field"), event.payload["from"], event.payload["to"]) for event in told]


def clocks(engine: Engine) -> list[tuple[str | None, Any, str | None]]:
    return [(row.owner_no, row.due_at, row.ending) for row in deadlines(engine, "first_contact", LAPSED)]


def test_an_undo_gives_owner_and_clock_back_and_says_so(handed: Engine) -> None:
    owner, before = renewal(handed, LAPSED).owner_no, clocks(handed)
    act = win_back(handed, "SU02")
    assert ["passed_on", None] == [ending for _owner, _due, ending in clocks(handed)]

    assert {"undone": 1} == undo(handed, act)

    (old, due, _), (new, _, ending) = clocks(handed)
    assert ([(old, due, None)], ("SU02", "undone")) == (before, (new, ending))
    assert (owner, owner) == (renewal(handed, LAPSED).owner_no, old)
    changes = moves(handed, "responsible_changed")
    assert ("owner_no", "SU02", owner) in changes and ("owner_role", "supervisor", "agent") in changes
    resumed = events(handed, "deadline_resumed", instance_id=renewal_of(handed, LAPSED))
    assert [owner] == [event.payload["owner"] for event in resumed]
    ended = events(handed, "deadline_ended", instance_id=renewal_of(handed, LAPSED))
    assert "undone" == ended[-1].payload["ending"]


def test_the_clock_that_goes_on_rings_on_its_own_day(handed: Engine) -> None:
    undo(handed, win_back(handed, "SU02"))
    due = clocks(handed)[0][1]

    api.advance_clock(handed, to=due + timedelta(minutes=5), actor=api.SYSTEM)

    first, second = deadlines(handed, "first_contact", LAPSED)
    assert (True, False) == (first.rung_at is not None, second.rung_at is not None)


def test_tasks_that_moved_with_the_renewal_move_back_and_say_so(book: Engine) -> None:
    api.deliver_message(book, "agent_left", vin(ORPHAN), actor=api.SYSTEM)
    _fall_due(book, ORPHAN)
    before = held(book, ORPHAN)
    routed = answers.route_orphan(TODAY, "AG009", route="new_agent")
    act = do(book, ORPHAN, "route_orphan", routed, "CC01")
    assert "AG009" == held(book, ORPHAN)["record_contact"][0]

    assert {"undone": 1} == undo(book, act, "CC01")

    assert before == held(book, ORPHAN)
    assert (None, "AG009", "SU01") in moves(book, "task_reassigned", ORPHAN)
    assert 1 == len(moves(book, "task_due_moved", ORPHAN))
    changed = {field for field, _old, _new in moves(book, "responsible_changed", ORPHAN)}
    assert {"owner_no", "agent_no", "workplace_code", "trainer_no"} <= changed


def held(engine: Engine, car: int) -> dict[str, tuple[Any, Any]]:
    return {task.form_id: (task.assignee_no, task.due_at) for task in open_tasks(engine, car)}


def _fall_due(engine: Engine, car: int) -> None:
    """Let the contact be due today, before a new owner's first contact is."""
    with engine.store.transaction() as tx:
        tx.get_one(UserTask, task_of(engine, car, "record_contact").id).due_at = engine.clock.now()
        tx.record("test_prepared", at=engine.clock.now(), actor="test")


def test_what_somebody_changed_since_is_not_overwritten(handed: Engine) -> None:
    act = win_back(handed, "SU02")
    with handed.store.transaction() as tx:
        tx.get_one(Renewal, renewal_of(handed, LAPSED)).specialist_no = "SP03"
        tx.record("test_prepared", at=handed.clock.now(), actor="test")

    assert {"kept": 1} == undo(handed, act)

    row = renewal(handed, LAPSED)
    assert ("SU02", "SP03") == (row.owner_no, row.specialist_no)


def test_an_act_on_which_a_colleague_built_an_offer_in_the_pool_stays(book: Engine) -> None:
    act = do(book, 4, "dispatch_list", {"category": "orphan"}, "SP01")
    api.offer_renewal(book, renewal_of(book, 4), actor=person(book, "SU01"))

    assert {"kept": 1} == undo(book, act)

    (offer,) = deadlines(book, "pool", 4)
    assert offer.settled_at is None
    (told,) = events(book, "bulk_row_kept", instance_id=renewal_of(book, 4))
    assert "认领池" in str(told.reason) + str(told.payload)


def test_a_bulk_act_refuses_who_cannot_answer_for_a_row(handed: Engine) -> None:
    act = win_back(handed, "TR05")

    with handed.store.reading() as session:
        page = api.bulk_page(
            session,
            person(handed, "SP01"),
            act,
            api.Present.of(handed.clock),
            deployed_of=handed.deployed,
            undo_within=api.UNDO_WITHIN,
        )
    assert ["refused"] == [row.status for row in page.rows]
    assert page.rows[0].reason is not None and "TR05" in page.rows[0].reason.zh
    assert "其他职场" in page.rows[0].reason.zh


def test_the_last_day_of_a_due_moment_is_the_day_before_midnight() -> None:
    assert "2026-11-27" == Words().last_day("2026-11-27T16:00:00+00:00")
    assert "—" == Words().last_day("—")
