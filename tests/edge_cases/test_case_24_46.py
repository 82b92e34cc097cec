"""Domain cases 24 and 46: one customer with several cars, and a company with a fleet, are seen as one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engine import api
from engine.api import CustomerFile, Engine, NotFound, PhoneState, Present
from engine.tables import Renewal, UserTask
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv, vin
from tests.support.console import TODAY, complete, renewal_of, signed_in
from tests.support.lists import id_no

pytestmark = pytest.mark.one_database

OWNER = {"车主": "赵多车", "证件号码": id_no(77), "手机": "13912340077"}
FLEET = {"车主": "杭州顺达物流有限公司", "证件号码": ""}


def list_cars(engine: Engine, *cars: dict[str, Any]) -> None:
    """Import a list of cars; each says ``number``, days left, and what else is known."""
    rows = []
    for car in cars:
        agent = car.pop("agent", "AG001")
        unit, workplace = ("PC330101", "ZC01") if agent == "AG001" else ("PC330102", "ZC02")
        expiry = TODAY + timedelta(days=car.pop("days"))
        rows.append(policy(car.pop("number"), expiry, agent=agent, sub_branch=unit, 职场=workplace, **car))
    batch = api.preview_list(engine, standard_csv(rows), "more.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(engine, batch, actor=api.SYSTEM)


def customer_of(engine: Engine, number: int) -> int:
    with engine.store.reading() as session:
        found = session.scalars(select(Renewal.customer_id).where(Renewal.vin == vin(number))).one()
    assert found is not None
    return found


def file_of(engine: Engine, number: int, who: str) -> CustomerFile:
    """The file that is reached from car *number*."""
    with engine.store.reading() as session:
        return api.customer_file(
            session,
            api.actor_of(engine, who),
            customer_of(engine, number),
            Present.of(engine.clock),
            deployed_of=engine.deployed,
        )


def plates(file: CustomerFile) -> set[str | None]:
    return {car.plate for car in file.cars}


@pytest.fixture
def three_cars(book: Engine) -> Engine:
    """The book in which one customer has cars 41, 42 and 43 with agent AG001."""
    list_cars(
        book,
        {"number": 41, "days": 50, **OWNER},
        {"number": 42, "days": 50, **OWNER},
        {"number": 43, "days": 55, **OWNER},
    )
    return book


@pytest.fixture
def fleet(book: Engine) -> Engine:
    """The book in which a company has four cars, each with another contact person's number, three without an ID."""
    list_cars(
        book,
        {"number": 51, "days": 50, **FLEET, "证件号码": "91330100MA2CD12345", "手机": "13912340051"},
        {"number": 52, "days": 50, **FLEET, "手机": "13912340052"},
        {"number": 53, "days": 52, **FLEET, "手机": "13912340053"},
        {"number": 54, "days": 60, **FLEET, "手机": ""},
    )
    return book


@pytest.mark.parametrize("number", [41, 42, 43])
def test_case_24_the_file_of_any_car_shows_all_cars_of_the_customer(three_cars: Engine, number: int) -> None:
    file = file_of(three_cars, number, "AG001")

    assert {"川A***41", "川A***42", "川A***43"} == plates(file)
    assert (3, "赵*", False) == (file.renewals, file.name, file.is_organisation)


def test_case_24_the_renewal_page_leads_to_the_file(three_cars: Engine, app: Flask) -> None:
    agent = signed_in(app, "AG001")
    agent.get(f"/renewals/{renewal_of(three_cars, 41)}")
    link = agent.soup.find("a", string="客户续保档案")
    assert link is not None

    agent.get(str(link["href"]))

    assert "3 辆车，3 笔续保" in agent.text
    assert "赵多车" not in agent.text
    assert "13912340077" not in agent.text


def test_case_24_the_inbox_shows_one_card_for_all_cars_of_a_customer(three_cars: Engine, app: Flask) -> None:
    specialist = signed_in(app, "SP01")

    specialist.get("/inbox?tab=all")

    (card,) = specialist.soup.select("tbody.ui-kin")
    assert 1 == card.get_text().count("赵*"), "the name stands once"
    assert "3 项任务" in card.get_text()
    assert ["川A***41", "川A***42", "川A***43"] == sorted(p.get_text() for p in card.select(".ui-plate"))
    (mark,) = card.find_all("a", string="共 3 辆车")
    assert f"/customers/{customer_of(three_cars, 41)}" == mark["href"]


def test_case_46_the_tasks_of_a_fleet_are_one_card_to_be_done_as_one_act(fleet: Engine, app: Flask) -> None:
    with fleet.store.transaction() as tx:
        company = customer_of(fleet, 51)
        for number in (52, 53, 54):
            tx.get_one(Renewal, renewal_of(fleet, number)).customer_id = company
    specialist = signed_in(app, "SP01")
    specialist.get("/inbox?tab=all")
    (card,) = specialist.soup.select("tbody.ui-kin")
    tasks = [str(tick["value"]) for tick in card.select("input[name=task]")]
    assert 4 == len(tasks)

    specialist.submit(specialist.form_to("/bulk"), {"task": tasks})

    assert "选定 4 项" in specialist.text


