"""Who may be named to answer for a renewal, and that what was said is what is: task, clock, owner (P-S1, K-C2, S-S4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from engine import api
from engine.api import Engine, InvalidForm, people_for
from engine.domain.actor import Actor
from engine.domain.codes import Role
from engine.domain.naming import Place, Unfit, obstacle, roles_named
from engine.store.organisation import directory_on
from engine.tables import Renewal, UserTask
from tests.acceptance import answers
from tests.acceptance.desk import vin
from tests.services.test_deadlines import deadlines
from tests.services.test_handover import events, person, renewal
from tests.support.console import TODAY, open_tasks, renewal_of, task_of

pytestmark = pytest.mark.one_database

ORPHAN, LAPSED, FRESH = 5, 11, 4
"""Cars of AG001: one to lose its agent, one in the win-back, one whose list is not handed out yet."""
CONTACTS = {"record_contact", "win_back_contact"}


@pytest.fixture
def orphan(book: Engine) -> Engine:
    """The book in which car 5 lost its agent."""
    api.deliver_message(book, "agent_left", vin(ORPHAN), actor=api.SYSTEM)
    return book


def win_back(engine: Engine, number: str, who: str = "SP01") -> None:
    values = {
        "win_back": "yes",
        "assignee_no": number,
        "deadline": (TODAY + timedelta(days=20)).isoformat(),
    }
    task = task_of(engine, LAPSED, "hand_to_win_back")
    api.complete_task(engine, task.id, values, actor=person(engine, who))


def route(engine: Engine, route: str, number: str) -> None:
    task = task_of(engine, ORPHAN, "route_orphan")
    values = answers.route_orphan(TODAY, number, route=route)
    api.complete_task(engine, task.id, values, actor=person(engine, "CC01"))


def dispatch(engine: Engine, **more: Any) -> None:
    task = task_of(engine, FRESH, "dispatch_list")
    values = answers.dispatch_list(TODAY, agent_no="AG001") | more
    api.complete_task(engine, task.id, values, actor=person(engine, "SP01"))


def problem(refused: pytest.ExceptionInfo[InvalidForm], field: str = "assignee_no") -> Any:
    found: Mapping[str, Any] = refused.value.params["problems"]
    assert {field} == set(found)
    return found[field]


def contact_of(engine: Engine, car: int) -> UserTask:
    return next(task for task in open_tasks(engine, car) if task.form_id in CONTACTS)


@pytest.mark.parametrize(
    ("number", "code", "told"),
    [
        ("CC01", "wrong_role", "“CC01”是在职渠道合作部"),
        ("AU01", "wrong_role", "岗位不符"),
        ("TR05", "serves_elsewhere", "“TR05”是“之江职场”的"),
        ("AG009", "serves_elsewhere", "属于其他职场或机构"),
        ("ZZ99", "not_serving", "请核对"),
    ],
)
def test_who_cannot_win_a_customer_back_is_refused_with_the_reason(
    book: Engine, number: str, code: str, told: str
) -> None:
    with pytest.raises(InvalidForm) as refused:
        win_back(book, number)

    found = problem(refused)
    assert code == found.code and told in found.zh
    assert ("AG001", "open") == (
        renewal(book, LAPSED).owner_no,
        task_of(book, LAPSED, "hand_to_win_back").status,
    )


@pytest.mark.parametrize(
    ("number", "role"),
    [("AG002", "agent"), ("SU01", "supervisor"), ("TR01", "trainer"), ("SP01", "specialist")],
)
def test_the_win_back_task_goes_to_the_person_named(book: Engine, number: str, role: str) -> None:
    win_back(book, number)

    row = renewal(book, LAPSED)
    assert (number, role, number) == (row.owner_no, row.owner_role, contact_of(book, LAPSED).assignee_no)
    assert ("TR01", "SP01") == (row.trainer_no, row.specialist_no)
    assert [number] == [clock.owner_no for clock in deadlines(book, "first_contact", LAPSED)]


def test_a_colleague_from_the_office_answers_and_the_own_specialist_keeps_the_renewal(book: Engine) -> None:
    win_back(book, "SP03")

    row = renewal(book, LAPSED)
    assert ("SP03", "SP01", "SP03") == (
        row.owner_no,
        row.specialist_no,
        contact_of(book, LAPSED).assignee_no,
    )


def test_the_agent_named_after_somebody_else_answered_has_it_again(book: Engine) -> None:
    with book.store.transaction() as tx:
        row = tx.get_one(Renewal, renewal_of(book, LAPSED))
        row.owner_no, row.owner_role = "SU01", "supervisor"
        tx.record("test_prepared", at=book.clock.now(), actor="test")

    win_back(book, "AG001")

    assert ("AG001", "AG001") == (renewal(book, LAPSED).owner_no, contact_of(book, LAPSED).assignee_no)


@pytest.mark.parametrize(
    ("chosen", "number"),
    [
        ("new_agent", "TR05"),
        ("new_agent", "SU01"),
        ("supervisor", "AG002"),
        ("supervisor", "TR01"),
        ("specialist", "AG002"),
        ("specialist", "CC02"),
    ],
)
def test_each_route_of_an_orphan_takes_its_own_role(orphan: Engine, chosen: str, number: str) -> None:
    with pytest.raises(InvalidForm) as refused:
        route(orphan, chosen, number)

    found = problem(refused)
    assert "wrong_role" == found.code and number in found.zh
    assert "SU01" == renewal(orphan, ORPHAN).owner_no


@pytest.mark.parametrize(
    ("chosen", "number", "form"),
    [
        ("new_agent", "AG009", "record_contact"),
        ("specialist", "SP02", "record_contact"),
        ("supervisor", "SU02", "take_over_orphan"),
    ],
)
def test_the_route_leads_to_the_person_named(orphan: Engine, chosen: str, number: str, form: str) -> None:
    route(orphan, chosen, number)

    assert (number, number) == (renewal(orphan, ORPHAN).owner_no, task_of(orphan, ORPHAN, form).assignee_no)


@pytest.mark.parametrize(
    ("field", "number", "code"),
    [
        ("agent_no", "AG009", "serves_elsewhere"),
        ("agent_no", "SU01", "wrong_role"),
        ("trainer_no", "TR05", "serves_elsewhere"),
        ("trainer_no", "TR04", "serves_elsewhere"),
        ("trainer_no", "SU01", "wrong_role"),
    ],
)
def test_a_list_is_handed_to_those_who_serve_there(book: Engine, field: str, number: str, code: str) -> None:
    with pytest.raises(InvalidForm) as refused:
        dispatch(book, **{field: number})

    assert code == problem(refused, field).code
    assert ("AG001", "TR01") == (renewal(book, FRESH).agent_no, renewal(book, FRESH).trainer_no)


def test_a_list_goes_to_an_agent_of_the_specialists_other_workplace_with_the_trainer_there(
    book: Engine,
) -> None:
    with book.store.reading() as session:
        directory = directory_on(session, TODAY)
    there = next(post.employee_no for post in directory.posts_in["ZC04-1"] if post.role == Role.AGENT)

    dispatch(book, agent_no=there, trainer_no="TR01")

    row = renewal(book, FRESH)
    assert (there, "ZC04", "TR04", "SP01") == (
        row.agent_no,
        row.workplace_code,
        row.trainer_no,
        row.specialist_no,
    )


def test_the_lists_offer_exactly_those_whom_the_check_accepts(orphan: Engine) -> None:
    asked = ((LAPSED, "hand_to_win_back", "SP01"), (FRESH, "dispatch_list", "SP01"))
    with orphan.store.reading() as session:
        directory = directory_on(session, TODAY)
        for car, form_id, who in (*asked, (ORPHAN, "route_orphan", "CC01")):
            form, actor = orphan.latest().forms[form_id], person(orphan, who)
            found = people_for(session, actor, form, TODAY, renewal_id=renewal_of(orphan, car), most=1500)
            place = Place("ZC01", "PC330101")
            for people in found.values():
                for one in people:
                    assert obstacle(directory, actor, one.number, [Role(one.role)], place) is None
            roles = {key: {one.role for one in people} for key, people in found.items()}
            expected = {
                "hand_to_win_back": {"assignee_no": {"agent", "supervisor", "trainer", "specialist"}},
                "dispatch_list": {"agent_no": {"agent"}, "trainer_no": {"trainer"}},
                "route_orphan": {"assignee_no": {"agent", "supervisor", "specialist"}},
            }
            assert expected[form_id] == roles
            if form_id == "hand_to_win_back":
                offered = {one.number for one in found["assignee_no"]}
                assert {"AG002", "TR01", "SP03"} <= offered and not {"TR05", "AG009", "CC01"} & offered


def test_a_renewal_kept_from_the_life_insurer_offers_and_takes_specialists_alone(book: Engine) -> None:
    with book.store.transaction() as tx:
        tx.get_one(Renewal, renewal_of(book, LAPSED)).is_recalled = True
        tx.record("test_prepared", at=book.clock.now(), actor="test")
    form, actor = book.latest().forms["hand_to_win_back"], person(book, "SP01")
    with book.store.reading() as session:
        found = people_for(session, actor, form, TODAY, renewal_id=renewal_of(book, LAPSED), most=1500)

    assert {"specialist"} == {one.role for one in found["assignee_no"]}
    with pytest.raises(InvalidForm) as refused:
        win_back(book, "AG002")
    assert "kept_from_life" == problem(refused).code


def test_a_trainer_stands_in_where_the_workplace_has_no_supervisor(book: Engine) -> None:
    with book.store.reading() as session:
        directory = directory_on(session, TODAY)
    for posts in (*directory.posts_in.values(), *directory.posts.values()):
        posts[:] = [post for post in posts if post.role != Role.SUPERVISOR]
    everywhere = Actor(name="x", sees_all=True)
    place = Place("ZC01", "PC330101")
    roles = roles_named("assignee_no", {"route": "supervisor"}, directory, place)

    assert Role.TRAINER in roles
    assert obstacle(directory, everywhere, "TR01", roles, place) is None
    assert Unfit.WRONG_ROLE is obstacle(directory, everywhere, "AG001", roles, place)


def test_contacts_taken_over_are_due_no_earlier_than_the_first_contact(book: Engine) -> None:
    with book.store.transaction() as tx:
        task = contact_of(book, 7)
        row = tx.get_one(UserTask, task.id)
        row.due_at = book.clock.now() - timedelta(days=7)
        tx.record("test_prepared", at=book.clock.now(), actor="test")

    api.deliver_message(book, "agent_left", vin(7), actor=api.SYSTEM)

    moved, clock = contact_of(book, 7), deadlines(book, "first_contact", 7)[0]
    assert ("SU01", clock.due_at) == (moved.assignee_no, moved.due_at)
    told = events(book, "task_due_moved", instance_id=renewal_of(book, 7))
    assert [moved.id] == [event.task_id for event in told]
