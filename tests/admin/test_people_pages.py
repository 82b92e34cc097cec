"""A supervisor hands a leaver's renewals over in the console, agents claim, superiors urge: by pages and buttons."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import openpyxl
import pytest
from flask import Flask

from engine import api
from engine.api import Engine
from tests.admin.test_english import chinese_on, speak_english
from tests.admin.test_english import names as names
from tests.services.test_deadlines import AFTER_THREE, go
from tests.services.test_handover import prepare, renewal, rows
from tests.support.console import TODAY, Browser, renewal_of, signed_in

pytestmark = pytest.mark.one_database

YESTERDAY = (TODAY - timedelta(days=1)).isoformat()


def start(app: Flask, who: str = "SU01", **more: str) -> Browser:
    browser = signed_in(app, who)
    browser.get("/org/handovers")
    given = {"employee_no": "AG001", "last_day": YESTERDAY, **more}
    browser.submit(browser.form("handover"), given, status=200 if "status" not in more else 422)
    return browser


def test_case_13_a_leaver_is_handed_over_from_preview_to_record(app: Flask, book: Engine) -> None:
    browser = start(app)
    assert "逐笔分配" in browser.text and "同组，在办最少" in browser.text
    browser.submit(browser.form("change"), {"row": [str(renewal_of(book, 4))], "to": "AG006"})
    assert "已改 1 笔" in browser.text and "人工指定" in browser.text

    browser.submit(browser.form("confirm"))

    assert "已交接" in browser.text and "责任人、寿险营销员：" in browser.text
    assert "AG006" == renewal(book, 4).owner_no
    browser.get(f"/renewals/{renewal_of(book, 5)}")
    assert "交接给" in browser.text
    browser.get("/org/handovers")
    assert "AG001" in browser.text


def test_the_record_is_taken_away_with_both_owners(app: Flask, book: Engine) -> None:
    browser = start(app)
    browser.submit(browser.form("confirm"))

    answer = browser.client.get("/org/handovers/1/sheet.xlsx")

    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
    header, *lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert len(rows(book, 1)) == len(lines)
    first = dict(zip(header, lines[0], strict=True))
    assert str(first["原责任人"]).endswith("AG001")
    assert first["接手人"] == first["现责任人"] != first["原责任人"]
    assert "离职" == first["原因"]
    days = [first[head] for head in ("保险到期", "最后在岗日", "完成时间")]
    assert all(isinstance(day, datetime) for day in days), "days that can be sorted, no texts"
    assert TODAY - timedelta(days=1) == days[1].date()


def test_wrong_entries_are_refused_in_words(app: Flask) -> None:
    browser = signed_in(app, "SU01")
    for given, told in (
        ({"employee_no": "XX99", "last_day": YESTERDAY}, "没有这位在职人员"),
        ({"employee_no": "AG001", "last_day": "someday"}, "2026-12-31"),
        ({"employee_no": "AG001", "last_day": "2026-01-01"}, "30 天"),
        ({"employee_no": "AG009", "last_day": YESTERDAY}, "下属"),
        ({"employee_no": "AG001", "last_day": YESTERDAY, "kind": "fired"}, "离职或调动"),
    ):
        browser.get("/org/handovers")
        browser.submit(browser.form("handover"), given, status=400)
        assert told in browser.text, browser.text[:400]


def test_changing_nothing_or_to_a_stranger_is_refused(app: Flask, book: Engine) -> None:
    browser = start(app)
    browser.submit(browser.form("change"), {"to": "AG002"})
    assert "没有勾选" in browser.text
    browser.submit(browser.form("change"), {"row": [str(renewal_of(book, 4))], "to": "AG009"})
    assert "不在可接手人员之列" in browser.text


def test_a_preview_is_dropped_without_effect(app: Flask, book: Engine) -> None:
    browser = start(app)
    browser.submit(browser.form_to("/org/handovers/1/drop"))

    assert "已取消" in browser.text
    assert "AG001" == renewal(book, 4).owner_no


def test_a_confirmed_one_is_called_off_before_its_day(app: Flask, book: Engine) -> None:
    browser = start(app, last_day=(TODAY + timedelta(days=3)).isoformat())
    browser.submit(browser.form("confirm"))
    assert "起自动交接" in browser.text
    browser.submit(browser.form_to("/org/handovers/1/drop"))
    assert "已取消" in browser.text

    api.advance_clock(book, by="P5D", actor=api.SYSTEM)
    assert "AG001" == renewal(book, 5).owner_no
    assert api.Role.AGENT in api.actor_of(book, "AG001").roles


def test_many_rows_are_carried_out_beside_the_request(
    app: Flask, book: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin.views.handover.AT_ONCE", 3)
    browser = start(app)
    browser.submit(browser.form("confirm"))
    api.tick(book)  # goes on with what the thread or a worker has begun

    browser.get("/org/handovers/1")
    assert "已交接" in browser.text
    assert {"running": False, "done": len(rows(book, 1)), "rows": len(rows(book, 1))} == browser.client.get(
        "/org/handovers/1/progress"
    ).get_json()


@pytest.mark.parametrize("who", ["SU03", "AG001", "SP01"])
def test_the_page_of_another_unit_is_not_found(app: Flask, book: Engine, who: str) -> None:
    prepare(book)
    if who == "SU03":
        api.add_user(
            book,
            "SU03",
            roles=["supervisor"],
            unit_code="ZC02-1",
            password="a-good-password-1",
            actor=api.SYSTEM,
        )
    browser = signed_in(app, who)
    browser.get("/org/handovers/1", status=404)
    browser.get("/org/handovers/1/sheet.xlsx", status=404)
    browser.get("/org/handovers/1/progress", status=404)


def test_the_pool_is_offered_claimed_and_told(app: Flask, book: Engine) -> None:
    api.deliver_message(book, "agent_left", str(renewal_of(book, 5)), data={}, actor=api.SYSTEM)
    for name in ("AG006", "AG007"):
        api.add_user(
            book, name, roles=["agent"], unit_code="ZC01-2", password="a-good-password-1", actor=api.SYSTEM
        )
    supervisor = signed_in(app, "SU01")
    supervisor.get("/pool")
    supervisor.submit(supervisor.form_to(f"/pool/{renewal_of(book, 5)}/offer"))
    assert "已放入认领池" in supervisor.text

    supervisor.get(f"/renewals/{renewal_of(book, 5)}")
    assert "放入认领池，钱塘职场 5 个工作日内可认领" in supervisor.text
    slower = signed_in(app, "AG007")
    slower.get("/pool")

    agent = signed_in(app, "AG006")
    agent.get("/pool")
    agent.submit(agent.form_to(f"/pool/{renewal_of(book, 5)}/claim"))
    assert "已认领" in agent.text
    assert "AG006" == renewal(book, 5).owner_no
    agent.get("/")
    assert "新接手，待首次联系" in agent.text

    slower.submit(slower.form_to(f"/pool/{renewal_of(book, 5)}/claim"))
    assert "已不在认领池" in slower.text
    agent.get(f"/renewals/{renewal_of(book, 5)}")
    assert "从认领池认领" in agent.text and "AG006 从认领池" not in agent.text


def test_a_missed_first_contact_stands_on_the_home_page_until_it_is_made(app: Flask, book: Engine) -> None:
    browser = start(app)
    browser.submit(browser.form("confirm"))
    browser.get("/")
    assert browser.soup.find(id="alarms") is None
    go(book, AFTER_THREE)

    browser = signed_in(app, "SU01")
    browser.get("/")
    assert browser.soup.find(id="alarms") is not None
    assert "接手后首次联系" in browser.text


def test_many_are_urged_from_one_page_each_with_its_result(app: Flask, book: Engine) -> None:
    browser = signed_in(app, "SU01")
    browser.get("/urge?late=0")
    browser.submit(browser.form("urge"), {"all": "1"})
    assert "已催办" in browser.text and "已催：" in browser.text
    browser.submit(browser.form("urge"), {"all": "1"})
    assert "24 小时内" in browser.text
    browser.submit(browser.form("urge"), {"all": "1", "up": "1"})
    assert "尚未逾期" in browser.text
    browser.submit(browser.form("urge"), {})
    assert "没有选择任何任务" in browser.text


@pytest.mark.one_database
def test_the_pages_of_people_are_english_in_english(app: Flask, book: Engine, names: list[str]) -> None:
    handover = prepare(book)
    api.change_rows(book, handover, [renewal_of(book, 4)], api.POOL, actor=api.actor_of(book, "SU01"))
    browser = signed_in(app, "SU01")
    speak_english(browser)
    paths = (
        "/org/handovers",
        f"/org/handovers/{handover}",
        "/pool",
        "/urge?late=0",
        f"/renewals/{renewal_of(book, 4)}",
    )
    pages = [(path, browser.get(path)) for path in paths]
    api.confirm_handover(book, handover, actor=api.actor_of(book, "SU01"))
    api.carry_out_handover(book, handover)
    go(book, AFTER_THREE)
    pages += [(path, browser.get(path)) for path in (*paths, "/pool/owed", "/")]

    assert {} == {path: found for path, page in pages if (found := chinese_on(page, names))}
