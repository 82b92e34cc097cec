"""Each route of an orphan policy does what it says, and each answer at the hand-out has its effect (K-C2, P-S1, P-L1)."""

from __future__ import annotations

from typing import Any

import pytest

from engine import api
from engine.api import BadInput, Engine, InvalidForm
from tests.acceptance import answers
from tests.acceptance.desk import vin
from tests.services.test_handover import events, person, renewal
from tests.support.console import TODAY, at, complete, open_tasks, renewal_of, task_of
from tests.support.form_samples import samples_on

pytestmark = pytest.mark.one_database

CAR, NEW = 5, 4
"""Cars of AG001: in the general follow-up; in the preparation, its list not handed out yet."""


def orphaned(engine: Engine, car: int = CAR) -> None:
    api.deliver_message(engine, "agent_left", vin(car), actor=api.SYSTEM)


def route(engine: Engine, values: dict[str, Any], car: int = CAR) -> None:
    task = task_of(engine, car, "route_orphan")
    api.complete_task(engine, task.id, values, actor=person(engine, "CC01"))


def actions(engine: Engine, car: int = CAR) -> set[str]:
    return {task.action_id for task in open_tasks(engine, car)}


def in_key_tracking(engine: Engine) -> None:
    api.advance_clock(engine, to=at(engine, renewal(engine, CAR).expiry_date, 9), actor=api.SYSTEM)


def served(engine: Engine, car: int = CAR) -> list[tuple[Any, Any]]:
    found = events(engine, "orphan_settled", instance_id=renewal_of(engine, car))
    return [(event.payload["to"], event.payload["owner"]) for event in found]


TELESALES = {"route": "telesales", "deadline": "2026-11-27", "orphan_reason": "complaint"}
SPECIALIST = {
    "route": "specialist",
    "assignee_no": "SP01",
    "deadline": "2026-11-27",
    "orphan_reason": "agent_left",
}


@pytest.mark.parametrize("values", [TELESALES, SPECIALIST])
def test_the_specialist_answers_and_makes_the_contacts(book: Engine, values: dict[str, Any]) -> None:
    orphaned(book)

    route(book, values)

    row, contact = renewal(book, CAR), task_of(book, CAR, "record_contact")
    assert ("SP01", "specialist", values["route"]) == (row.owner_no, row.owner_role, row.orphan_route)
    assert "SP01" == contact.assignee_no
    assert [(values["route"], "SP01")] == served(book)


def test_what_is_locked_to_telesales_is_not_offered_in_the_pool(book: Engine) -> None:
    orphaned(book)
    route(book, TELESALES)

    with pytest.raises(BadInput, match="telesales"):
        api.offer_renewal(book, renewal_of(book, CAR), actor=person(book, "SU01"))


def test_an_offer_in_the_pool_ends_with_the_lock(book: Engine) -> None:
    orphaned(book)
    api.offer_renewal(book, renewal_of(book, CAR), actor=person(book, "SU01"))

    route(book, TELESALES)

    with pytest.raises(api.AlreadyClaimed):
        api.claim_renewal(book, renewal_of(book, CAR), actor=person(book, "AG007"))


def test_a_supervisor_takes_an_orphan_over_himself(book: Engine) -> None:
    orphaned(book)
    route(book, answers.route_orphan(TODAY, "SU01"))

    complete(book, CAR, "take_over_orphan", answers.take_over_orphan(TODAY, "SU01"))

    row = renewal(book, CAR)
    assert ("SU01", "supervisor", "supervisor") == (row.owner_no, row.owner_role, row.orphan_route)
    assert "SU01" == task_of(book, CAR, "record_contact").assignee_no


def test_nobody_but_agents_and_supervisors_goes_on_serving(book: Engine) -> None:
    orphaned(book)
    route(book, answers.route_orphan(TODAY, "SU01"))

    with pytest.raises(InvalidForm):
        complete(book, CAR, "take_over_orphan", answers.take_over_orphan(TODAY, "SP01"))


