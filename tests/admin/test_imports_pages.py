"""Import and organisation pages, the own account; and no id of another unit opens anything."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from admin import commits
from engine import api
from engine.api import Engine
from engine.tables import Deadline, HistoryEvent, ImportBatch, LedgerCopy, Renewal
from tests.acceptance.desk import policy, standard_csv, vin
from tests.admin.test_pages import english_words
from tests.support.console import PASSWORD, TODAY, Browser, renewal_of, signed_in, task_of
from tests.support.files import PDF
from tests.support.org import org_sheets, write_org, write_sheets

pytestmark = pytest.mark.one_database
SAMPLES = Path(__file__).parents[1] / "data" / "lists"


def upload(
    person: Browser, content: bytes, name: str = "list.csv", *, source: str = "standard", kind: str = "pending",
    path: str = "/imports", status: int = 200,
) -> None:  # fmt: skip
    """Send a file through the form of *path* and follow where that leads."""
    person.get(path)
    held = person.soup.find("input", {"name": "csrf_token"})
    assert held is not None
    data: dict[str, Any] = {"csrf_token": held["value"], "source": source, "kind": kind}
    with io.BytesIO(content) as file:
        data["file"] = (file, name)
        answer: TestResponse = person.client.post(path, data=data, follow_redirects=True)
    person.page = answer
    assert status == answer.status_code, person.text[:400]


def rows(*cars: int, **change: str) -> list[dict[str, Any]]:
    """Rows of new cars of agent AG001, with *change* in each."""
    where = {"agent": "AG001", "sub_branch": "PC330101"}
    return [{**policy(car, TODAY + timedelta(days=40 + car % 7), **where), **change} for car in cars]


def batch_id(person: Browser) -> int:
    assert person.page is not None
    found = re.search(r"/imports/(\d+)", person.page.request.path)
    assert found, person.page.request.path
    return int(found.group(1))


def status_of(engine: Engine, number: int) -> str:
    with engine.store.reading() as session:
        batch = session.get(ImportBatch, number)
        assert batch is not None
        return batch.status


@pytest.fixture
def channel(app: Flask) -> Browser:
    """CC01 of the channel department, signed in."""
    return signed_in(app, "CC01")


# --- two steps ---------------------------------------------------------------


def test_a_list_is_looked_at_first_and_starts_nothing(channel: Browser, book: Engine) -> None:
    before = api.batch_report(book, 1).started

    upload(channel, standard_csv(rows(31, 32)))

    assert "待确认" in channel.text
    assert "确认入库" in channel.text
    assert before == api.batch_report(book, 1).started
    with book.store.reading() as session:
        assert 0 == session.query(Renewal).filter_by(vin=vin(31)).count()


def test_a_confirmed_list_starts_its_renewals_and_links_to_them(channel: Browser, book: Engine) -> None:
    upload(channel, standard_csv(rows(31, 32)))
    number = batch_id(channel)

    channel.submit(channel.form_to(f"/imports/{number}/commit"))

    assert "committed" == status_of(book, number)
    assert "启动续保 2 笔" in channel.text
    links = {str(link["href"]) for link in channel.soup.select("a.ui-list-item")}
    assert {f"/renewals/{renewal_of(book, 31)}", f"/renewals/{renewal_of(book, 32)}"} == links


def test_a_discarded_list_stays_as_a_record_and_cannot_be_committed(channel: Browser, book: Engine) -> None:
    upload(channel, standard_csv(rows(31)))
    number = batch_id(channel)
    commit = channel.form_to(f"/imports/{number}/commit")

    channel.submit(channel.form_to(f"/imports/{number}/discard"))
    channel.submit(commit)

    assert "discarded" == status_of(book, number)
    assert "已放弃" in channel.text


def test_confirming_twice_starts_nothing_twice(channel: Browser, book: Engine) -> None:
    upload(channel, standard_csv(rows(31)))
    form = channel.form_to(f"/imports/{batch_id(channel)}/commit")

    channel.submit(form)
    channel.submit(form)

    with book.store.reading() as session:
        assert 1 == session.query(Renewal).filter_by(vin=vin(31)).count()


def test_a_long_list_is_committed_beside_the_request(
    channel: Browser, book: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin.views.imports.AT_ONCE", 1)
    started: list[Any] = []
    real = commits.Commits.start

    def keep(self: commits.Commits, *args: Any) -> Any:
        started.append(real(self, *args))
        return started[-1]

    monkeypatch.setattr(commits.Commits, "start", keep)
    upload(channel, standard_csv(rows(31, 32, 33)))
    number = batch_id(channel)

    channel.submit(channel.form_to(f"/imports/{number}/commit"))
    if started[0] is None:  # on a server's database it is a job for whichever worker is free
        api.commit_batch(book, number, actor=api.SYSTEM)
    else:
        started[0].join(60)

    answer = channel.client.get(f"/imports/{number}/progress")
    assert {"running": False, "status": "committed", "done": 3, "rows": 3} == answer.get_json()


def test_rows_past_win_back_are_counted_apart(channel: Browser) -> None:
    late = rows(300, 到期日期=(TODAY - timedelta(days=31)).isoformat())
    upload(channel, standard_csv(late))

    assert "晚到关闭" in channel.text

    channel.submit(channel.form_to(f"/imports/{batch_id(channel)}/commit"))
    assert "1 晚到关闭" in channel.text


def test_newly_issued_policies_end_the_renewals_they_fulfil(channel: Browser, book: Engine) -> None:
    new = policy(5, TODAY + timedelta(days=44 + 365), agent="AG001", sub_branch="PC330101", issued=True)
    new["签单日期"] = TODAY.isoformat()
    upload(channel, standard_csv([new]), kind="issued")
    number = batch_id(channel)

    channel.submit(channel.form_to(f"/imports/{number}/commit"))

    with book.store.reading() as session:
        found = session.get(Renewal, renewal_of(book, 5))
        assert found is not None
        assert "renewed" == found.state


# --- what the preview says ---------------------------------------------------


def test_the_preview_tells_how_the_file_was_read(channel: Browser) -> None:
    upload(channel, (SAMPLES / "standard_gb18030.csv").read_bytes(), "待续保.csv")

    assert "GB18030" in channel.text
    assert "第 1 行" in channel.text
    assert "到期日换算" in channel.text


def test_every_problem_names_row_column_value_reason_and_remedy(channel: Browser) -> None:
    bad = rows(31, 32)
    bad[1]["到期日期"] = "2027-02-29"

    upload(channel, standard_csv(bad))

    cells = [cell.get_text(" ", strip=True) for cell in channel.soup.select(".room-problems tbody tr td")]
    assert cells[:3] == ["3", "到期日期", "2027-02-29"]
    assert "不存在" in cells[3]
    assert "更正" in cells[3]


def test_problems_are_filtered_by_verdict_and_kind_and_paged(channel: Browser) -> None:
    listed = rows(*range(100, 130), 营销员工号="NOBODY")
    listed[9]["到期日期"] = "2027-02-29"
    upload(channel, standard_csv(listed))
    path = f"/imports/{batch_id(channel)}"

    def levels(query: str) -> set[str]:
        channel.get(f"{path}?{query}")
        return {row.get_text(strip=True) for row in channel.soup.select(".room-problems td:last-child")}

    assert {"拒绝"} == levels("verdict=rejected")
    assert {"提示"} == levels("verdict=warned")
    channel.get(path)
    rejected_first = [row.get_text(strip=True) for row in channel.soup.select(".room-problems td:last-child")]
    assert "拒绝" == rejected_first[0]
    following = channel.soup.find("a", rel="next")
    assert following is not None
    first = {row.get_text(" ") for row in channel.soup.select(".room-problems tbody tr")}
    channel.get(str(following["href"]).split("#")[0])
    assert not first & {row.get_text(" ") for row in channel.soup.select(".room-problems tbody tr")}


def test_personal_data_of_the_file_is_masked_on_the_page(channel: Browser) -> None:
    listed = rows(31, 车主="欧阳明月", 手机="13912348000", 证件号码="110101199003070011")

    upload(channel, standard_csv(listed))

    for clear in ("欧阳明月", "13912348000", "110101199003070011", listed[0]["车牌号"]):
        assert clear not in channel.text
    assert "139****8000" in channel.text


def test_the_error_file_is_the_sender_s_own_with_reasons(channel: Browser) -> None:
    bad = rows(31, 32)
    bad[1]["到期日期"] = "2027-02-29"
    upload(channel, standard_csv(bad))

    answer = channel.client.get(f"/imports/{batch_id(channel)}/errors")

    lines = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert 2 == len(lines)
    assert "到期日期" in lines[0]
    assert any("2027-02-29" in cell for cell in lines[1])
    assert answer.headers["Content-Disposition"].startswith("attachment")


# --- refusals ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "empty.csv", "空"),
        (b"%PDF-1.7 not a list", "list.pdf", "PDF"),
        (b"PK\x03\x04 broken", "list.xlsx", "损坏"),
        ("甲,乙\n1,2\n".encode(), "other.csv", "表头"),
    ],
    ids=["empty", "another kind", "broken", "no header"],
)
def test_a_refused_file_says_why_and_stores_nothing(
    channel: Browser, book: Engine, content: bytes, name: str, said: str
) -> None:
    with book.store.reading() as session:
        before = session.query(ImportBatch).count()

    upload(channel, content, name, source="core_export", status=400)

    assert said in channel.text
    assert "没有写入任何内容" in channel.text
    chosen = channel.soup.find("input", {"value": "core_export"})
    assert chosen is not None
    assert chosen.has_attr("checked"), "what was chosen stays chosen"
    with book.store.reading() as session:
        assert before == session.query(ImportBatch).count()


def test_a_form_without_a_file_or_with_an_unknown_choice_is_refused(channel: Browser) -> None:
    channel.get("/imports")
    held = channel.soup.find("input", {"name": "csrf_token"})
    assert held is not None
    answer = channel.client.post("/imports", data={"csrf_token": held["value"], "source": "standard"})
    assert 400 == answer.status_code

    upload(channel, standard_csv(rows(31)), source="nonsense", status=400)
    upload(channel, standard_csv(rows(31)), kind="nonsense", status=400)


@pytest.mark.parametrize("who", ["AD01", "AU01", "PO01"])
def test_who_only_reads_batches_cannot_import(app: Flask, book: Engine, who: str) -> None:
    uploaded = signed_in(app, "CC01")
    upload(uploaded, standard_csv(rows(31)))
    number = batch_id(uploaded)
    reader = signed_in(app, who)

    reader.get(f"/imports/{number}")
    assert "确认入库" not in reader.text
    held = reader.soup.find("input", {"name": "csrf_token"})
    assert held is not None
    for path in ("/imports", f"/imports/{number}/commit", f"/imports/{number}/discard"):
        assert 403 == reader.client.post(path, data={"csrf_token": held["value"]}).status_code, path
    assert 403 == reader.client.get(f"/imports/{number}/errors").status_code
    assert "previewed" == status_of(book, number)


@pytest.mark.parametrize("who", ["AG001", "SU01", "TR01", "SP01"])
def test_other_roles_have_no_import_page(app: Flask, who: str) -> None:
    person = signed_in(app, who)

    person.get("/imports", 403)
    person.get("/imports/1", 403)


def test_a_row_of_another_branch_is_refused_by_name(app: Flask, book: Engine) -> None:
    api.add_user(book, "CCW", roles=["channel"], unit_code="PC330102", password=PASSWORD, actor=api.SYSTEM)
    western = signed_in(app, "CCW")

    upload(western, standard_csv(rows(31, 支公司="PC330101")))

    assert "不在您的管理范围内" in western.text
    assert 1 == int(western.soup.select(".ui-figure-bad strong")[0].get_text())


# --- no id of another unit opens anything ------------------------------------


def foreign_ids(app: Flask, book: Engine) -> dict[str, int]:
    eastern = signed_in(app, "CC01")
    upload(eastern, standard_csv(rows(31)))
    with book.store.reading() as session:
        customer_id = session.get_one(Renewal, renewal_of(book, 1)).customer_id or 0
        copy_id = session.query(LedgerCopy.id).filter_by(workplace_code="ZC01").first()[0]
    with book.store.transaction() as tx:
        alarm = Deadline(
            kind="coaching", owner_no="AG001", started_at=book.clock.now(), due_at=book.clock.now()
        )
        tx.add(alarm)
        tx.write()
        tx.record(
            "agent_idle", at=book.clock.now(), actor="system", subject="AG001", since=book.clock.today()
        )
        alarm_id = alarm.id
    return {
        "alarm_id": alarm_id,
        "renewal_id": renewal_of(book, 1),
        "customer_id": customer_id,
        "copy_id": copy_id,
        "task_id": task_of(book, 8, "chase_policy").id,
        "batch_id": batch_id(eastern),
        "absence_id": api.arrange_absence(
            book,
            "AG001",
            "AG002",
            first=book.clock.today(),
            last=book.clock.today(),
            actor=api.actor_of(book, "AG001"),
        ),
        "attachment_id": api.attach_file(
            book, renewal_of(book, 1), "a.pdf", PDF, actor=api.actor_of(book, "SP01")
        ),
        "view_id": api.save_view(
            book, "逾期", {"tab": "late"}, shared=False, actor=api.actor_of(book, "AG001")
        ),
        "handover_id": api.prepare_handover(
            book,
            "AG001",
            kind=api.HandoverKind.LEAVE,
            last_day=book.clock.today(),
            actor=api.actor_of(book, "SU01"),
        ),
        "act_id": api.prepare_bulk(
            book, [task_of(book, 4, "dispatch_list").id], actor=api.actor_of(book, "SP01")
        ),
    }


@pytest.mark.parametrize(
    ("who", "role", "unit"),
    [
        ("AG009", "agent", None),
        ("CCW", "channel", "PC330102"),
        ("SPW", "specialist", "PC330102"),
        ("AUW", "auditor", "PC330102"),
        ("ADW", "admin", "PC330102"),
        ("TRW", "trainer", "ZC02"),
        ("SUW", "supervisor", "ZC02-1"),
        ("POW", "process_owner", "PC330102"),
        ("APW", "approver", "PC330102"),
    ],
)
def test_case_45_no_page_or_act_of_a_foreign_id_is_open(
    app: Flask, book: Engine, who: str, role: str, unit: str | None
) -> None:
    if unit is not None:
        api.add_user(book, who, roles=[role], unit_code=unit, password=PASSWORD, actor=api.SYSTEM)
    foreign = foreign_ids(app, book)
    stranger = signed_in(app, who)
    stranger.get("/")
    held = stranger.soup.find("input", {"name": "csrf_token"})
    assert held is not None
    tried = 0

    for rule in app.url_map.iter_rules():
        named = set(rule.arguments) & set(foreign)
        unknown = {a for a in rule.arguments if a.endswith("_id")} - set(foreign) - {"process_id"}
        assert not unknown, f"say what a foreign {unknown} is"
        if not named:
            continue
        path = re.sub(r"<[^>]*?(\w+)>", lambda m: str(foreign.get(m.group(1), "renewal")), rule.rule)
        for method in {"GET", "POST"} & (rule.methods or set()):
            data = {"csrf_token": held["value"]} if method == "POST" else None
            answer = stranger.client.open(path, method=method, data=data)
            assert answer.status_code in (403, 404), (method, path, answer.status_code)
            tried += 1
    assert tried >= 12
    assert "previewed" == status_of(book, foreign["batch_id"])
    with book.store.reading() as session:
        refused = session.query(HistoryEvent).filter_by(action="access_refused", actor=who).count()
    assert tried == refused, "every refusal is written down"


def test_batches_of_other_units_are_not_listed(app: Flask, book: Engine) -> None:
    foreign = foreign_ids(app, book)["batch_id"]
    api.add_user(book, "CCW", roles=["channel"], unit_code="PC330102", password=PASSWORD, actor=api.SYSTEM)
    western = signed_in(app, "CCW")

    western.get("/imports")

    links = [link["href"] for link in western.soup.select("a.ui-row-link")]
    assert ["/imports/1"] == links, "the list of the command line concerns cars of the western sub-branch too"
    assert f"/imports/{foreign}" not in links


# --- organisation ------------------------------------------------------------


def test_the_organisation_shows_both_trees_and_the_liaisons(app: Flask) -> None:
    person = signed_in(app, "CC01")

    person.get("/org")

    assert "财险公司" in person.text
    assert "寿险公司" in person.text
    assert 5 == len(person.soup.select(".room-org .ui-table tbody tr"))
    assert [] == [word for word in english_words(person) if word not in {"PC", "LF", "QD", "GX"}]


def test_a_person_sees_the_own_part_of_the_organisation(app: Flask) -> None:
    trainer = signed_in(app, "TR01")

    trainer.get("/org")

    assert "钱塘职场1组" in trainer.text
    assert "望江职场" not in trainer.text


def test_an_administrator_imports_the_organisation(app: Flask) -> None:
    admin = signed_in(app, "AD01")

    upload(admin, write_org(), "org.xlsx", path="/org")

    assert "组织机构已导入" in admin.text


def test_a_faulty_organisation_file_is_refused_whole_with_every_problem(app: Flask) -> None:
    sheets = org_sheets()
    sheets["人员"][1][2] = "king"
    sheets["人员"][2][3] = "NOWHERE"
    admin = signed_in(app, "AD01")

    upload(admin, write_sheets(sheets), "org.xlsx", path="/org", status=422)

    assert "没有导入任何内容" in admin.text
    problems = [row.get_text(" ") for row in admin.soup.select("table tbody tr")]
    assert any("king" in row for row in problems)
    assert any("NOWHERE" in row for row in problems)


@pytest.mark.parametrize("who", ["CC01", "AU01", "TR01"])
def test_only_administrators_import_the_organisation(app: Flask, who: str) -> None:
    upload(signed_in(app, who), write_org(), "org.xlsx", path="/org", status=403)


# --- the own account ---------------------------------------------------------


def test_a_person_reads_the_own_roles_and_units(agent: Browser) -> None:
    agent.get("/account")

    assert "寿险营销员" in agent.text
    assert "钱塘职场1组" in agent.text


def test_a_person_changes_the_own_password_and_other_devices_are_signed_out(
    app: Flask, agent: Browser, book: Engine
) -> None:
    other = signed_in(app, "AG001")
    agent.get("/account")
    new = "a-better-password-2"

    agent.submit(agent.form_to("/account/password"), {"old": PASSWORD, "new": new, "again": new})

    assert "密码已修改" in agent.text
    assert 303 == other.client.get("/").status_code
    assert "AG001" == api.check_password(book, "AG001", new).name


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", "a-better-password-2", "a-better-password-2", "原密码不正确"),
        (PASSWORD, "short", "short", "10–128"),
        (PASSWORD, "a-better-password-2", "another-password-3", "不一致"),
    ],
    ids=["wrong old", "too short", "not the same twice"],
)
def test_an_unusable_new_password_is_named(
    agent: Browser, book: Engine, old: str, new: str, again: str, said: str
) -> None:
    agent.get("/account")

    agent.submit(agent.form_to("/account/password"), {"old": old, "new": new, "again": again}, status=422)

    assert said in agent.text
    assert "AG001" == api.check_password(book, "AG001", PASSWORD).name


def test_who_still_uses_an_initial_password_is_reminded(app: Flask, book: Engine) -> None:
    initial = api.set_password(book, "AG001", actor=api.SYSTEM)
    person = Browser(app.test_client())
    person.get("/login")

    person.submit(person.form("sign-in"), {"username": "AG001", "password": initial})
    person.get("/account")

    assert "初始密码" in person.text
