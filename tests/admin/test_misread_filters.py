"""A condition that means nothing shows, takes away and completes nothing: never everything instead."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from engine import api
from engine.api import Engine, InboxTab, InboxWish, PortfolioWish, Present
from engine.tables import UserTask
from tests.support.console import Browser, signed_in

pytestmark = pytest.mark.one_database

SHORT = "沈"
TOLD = "至少输入两个字"


@pytest.fixture
def specialist(book: Engine, app: Flask) -> Browser:
    return signed_in(app, "SP01")


def token(browser: Browser) -> str:
    return str(browser.soup.find("input", {"name": "csrf_token"})["value"])  # type: ignore[index]


@pytest.mark.parametrize("text", [SHORT, " 沈 ", "--"])
def test_a_search_that_can_find_nothing_keeps_nothing(book: Engine, text: str) -> None:
    actor, present = api.actor_of(book, "SP01"), Present.of(book.clock)
    with book.store.reading() as session:
        tasks = api.inbox_ids(session, actor, InboxWish(tab=InboxTab.ALL, search=text), present, most=500)
        page = api.portfolio_page(session, actor, PortfolioWish(search=text), present)

    assert () == tasks and () == page.rows and 0 == page.total


def test_the_inbox_says_so_and_offers_nothing_to_choose_or_take_away(specialist: Browser) -> None:
    specialist.get("/inbox?tab=all")
    assert specialist.soup.select("input[name=task]"), "there is something to find"

    specialist.get(f"/inbox?tab=all&q={SHORT}")

    assert TOLD in specialist.text and "不显示任何任务" in specialist.text
    assert [] == specialist.soup.select("#choose, input[name=task], a[href*=xlsx]")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("action=Z-Z9", "任务"),
        ("unit=ZC99", "团队或机构"),
        ("unit=PC330102", "团队或机构"),
        ("customer=999999", "客户"),
        ("stage=x", "阶段"),
        ("from=gestern", "期限从"),
        ("orphan=yes", "孤儿单"),
        ("sort=x", "次序"),
    ],
)
def test_the_inbox_names_an_unknown_value_and_clears_that_condition_by_one_click(
    specialist: Browser, given: str, name: str
) -> None:
    key, _, value = given.partition("=")
    rest = "tab=all&key=0" if key != "tab" else "key=0"
    specialist.get(f"/inbox?{rest}&{given}")

    assert f"筛选条件“{name}”的值“{value}”无法识别，因此不显示任何任务" in specialist.text
    assert [] == specialist.soup.select("#choose, input[name=task], a[href*=xlsx]")
    (clear,) = [a for a in specialist.soup.select("a") if a.get_text(strip=True) == f"清除条件“{name}”"]
    specialist.get(f"/inbox/sheet.xlsx?{rest}&{given}", status=400)

    specialist.get(str(clear["href"]))

    assert "无法识别" not in specialist.text
    assert specialist.soup.select("input[name=task]")
    assert "all" == specialist.soup.select("input[name=tab]")[0]["value"], "the rest of the filter stays"


@pytest.mark.parametrize("given", ["action=K-C2", "unit=ZC01", "unit=ZC01-1", "unit=PC330101", "unit=PC3301"])
def test_a_known_value_that_nothing_matches_is_no_fault(specialist: Browser, given: str) -> None:
    specialist.get(f"/inbox?tab=all&{given}")

    assert "无法识别" not in specialist.text


@pytest.mark.parametrize("way", ["/bulk", "/inbox/hand-on", "/inbox/put-off", "/inbox/put-off/resume"])
@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"q": SHORT}, TOLD),
        ({"q": "--"}, "须含文字或数字"),
        ({"stage": "x"}, "无法识别"),
        ({"unit": "ZC99"}, "无法识别"),
    ],
)
def test_no_act_takes_the_whole_list_for_it(
    book: Engine, specialist: Browser, way: str, given: dict[str, str], told: str
) -> None:
    specialist.get("/inbox?tab=all")
    sent = {"csrf_token": token(specialist), "tab": "all", "all": "1", "next": "/inbox?tab=all", **given}

    answer = specialist.client.post(way, data=sent)

    assert (303, "/inbox?tab=all") == (answer.status_code, answer.headers["Location"])
    specialist.get("/inbox?tab=all")
    assert told in specialist.text
    with book.store.reading() as session:
        assert not any(session.scalars(select(UserTask.follow_up_at)))


def test_the_workbook_is_refused(specialist: Browser) -> None:
    specialist.get(f"/inbox/sheet.xlsx?tab=all&q={SHORT}", status=400)
    assert TOLD in specialist.text


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        (f"q={SHORT}", TOLD),
        ("stage=x", "没有“x”这个选项"),
        ("open=maybe", "没有“maybe”这个选项"),
        ("orphan=yes", "没有“yes”这个选项"),
        ("from=gestern", "日期“gestern”无法识别"),
    ],
)
def test_the_list_of_renewals_shows_nothing_and_says_why(
    specialist: Browser, condition: str, told: str
) -> None:
    specialist.get(f"/renewals?{condition}")

    assert told in specialist.text and "共 0 笔" in specialist.text


def test_a_period_that_ends_before_it_begins_is_named(specialist: Browser) -> None:
    for path, name in (("/inbox?tab=all&", "期限"), ("/renewals?", "保险到期")):
        specialist.get(f"{path}from=2027-01-01&to=2026-01-01")

        assert f"{name}“2027-01-01 – 2026-01-01”：止不能早于起" in specialist.text
        assert [] == specialist.soup.select("#main tbody a, input[name=task]")


def test_refusals_name_the_fields_as_the_pages_do(specialist: Browser) -> None:
    specialist.get("/inbox?after=x", status=400)
    assert "翻页位置" in specialist.text and "after" not in specialist.text

    specialist.get("/renewals?q=%00", status=400)
    assert "“查找”的内容无法保存" in specialist.text


def test_an_address_that_is_too_long_is_refused_in_words(specialist: Browser) -> None:
    specialist.get(f"/inbox?q={'x' * 5000}", status=414)

    assert "地址过长" in specialist.text and "缩短查找内容" in specialist.text


@pytest.mark.parametrize("condition", ["from=gestern", "month=x"])
def test_the_ledger_of_another_period_is_not_taken_away(specialist: Browser, condition: str) -> None:
    specialist.get(f"/ledger?{condition}")
    assert "无法识别" in specialist.text and [] == specialist.soup.select("a[href*='sheet.xlsx']")

    specialist.get(f"/ledger/sheet.xlsx?{condition}", status=400)


@pytest.mark.parametrize("condition", [f"search={SHORT}", "a day"])
def test_the_records_take_nothing_away_either(app: Flask, book: Engine, condition: str) -> None:
    auditor = signed_in(app, "AU01")
    auditor.get("/admin/renewals/")
    assert 1 < len(auditor.soup.select("tbody tr"))
    names = [str(one["name"]) for one in auditor.soup.select("input[name^=flt][type=date]")]
    given = condition if condition.startswith("search") else f"{names[0]}=x"

    auditor.get(f"/admin/renewals/?{given}")
    assert TOLD in auditor.text or "因此不列出任何记录" in auditor.text
    assert [] == auditor.soup.select("tbody td.ui-cell-lead")
    answer = auditor.client.get(f"/admin/renewals/export/csv/?{given}")
    assert 1 == len(answer.get_data(as_text=True).strip().splitlines()), "the header alone"
