"""What lists bring: two dates, one line, late and early news, shared phones, odd plates (domain.md §7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engine import api
from engine.api import Engine
from engine.tables import Customer, HistoryEvent, Person, PolicyLine, Renewal, Vehicle
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv, vin
from tests.support.console import TODAY, open_tasks, renewal_of, signed_in, task_of

pytestmark = pytest.mark.one_database

CAR = 400


def take(engine: Engine, *rows: dict[str, Any], kind: str = "pending") -> api.ImportReport:
    batch = api.preview_list(engine, standard_csv(rows), "l.csv", "standard", kind=kind, actor=api.SYSTEM)
    return api.commit_batch(engine, batch, actor=api.SYSTEM)


def row(number: int, days_left: int, **more: Any) -> dict[str, Any]:
    expiry = TODAY + timedelta(days=days_left)
    return policy(number, expiry, agent="AG001", sub_branch="PC330101", **more)


def renewal(engine: Engine, number: int = CAR) -> Renewal:
    with engine.store.reading() as session:
        return session.get_one(Renewal, renewal_of(engine, number))


def customers(engine: Engine, *numbers: int) -> list[Customer]:
    with engine.store.reading() as session:
        wanted = select(Customer).join(Vehicle, Vehicle.customer_id == Customer.id)
        return list(session.scalars(wanted.where(Vehicle.vin.in_([vin(n) for n in numbers]))))


def test_case_07_two_lines_that_expire_on_different_days_are_one_renewal_of_the_earlier(book: Engine) -> None:
    report = take(book, row(CAR, 50), row(CAR, 40, line="交强"))

    found = renewal(book)
    assert (1, "both", TODAY + timedelta(days=40)) == (report.started, found.lines, found.expiry_date)
    with book.store.reading() as session:
        lines = session.scalars(select(PolicyLine).where(PolicyLine.renewal_id == found.id))
        assert {50, 40} == {(line.expiry_date - TODAY).days for line in lines}


def test_case_07_one_line_renewed_leaves_the_other_as_an_opportunity(book: Engine, app: Flask) -> None:
    take(book, row(CAR, 50), row(CAR, 50, line="交强"))
    old = renewal(book).expiry_date
    new = policy(
        CAR,
        old.replace(year=old.year + 1),
        agent="AG001",
        sub_branch="PC330101",
        line="交强",
        issued=True,
    ) | {"起保日期": (old + timedelta(days=1)).isoformat(), "签单日期": TODAY.isoformat()}

    take(book, new, kind="issued")

    assert ("partial", None) == (renewal(book).state, renewal(book).outcome)
    auditor = signed_in(app, "AU01")
    auditor.get(f"/renewals/{renewal_of(book, CAR)}")
    assert "机会：商业险尚未续回" in auditor.text


def test_case_08_a_car_with_us_for_the_compulsory_line_alone_is_known_as_such(book: Engine) -> None:
    take(book, row(CAR, 50, line="交强"))

    assert ("ctp", None) == (renewal(book).lines, renewal(book).premium)


def test_case_11_a_policy_signed_before_the_first_stage_renews_at_once(book: Engine) -> None:
    take(book, row(CAR, 80))
    assert "pool" == renewal(book).stage
    old = renewal(book).expiry_date
    new = policy(CAR, old.replace(year=old.year + 1), agent="AG001", sub_branch="PC330101", issued=True) | {
        "起保日期": (old + timedelta(days=1)).isoformat(),
        "签单日期": TODAY.isoformat(),
    }

    take(book, new, kind="issued")

    assert ("renewed", "closed") == (renewal(book).outcome, renewal(book).stage)
    assert not open_tasks(book, CAR)


@pytest.mark.parametrize(("seller", "is_leak"), [("AG001", False), ("TELE99", True)])
def test_case_10_a_policy_of_another_channel_renews_for_the_company_and_is_a_leak_for_the_channel(
    book: Engine, app: Flask, seller: str, is_leak: bool
) -> None:
    old = renewal(book, 7).expiry_date
    new = policy(7, old.replace(year=old.year + 1), agent="AG001", sub_branch="PC330101", issued=True)
    dates = {"起保日期": (old + timedelta(days=1)).isoformat(), "签单日期": TODAY.isoformat()}

    take(book, new | dates | {"营销员工号": seller}, kind="issued")

    found = renewal(book, 7)
    assert ("renewed", is_leak) == (found.outcome, found.is_channel_leak)
    auditor = signed_in(app, "AU01")
    auditor.get(f"/renewals/{found.id}")
    assert is_leak == ("渠道流失" in auditor.text)


def test_case_25_a_phone_of_more_than_three_customers_is_doubted(book: Engine) -> None:
    numbers = range(CAR, CAR + 4)
    take(book, *(row(n, 50, 手机="18600000001") for n in numbers[:3]))
    assert [False] * 3 == [one.phone_doubtful for one in customers(book, *numbers[:3])]

    take(book, row(numbers[3], 50, 手机="18600000001"))

    assert [True] * 4 == [one.phone_doubtful for one in customers(book, *numbers)]


def test_case_25_an_agents_own_number_is_no_customers(book: Engine) -> None:
    with book.store.reading() as session:
        own = session.scalars(select(Person).where(Person.employee_no == "AG001")).one().phone
    assert own

    take(book, row(CAR, 50, 手机=own), row(CAR + 1, 50, 手机="18600000002"))

    assert [True, False] == [customers(book, n)[0].phone_doubtful for n in (CAR, CAR + 1)]


def test_case_26_an_opt_out_survives_the_next_list(book: Engine) -> None:
    task = task_of(book, 7, "record_contact")
    api.complete_task(book, task.id, answers.record_contact(TODAY, "62"), actor=api.actor_of(book, "AG001"))
    assert [True] == [one.do_not_contact for one in customers(book, 7)]

    take(book, row(7, 28, 职场="ZC01", 保费="5000.00"))

    assert [True] == [one.do_not_contact for one in customers(book, 7)]


@pytest.mark.parametrize("plate", ["川AD12345", "川AF00001", "", "未上牌"])
def test_case_32_green_plates_and_cars_without_a_plate_are_taken(book: Engine, plate: str) -> None:
    report = take(book, row(CAR, 50, 车牌号=plate))

    assert (1, 0) == (report.started, report.rejected)


def test_case_32_a_changed_plate_is_the_same_car(book: Engine) -> None:
    take(book, row(CAR, 50, 车牌号="川A12345"))

    take(book, row(CAR, 50, 车牌号="川B54321"))

    with book.store.reading() as session:
        (found,) = session.scalars(select(Vehicle).where(Vehicle.vin == vin(CAR)))
        assert "川B54321" == found.plate
        assert 1 == len(session.scalars(select(Renewal).where(Renewal.vin == vin(CAR))).all())


def test_case_33_a_row_without_a_vin_is_named_and_kept_for_correction(book: Engine) -> None:
    batch = api.preview_list(
        book, standard_csv([row(CAR, 50) | {"车架号": ""}]), "l.csv", "standard", actor=api.SYSTEM
    )

    report = api.batch_report(book, batch)
    _name, content = api.error_file(book, batch, actor=api.SYSTEM, lang="zh")

    assert (1, 0) == (report.rejected, report.started)
    assert "车架号" in content.decode("utf-8-sig", "ignore")


def test_case_36_before_the_quote_window_a_date_is_shown_and_no_error(book: Engine, app: Flask) -> None:
    auditor = signed_in(app, "AU01")

    auditor.get(f"/renewals/{renewal_of(book, 1)}")

    opens = TODAY + timedelta(days=80 - 60)
    assert f"未到报价期，{opens.isoformat()}" in auditor.text


@pytest.mark.parametrize(("days_ago", "flagged"), [(0, False), (2, False), (3, True), (4, True)])
def test_case_38_a_contact_that_is_entered_late_is_flagged(
    book: Engine, days_ago: int, flagged: bool
) -> None:
    task = task_of(book, 7, "record_contact")
    when = f"{TODAY - timedelta(days=days_ago)}T09:00"
    values = answers.record_contact(TODAY, "21", contacted_at=when)

    api.complete_task(book, task.id, values, actor=api.actor_of(book, "AG001"))

    with book.store.reading() as session:
        found = select(HistoryEvent).where(
            HistoryEvent.action == "late_entry", HistoryEvent.instance_id == task.instance_id
        )
        late = session.scalars(found).all()
    assert ([days_ago] if flagged else []) == [event.payload["days"] for event in late]


def test_case_11_a_policy_imported_before_the_list_renews_what_the_list_starts(book: Engine) -> None:
    take(book, row(CAR, 50))
    old = renewal(book).expiry_date
    new = policy(
        CAR + 1, old.replace(year=old.year + 1), agent="AG001", sub_branch="PC330101", issued=True
    ) | {"起保日期": (old + timedelta(days=1)).isoformat(), "签单日期": TODAY.isoformat()}
    assert 0 == take(book, new, kind="issued").renewed

    take(book, row(CAR + 1, 50))

    assert "renewed" == renewal(book, CAR + 1).outcome
    assert 1 == take(book, new, kind="issued").unchanged


def test_case_05_a_moved_expiry_date_moves_the_quote_window(book: Engine) -> None:
    before = renewal(book, 7).quote_opens_date
    moved = renewal(book, 7).expiry_date + timedelta(days=40)

    data = {"expiry_date": moved.isoformat()}
    api.deliver_message(book, "expiry_changed", vin(7), data=data, actor=api.SYSTEM)

    assert before is not None
    assert before + timedelta(days=40) == renewal(book, 7).quote_opens_date