def test_case_24_the_tasks_of_all_cars_are_shown_together_and_done_as_one_act(
    three_cars: Engine, app: Flask
) -> None:
    specialist = signed_in(app, "SP01")
    specialist.get(f"/customers/{customer_of(three_cars, 41)}")
    assert 3 == len(specialist.soup.select("#tasks a.ui-list-item"))

    specialist.submit(specialist.form_to("/bulk"))
    assert "选定 3 项" in specialist.text
    order = next(form for form in specialist.soup.find_all("form") if form.get("id") == "task-form")
    specialist.submit(order, answers.dispatch_list(TODAY))

    assert "已办理" in specialist.text
    with three_cars.store.reading() as session:
        done = session.scalars(
            select(UserTask.completed_by).where(
                UserTask.form_id == "dispatch_list",
                UserTask.instance_id.in_([renewal_of(three_cars, n) for n in (41, 42, 43)]),
            )
        ).all()
    assert ["SP01"] * 3 == list(done)
    specialist.get(f"/customers/{customer_of(three_cars, 41)}")
    assert "清单分类分发" not in specialist.text


def test_case_24_forms_with_answers_of_each_car_are_left_to_be_done_one_by_one(
    three_cars: Engine, app: Flask
) -> None:
    for number in (41, 42, 43):
        complete(three_cars, number, "dispatch_list", answers.dispatch_list(TODAY))

    file = file_of(three_cars, 41, "SP01")

    plan = next(group for group in file.groups if "方案" in group.title.zh)
    assert (3, False) == (len(plan.tasks), plan.may_bulk)
    specialist = signed_in(app, "SP01")
    specialist.get(f"/customers/{file.id}")
    assert "请逐项办理" in specialist.text


def test_case_24_the_contact_of_one_car_stands_in_the_file_of_all(book: Engine) -> None:
    list_cars(book, {"number": 41, "days": 28, **OWNER}, {"number": 42, "days": 28, **OWNER})
    for number in (41, 42):
        complete(book, number, "dispatch_list", answers.dispatch_list(TODAY))
    values = answers.record_contact(TODAY, "12", contact_person="owner")
    complete(book, 41, "record_contact", values)

    file = file_of(book, 42, "AG001")

    (contact,) = file.contacts
    assert ("川A***41", True) == (contact.plate, contact.is_effective)
    assert "高敬之 AG001" == contact.by
    assert PhoneState.SOUND is file.phone_state


def test_case_24_cars_of_another_scope_stay_out(three_cars: Engine) -> None:
    list_cars(three_cars, {"number": 44, "days": 40, "agent": "AG009", **OWNER})

    assert plates(file_of(three_cars, 41, "AG001")) == {"川A***41", "川A***42", "川A***43"}
    assert plates(file_of(three_cars, 44, "AG009")) == {"川A***44"}
    assert 4 == len(file_of(three_cars, 44, "CC01").cars)


def test_case_24_a_file_without_a_car_in_scope_is_not_found(three_cars: Engine) -> None:
    with pytest.raises(NotFound):
        file_of(three_cars, 41, "AG009")


def test_case_24_two_people_of_one_name_stay_two(book: Engine) -> None:
    list_cars(
        book,
        {"number": 41, "days": 50, "车主": "王伟", "手机": "13912340041"},
        {"number": 42, "days": 50, "车主": "王伟", "手机": "13912340042"},
    )

    assert {"川A***41"} == plates(file_of(book, 41, "AG001"))


def test_case_24_a_row_that_came_without_an_id_is_the_same_by_name_and_phone(book: Engine) -> None:
    list_cars(book, {"number": 41, "days": 50, **OWNER, "证件号码": ""})
    list_cars(book, {"number": 42, "days": 50, **OWNER})

    assert (
        {"川A***41", "川A***42"} == plates(file_of(book, 41, "AG001")) == plates(file_of(book, 42, "AG001"))
    )


@pytest.mark.parametrize("number", [51, 52, 53, 54])
def test_case_46_a_fleet_is_one_file_whoever_the_contact_person_is(fleet: Engine, number: int) -> None:
    file = file_of(fleet, number, "AG001")

    assert {"川A***51", "川A***52", "川A***53", "川A***54"} == plates(file)
    assert (True, "杭*") == (file.is_organisation, file.name)
    assert {"139****0051", "139****0052", "139****0053"} == set(file.phones)


def test_case_46_the_list_of_a_fleet_is_handed_out_as_one_act(fleet: Engine, app: Flask) -> None:
    specialist = signed_in(app, "SP01")
    specialist.get(f"/customers/{customer_of(fleet, 53)}")
    assert "单位客户" in specialist.text

    specialist.submit(specialist.form_to("/bulk"))

    assert "选定 4 项" in specialist.text


def test_case_46_companies_of_one_name_with_different_numbers_stay_apart(book: Engine) -> None:
    list_cars(
        book,
        {"number": 51, "days": 50, **FLEET, "证件号码": "91330100MA2CD12345", "手机": "13912340051"},
        {"number": 52, "days": 50, **FLEET, "证件号码": "91330100MA2CD99999", "手机": "13912340052"},
    )

    assert {"川A***51"} == plates(file_of(book, 51, "AG001"))
    assert {"川A***52"} == plates(file_of(book, 52, "AG001"))


def test_case_46_of_a_large_fleet_every_open_task_is_in_the_act(book: Engine) -> None:
    cars = api.MOST_RENEWALS + 4
    list_cars(
        book,
        *({"number": 1000 + n, "days": 46 + n % 10, **FLEET, "手机": f"1391234{n:04d}"} for n in range(cars)),
    )

    file = file_of(book, 1000, "SP01")

    assert (cars, api.MOST_RENEWALS) == (file.renewals, len(file.cars))
    assert cars == sum(len(group.tasks) for group in file.groups)
