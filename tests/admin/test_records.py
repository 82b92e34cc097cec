"""The record lists: whose rows, masked how, changed by nobody."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from admin.records import LISTS
from admin.records.files import neutral
from engine import api
from engine.api import Engine
from engine.queries import records
from engine.services import incidents
from engine.tables import (
    Customer,
    HistoryEvent,
    Holiday,
    ImportBatch,
    Incident,
    Renewal,
    Vehicle,
    record_query,
)
from tests.acceptance.desk import policy, standard_csv
from tests.admin.test_pages import english_words
from tests.support.console import PASSWORD, TODAY, Browser, at, counted, renewal_of, signed_in, task_of

pytestmark = pytest.mark.one_database

ADDRESS = {
    endpoint: f"/admin/{endpoint.removesuffix('_records')}"
    + ("s" if endpoint.endswith("_records") and endpoint != "history_records" else "")
    for _view, _model, endpoint, _name in LISTS
}
FOR_EVERYBODY = {"definitions", "holidays"}
LIST_NAMES = [endpoint for _view, _model, endpoint, _name in LISTS]
MODELS = {endpoint: model for _view, model, endpoint, _name in LISTS}


@pytest.fixture
def branches(book: Engine) -> Engine:
    """The book with auditor and administrator of the western sub-branch, an incident in each, an eastern list."""
    for name, role in (("AUW", "auditor"), ("ADW", "admin")):
        api.add_user(book, name, roles=[role], unit_code="PC330102", password=PASSWORD, actor=api.SYSTEM)
    for car in (1, 21):
        fail(book, renewal_of(book, car))
    eastern = policy(60, TODAY + timedelta(days=40), agent="AG001", sub_branch="PC330101")
    api.preview_list(book, standard_csv([eastern]), "东区.csv", "standard", actor=api.SYSTEM)
    return book


def fail(engine: Engine, instance_id: int) -> int:
    return incidents.raise_incident(
        engine,
        instance_id,
        trigger="timer",
        error=RuntimeError("the rate service did not answer"),
        actor=api.SYSTEM,
        now=engine.clock.now(),
    )


def foreign_keys(engine: Engine, endpoint: str, name: str) -> list[Any]:
    """Return the keys of the rows of a list that *name* may not see."""
    model = MODELS[endpoint]
    key = inspect(model).primary_key[0]
    with engine.store.reading() as session:
        own = {
            getattr(row, key.name)
            for row in record_query(session, model, api.actor_of(engine, name), engine.clock.today())
        }
        return sorted(set(session.scalars(select(key))) - own)


def rows_of(browser: Browser) -> list[list[str]]:
    return [
        [cell.get_text(" ", strip=True) for cell in row.find_all("td")]
        for row in browser.soup.select("tbody tr")
    ]


def csv_of(browser: Browser, path: str) -> list[list[str]]:
    answer = browser.client.get(path)
    assert 200 == answer.status_code, path
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


# --- who ---------------------------------------------------------------------


@pytest.mark.parametrize("who", ["AG001", "SU01", "TR01", "SP01", "CC01", "PO01", "AP01"])
def test_records_are_for_administrators_and_auditors(app: Flask, who: str) -> None:
    client = signed_in(app, who).client
    own = {ADDRESS["definitions"]} if who in ("PO01", "AP01") else set()

    for path in [
        "/admin/",
        *(f"{path}/" for path in set(ADDRESS.values()) - own),
        "/admin/people/export/csv/",
    ]:
        assert 403 == client.get(path).status_code, path


@pytest.mark.parametrize("who", ["PO01", "AP01"])
def test_who_owns_or_approves_processes_reads_the_deployed_versions(app: Flask, who: str) -> None:
    person = signed_in(app, who)
    person.get("/")
    menu = [link.get_text(strip=True) for link in person.soup.select(".ui-menu a")]

    person.get("/admin/definitions/")
    listed = person.text
    person.get("/admin/definitions/details/?id=1")

    assert "流程版本" in menu
    assert "系统记录" not in menu
    assert "第 1 版" in listed
    assert "新增" not in listed
    for title in ("准备阶段（T-60～T-46）", "可否续保", "联系拜访客户"):
        assert title in person.text, title
    assert 400 == person.client.post("/admin/definitions/new/").status_code, "no form, no token"


def test_rows_of_other_units_are_found_by_no_way(branches: Engine, app: Flask) -> None:
    auditor = signed_in(app, "AUW")
    for endpoint, path in ADDRESS.items():
        foreign = foreign_keys(branches, endpoint, "AUW")
        assert bool(foreign) == (endpoint not in FOR_EVERYBODY)
        for key in [*foreign[:3], *foreign[-3:]]:
            assert 404 == auditor.client.get(f"{path}/details/", query_string={"id": key}).status_code, key
            assert auditor.client.get(f"{path}/edit/", query_string={"id": key}).status_code in (403, 404)
        if not foreign:
            continue
        auditor.get(f"{path}/?page_size=100")
        shown = {box["href"] for box in auditor.soup.select("a.ui-quiet[href*='details']")}
        assert not [key for key in foreign if any(re.search(rf"[?&]id={key}(&|$)", href) for href in shown)]
        own = len(csv_of(auditor, f"{path}/export/csv/")) - 1
        with branches.store.reading() as session:
            query = record_query(
                session, MODELS[endpoint], api.actor_of(branches, "AUW"), branches.clock.today()
            )
            seen_since = 2 if endpoint == "history_records" else 0  # reading the list is itself recorded
            assert own <= query.count() <= own + seen_since + len(foreign)


def test_the_renewals_of_a_sub_branch_are_its_own(branches: Engine, app: Flask) -> None:
    auditor = signed_in(app, "AUW")

    auditor.get("/admin/renewals/")

    assert 2 == len(rows_of(auditor))
    assert all("PC330102" in " ".join(row) for row in rows_of(auditor))


def test_filters_and_search_do_not_reach_beyond_the_scope(branches: Engine, app: Flask) -> None:
    auditor = signed_in(app, "AUW")
    with branches.store.reading() as session:
        foreign = session.get(Renewal, renewal_of(branches, 1))
        assert foreign is not None
        vin = foreign.vin

    auditor.get(f"/admin/renewals/?search={vin}")

    assert [] == rows_of(auditor)


# --- changed by nobody -------------------------------------------------------


def test_an_auditor_changes_nothing_by_any_verb(branches: Engine, app: Flask) -> None:
    auditor = signed_in(app, "AU01")
    for path in ADDRESS.values():
        auditor.get(f"{path}/")
        held = token_on(auditor)

        assert not auditor.soup.select("button[name=action]")
        assert 403 == auditor.client.get(f"{path}/new/").status_code
        for verb in ("new", "edit", "delete", "action", "ajax/update"):
            data = {
                "csrf_token": held,
                "id": "1",
                "rowid": "1",
                "action": "retry",
                "name": "x",
                "status": "closed",
            }
            assert auditor.client.post(f"{path}/{verb}/", data=data).status_code == 403, verb


def test_an_administrator_edits_no_rows(app: Flask) -> None:
    admin = signed_in(app, "AD01")
    for path in [path for endpoint, path in ADDRESS.items() if endpoint != "holidays"]:
        admin.get(f"{path}/")
        held = token_on(admin)

        for verb in ("new", "edit", "delete", "ajax/update"):
            if (path, verb) == (ADDRESS["users"], "new"):
                continue  # a verb of its own: the form is refused, see below
            data = {"csrf_token": held, "id": "1", "approved_by": "me", "status": "done", "role": "admin"}
            assert 403 == admin.client.post(f"{path}/{verb}/?id=1", data=data).status_code, verb


def token_on(browser: Browser) -> str:
    found = browser.soup.find("input", {"name": "csrf_token"})
    assert found is not None
    return str(found["value"])


def test_an_administrator_lets_an_incident_be_tried_again(branches: Engine, app: Flask) -> None:
    admin = signed_in(app, "AD01")
    admin.get("/admin/incidents/")
    chosen = incident_of(branches, 21)

    admin.submit(admin.form_to("/admin/incidents/action/"), {"rowid": chosen, "action": "retry"})

    assert "已重试 1 项异常" in admin.text
    with branches.store.reading() as session:
        actors = set(
            session.scalars(
                select(HistoryEvent.actor).where(HistoryEvent.instance_id == renewal_of(branches, 21))
            )
        )
    assert actors


def test_the_incident_of_another_unit_is_not_tried_again(branches: Engine, app: Flask) -> None:
    admin = signed_in(app, "ADW")
    admin.get("/admin/incidents/")
    foreign = incident_of(branches, 1)

    admin.submit(admin.form_to("/admin/incidents/action/"), {"rowid": foreign, "action": "retry"}, status=404)

    with branches.store.reading() as session:
        row = session.get(Incident, foreign)
        assert row is not None
        assert "open" == row.status


def test_the_engine_itself_refuses_a_retry_by_others(branches: Engine) -> None:
    for name, refusal in (("AU01", api.Forbidden), ("CC01", api.Forbidden), ("ADW", api.NotFound)):
        with pytest.raises(refusal):
            api.retry_incident(branches, incident_of(branches, 1), actor=api.actor_of(branches, name))


def incident_of(engine: Engine, car: int) -> int:
    with engine.store.reading() as session:
        found = session.scalar(select(Incident.id).where(Incident.instance_id == renewal_of(engine, car)))
    assert found is not None
    return found


def test_accounts_are_closed_and_passwords_given_anew_by_administrators(book: Engine, app: Flask) -> None:
    admin, agent = signed_in(app, "AD01"), signed_in(app, "AG001")
    agent.get("/")
    admin.get("/admin/users/?search=AG001")
    row = admin.soup.select_one("input[name=rowid]")
    assert row is not None

    admin.submit(admin.form_to("/admin/users/action/"), {"rowid": row["value"], "action": "reset"})

    told = re.search(r"AG001 的新初始密码：([a-z0-9-]{14})", admin.text)
    assert told
    assert 303 == agent.client.get("/").status_code
    assert "AG001" == api.check_password(book, "AG001", told.group(1)).name
    admin.get("/admin/users/?search=AG001")
    assert told.group(1) not in admin.text


# --- the holiday table -------------------------------------------------------

DAY = {"day": "2027-10-08", "kind": "workday", "name": "国庆节调休", "source": "国办通知"}


def test_an_administrator_keeps_the_holiday_table(book: Engine, app: Flask) -> None:
    admin = signed_in(app, "AD01")
    admin.get("/admin/holidays/new/")

    admin.submit(admin.soup.find_all("form")[-1], DAY, action="/admin/holidays/new/")

    with book.store.reading() as session:
        row = session.get(Holiday, date(2027, 10, 8))
        assert row is not None
        assert "workday" == row.kind
        event = session.scalar(select(HistoryEvent).where(HistoryEvent.action == "holiday_changed"))
        assert event is not None
        assert "AD01" == event.actor
    admin.get("/admin/holidays/details/?id=2027-10-08")
    admin.submit(admin.form_to("/admin/holidays/delete/"))
    with book.store.reading() as session:
        assert session.get(Holiday, date(2027, 10, 8)) is None


def test_a_changed_holiday_counts_for_due_dates_at_once(book: Engine, app: Flask) -> None:
    admin = signed_in(app, "AD01")
    day = date(2027, 6, 1)
    assert book.workdays().is_workday(day)
    admin.get("/admin/holidays/new/")

    admin.submit(
        admin.soup.find_all("form")[-1],
        {**DAY, "day": day.isoformat(), "kind": "holiday"},
        action="/admin/holidays/new/",
    )

    assert not book.workdays().is_workday(day)


def test_an_unusable_holiday_is_named_and_nothing_typed_is_lost(book: Engine, app: Flask) -> None:
    admin = signed_in(app, "AD01")
    admin.get("/admin/holidays/new/")

    admin.submit(admin.soup.find_all("form")[-1], {**DAY, "name": ""}, action="/admin/holidays/new/")

    assert admin.soup.select(".ui-problem")
    kept = admin.soup.find("input", {"name": "source"})
    assert kept is not None
    assert "国办通知" == kept["value"]
    with book.store.reading() as session:
        assert session.get(Holiday, date(2027, 10, 8)) is None


# --- masked ------------------------------------------------------------------


def personal_data(session: Session) -> set[str]:
    found = {value for row in session.scalars(select(Customer)) for value in (row.name, row.phone, row.id_no)}
    found |= {vehicle.plate for vehicle in session.scalars(select(Vehicle))}
    return {str(value) for value in found if value and len(str(value)) > 2}


@pytest.mark.parametrize("who", ["AD01", "AU01"])
def test_no_list_detail_or_file_shows_a_customer_s_data(book: Engine, app: Flask, who: str) -> None:
    person = signed_in(app, who)
    with book.store.reading() as session:
        clear = personal_data(session)
    assert len(clear) > 10

    for path in ADDRESS.values():
        person.get(f"{path}/?page_size=100")
        pages = [person.text]
        links = [str(link["href"]) for link in person.soup.select("a.ui-quiet[href*='details']")]
        for link in links[:3]:
            person.get(link)
            pages.append(person.text)
        pages += [" ".join(map(" ".join, csv_of(person, f"{path}/export/csv/")))]
        for page in pages:
            assert not [value for value in clear if value in page], path


# --- files -------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1"])
def test_no_cell_of_a_file_is_a_formula(text: str) -> None:
    assert f"'{text}" == neutral(text)


def test_a_file_name_that_is_a_formula_leaves_as_text(book: Engine, app: Flask) -> None:
    with book.store.transaction() as tx:
        tx.query(ImportBatch).update({"file_name": '=HYPERLINK("http://evil")', "created_by": "CC01"})
    auditor = signed_in(app, "AU01")

    rows = csv_of(auditor, "/admin/imports/export/csv/")
    answer = auditor.client.get("/admin/imports/export/xlsx/")

    sheet = openpyxl.load_workbook(io.BytesIO(answer.get_data())).active
    assert sheet is not None
    assert '\'=HYPERLINK("http://evil")' == rows[1][0] == sheet["A2"].value
    assert "s" == sheet["A2"].data_type
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_taking_a_file_away_stands_in_the_history(book: Engine, app: Flask) -> None:
    csv_of(signed_in(app, "AU01"), "/admin/renewals/export/csv/")

    with book.store.reading() as session:
        event = session.scalar(select(HistoryEvent).where(HistoryEvent.action == "records_exported"))
    assert event is not None
    assert ("AU01", "renewal_records", 13) == (event.actor, event.subject, event.payload["rows"])


def test_a_file_is_bounded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from admin.records.base import RecordView

    monkeypatch.setattr(RecordView, "export_max_rows", 5)

    assert 1 + 5 == len(csv_of(signed_in(app, "AU01"), "/admin/renewals/export/csv/"))


def test_a_file_holds_what_the_filters_leave(app: Flask) -> None:
    auditor = signed_in(app, "AU01")
    auditor.get("/admin/renewals/")
    stage = auditor.soup.find("select")
    assert stage is not None

    rows = csv_of(auditor, f"/admin/renewals/export/csv/?{stage['name']}=pool")

    assert {"未到期池"} == {row[3] for row in rows[1:]}


# --- wishes that are no wishes -----------------------------------------------


def test_an_unusable_key_is_not_found(app: Flask) -> None:
    client = signed_in(app, "AU01").client

    for endpoint in ("renewal_records", "holidays", "users"):
        for key in ("1,2", "abc", "-1", "0", "9" * 20, "1;drop", "x" * 3000):
            answer = client.get(f"{ADDRESS[endpoint]}/details/", query_string={"id": key})
            assert 404 == answer.status_code, (endpoint, key[:20])


UNUSABLE = (
    "search=" + "x" * 3_000,
    "search=%25%5C_",
    "page=-5",
    "page=99999999999999999999",
    "page_size=1000000",
    "sort=99&desc=1",
    "sort=-1",
    "flt0_0=nonsense",
    "flt2_2=31.12.2026",
    "flt99_99=1",
    "flt=",
)


def test_unusable_wishes_are_passed_over(app: Flask) -> None:
    auditor = signed_in(app, "AU01")

    for query in UNUSABLE:
        answer = auditor.client.get(f"/admin/renewals/?{query}")
        assert 200 == answer.status_code, query[:40]
        assert len(re.findall("<tr>", answer.get_data(as_text=True))) <= 101, query[:40]


def test_who_acted_is_chosen_by_name(app: Flask) -> None:
    auditor = signed_in(app, "AU01")

    auditor.get("/admin/history/")
    (label,) = [one for one in auditor.soup.find_all("label") if one.get_text().strip().startswith("操作人")]
    field = label.find("select")
    offered = {option["value"]: option.get_text() for option in field.find_all("option")}
    auditor.get(f"/admin/history/?{field['name']}=AG001")

    assert "系统" == offered["system"] and "命令行" == offered["cli"]
    assert "高敬之" in offered["AG001"] and "PO01" in offered
    assert "高敬之" in auditor.text


def test_an_unusable_filter_is_named(app: Flask) -> None:
    auditor = signed_in(app, "AU01")
    auditor.get("/admin/renewals/")
    day = auditor.soup.find("input", {"type": "date"})
    assert day is not None

    auditor.get(f"/admin/renewals/?{day['name']}=31.12.2026")

    assert "“31.12.2026”不能用作“到期日不早于”" in auditor.text


def test_days_are_those_of_the_business_zone(book: Engine, app: Flask) -> None:
    """A timer of local midnight is of that day, though the instant in UTC is of the day before."""
    auditor = signed_in(app, "AU01")
    auditor.get("/admin/timers/?page_size=100")
    since, until = (box["name"] for box in auditor.soup.find_all("input", {"type": "date"})[:2])
    day = next(row[2][:10] for row in rows_of(auditor) if row[2].endswith("00:00"))
    before = (date.fromisoformat(day) - timedelta(days=1)).isoformat()

    auditor.get(f"/admin/timers/?{since}={day}&{until}={day}&page_size=100")
    on_the_day = rows_of(auditor)
    auditor.get(f"/admin/timers/?{since}={before}&{until}={before}&page_size=100")

    assert on_the_day
    assert {day} == {row[2][:10] for row in on_the_day}
    assert day not in {row[2][:10] for row in rows_of(auditor)}


def test_a_long_list_is_counted_up_to_a_cap(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from admin.records import base

    monkeypatch.setattr(records, "COUNT_CAP", 5)
    monkeypatch.setattr(base, "COUNT_CAP", 5)
    auditor = signed_in(app, "AU01")

    auditor.get("/admin/renewals/")

    assert "超过 5 条" in auditor.text


# --- words and cost ----------------------------------------------------------


@pytest.mark.parametrize("who", ["AD01", "AU01"])
def test_every_list_is_in_chinese_with_no_raw_codes(branches: Engine, app: Flask, who: str) -> None:
    person = signed_in(app, who)

    for endpoint, path in {"index": "/admin", **ADDRESS}.items():
        person.get(f"{path}/")
        words = english_words(person)
        expected = {"message": {"RuntimeError", "the", "rate", "service", "did", "not", "answer"}}
        assert set(words) <= expected["message"] | {"QD", "GX", "PC", "LF", "ADW", "AUW"}, (endpoint, words)


def test_a_page_of_a_list_costs_a_handful_of_statements(book: Engine, app: Flask) -> None:
    auditor = signed_in(app, "AU01")
    for path in ADDRESS.values():
        auditor.get(f"{path}/")

        with counted(book) as sent:
            auditor.get(f"{path}/?page_size=100")

        assert len(sent) <= 30, sent  # the history names everybody who may have acted


# --- days --------------------------------------------------------------------


def test_a_task_is_due_on_the_same_day_in_the_records_and_in_the_inbox(app: Flask, book: Engine) -> None:
    task = task_of(book, 10, "report_lapse_reason")
    assert at(book, TODAY + timedelta(days=1), 0) == task.due_at, "the instant at which its last day is over"

    person = signed_in(app, "AD01")
    person.get(f"/admin/tasks/details/?id={task.id}")
    assert "2026-11-24 周二" in person.text
    assert "2026-11-25" not in person.soup.select_one("dl.ui-facts").get_text()  # type: ignore[union-attr]

    for since, until, found in ((24, 24, True), (25, 30, False), (20, 23, False)):
        names = [str(field["name"]) for field in person.get("/admin/tasks/").select("input[type=date]")]
        person.get(f"/admin/tasks/?{names[0]}=2026-11-{since}&{names[1]}=2026-11-{until}&page_size=100")
        assert found == (f"/admin/tasks/details/?id={task.id}&" in str(person.soup).replace("&amp;", "&"))


# --- acts of administrators --------------------------------------------------


def test_an_administrator_adds_a_user_whose_password_is_shown_once(app: Flask, book: Engine) -> None:
    admin = signed_in(app, "AD01")
    admin.get("/admin/")
    assert "用户与假日可以维护" in admin.text
    admin.get("/admin/users/new/")
    form = next(form for form in admin.soup.find_all("form") if form.find("input", {"name": "display_name"}))

    admin.submit(form, {"name": "NB01", "display_name": "宁波", "roles": ["auditor"], "unit": "PC330102"})

    shown = re.search(r"NB01 的初始密码：([a-z0-9-]{14})", admin.text)
    assert shown, admin.text[:400]
    newcomer = Browser(app.test_client())
    newcomer.get("/login")
    newcomer.submit(newcomer.form("sign-in"), {"username": "NB01", "password": shown.group(1)})
    assert "宁波，您好" in newcomer.text
    admin.get("/admin/users/")
    assert shown.group(1) not in admin.text


def test_a_taken_name_is_refused_with_everything_kept(app: Flask, book: Engine) -> None:
    admin = signed_in(app, "AD01")
    admin.get("/admin/users/new/")
    form = next(form for form in admin.soup.find_all("form") if form.find("input", {"name": "display_name"}))

    admin.submit(form, {"name": "AG001", "display_name": "第二个", "roles": ["agent"], "unit": "ZC01"})

    assert "该用户已存在" in admin.text
    assert "第二个" in str(admin.soup)


def test_an_auditor_adds_nobody(app: Flask) -> None:
    auditor = signed_in(app, "AU01")

    assert 403 == auditor.client.get("/admin/users/new/").status_code
    auditor.get("/admin/users/")
    assert "新增" not in auditor.text


def test_codes_nobody_knows_by_heart_are_chosen_from_lists(app: Flask, book: Engine) -> None:
    admin = signed_in(app, "AD01")

    admin.get("/admin/tasks/")
    offered = " ".join(option.get_text() for option in admin.soup.select("select option"))
    assert "高敬之 AG001" in offered
    assert "G-L1 联系拜访客户 / 再次联系拜访 / 陪访后再联系 / 临期联系客户" in offered
    admin.get("/admin/renewals/")
    field = admin.soup.select_one("select:has(option[value=ZC02])")
    assert field is not None
    admin.get(f"/admin/renewals/?{field['name']}=ZC02")
    assert 2 == len(rows_of(admin))


def test_an_empty_list_of_incidents_says_that_there_are_none(app: Flask, book: Engine) -> None:
    admin = signed_in(app, "AD01")

    admin.get("/admin/incidents/")

    assert "没有异常，所有步骤都已正常执行。" in admin.text


def test_a_detail_page_has_a_title_of_its_own(app: Flask, book: Engine) -> None:
    admin = signed_in(app, "AD01")

    admin.get("/admin/definitions/details/?id=1")

    assert admin.soup.title is not None
    assert "第 1 版" in admin.soup.title.get_text()