@pytest.mark.parametrize("way", ["telesales", "specialist", "supervisor", "claimed"])
def test_an_orphan_that_is_settled_is_not_routed_again_in_the_next_stage(book: Engine, way: str) -> None:
    orphaned(book)
    if way == "claimed":
        api.offer_renewal(book, renewal_of(book, CAR), actor=person(book, "SU01"))
        api.claim_renewal(book, renewal_of(book, CAR), actor=person(book, "SU02"))
    elif way == "supervisor":
        route(book, answers.route_orphan(TODAY, "SU01"))
        complete(book, CAR, "take_over_orphan", answers.take_over_orphan(TODAY, "SU01"))
    else:
        route(book, {"telesales": TELESALES, "specialist": SPECIALIST}[way])
    assert way == renewal(book, CAR).orphan_route

    in_key_tracking(book)

    asked = events(book, "task_opened", instance_id=renewal_of(book, CAR))
    assert 1 == [event.payload["action_id"] for event in asked].count("K-C2")


def test_one_that_loses_its_people_anew_is_routed_anew(book: Engine) -> None:
    orphaned(book)
    route(book, TELESALES)

    orphaned(book)

    assert None is renewal(book, CAR).orphan_route
    assert "K-C2" in actions(book)


# The hand-out of the list --------------------------------------------------------------------------------------


def test_a_policy_sorted_as_orphan_goes_the_way_of_one(book: Engine) -> None:
    complete(book, NEW, "dispatch_list", {"category": "orphan"})

    row = renewal(book, NEW)
    assert (True, None, "SU01") == (row.is_orphan, row.agent_no, row.owner_no)
    assert "K-C2" in actions(book, NEW)


def test_a_policy_sorted_as_key_is_one(book: Engine) -> None:
    complete(book, NEW, "dispatch_list", answers.dispatch_list(TODAY, agent_no="AG001", category="key"))

    assert renewal(book, NEW).is_key
    (change,) = [
        event.payload
        for event in events(book, "fact_changed", instance_id=renewal_of(book, NEW))
        if event.payload["field"] == "is_key"
    ]
    assert (False, True, "P-S1") == (change["from"], change["to"], change["source"])


def handed_out(engine: Engine) -> None:
    complete(engine, NEW, "dispatch_list", answers.dispatch_list(TODAY, agent_no="AG001"))


def undelivered(engine: Engine, reason: str) -> None:
    complete(engine, NEW, "confirm_delivery", {"result": "not_delivered", "undelivered_reason": reason})


def test_a_list_whose_agent_has_left_becomes_an_orphan(book: Engine) -> None:
    handed_out(book)

    undelivered(book, "left")

    assert renewal(book, NEW).is_orphan
    assert "K-C2" in actions(book, NEW)


def test_a_list_at_the_wrong_agent_goes_back_to_the_specialist_and_is_delivered_anew(book: Engine) -> None:
    handed_out(book)

    undelivered(book, "wrong_agent")
    assert "SP01" == task_of(book, NEW, "dispatch_list").assignee_no
    complete(book, NEW, "dispatch_list", answers.dispatch_list(TODAY, agent_no="AG002"))

    assert "AG002" == renewal(book, NEW).agent_no
    assert "P-L1" in actions(book, NEW)


@pytest.mark.parametrize("reason", ["on_leave", "unreachable", "refused"])
def test_other_reasons_leave_the_policy_where_it_is(book: Engine, reason: str) -> None:
    handed_out(book)

    undelivered(book, reason)

    assert ("AG001", False) == (renewal(book, NEW).agent_no, renewal(book, NEW).is_orphan)
    assert not {"P-S1", "K-C2", "P-L1"} & actions(book, NEW)


def test_what_is_to_be_coordinated_is_told_to_those_above(book: Engine) -> None:
    car = 8
    complete(book, car, "chase_policy", samples_on(TODAY)["chase_policy"])
    complete(
        book,
        car,
        "assist_agent",
        {"result": "escalate", "help": ["objection"], "content": "客户要求更低价格", "issue": "price"},
    )

    raised = events(book, "issue_escalated", instance_id=renewal_of(book, car))
    assert ["SP01", "SU01"] == [event.payload["assignee"] for event in raised]
    assert {"price"} == {event.payload["issue"] for event in raised}
