"""A day of one workplace, played by five roles with real clicks; each step looked at on a desk and on a phone.

Set WORKPLACE_SHOTS to a folder to keep a picture of every step in both widths.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from admin.app import create_app
from engine import api
from engine.tables import HistoryEvent, Renewal, UserTask
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv
from tests.browser.test_working_day import choose, tick, write_date
from tests.support.console import (
    PASSWORD,
    TODAY,
    complete,
    copy_book,
    open_book,
    open_tasks,
    renewal_of,
    task_of,
)
from tests.support.reading import expect_well_made, sign_in

DELIVERED = range(300, 460)
"""Cars whose list the trainer confirms: 160 rows, half of them AG001's, half AG002's who leaves."""
PLANNED = range(500, 512)
"""Cars whose visit plan waits for the supervisor of ZC01-1."""
VISITED, QUOTED = 7, 8
EXPIRY = TODAY + timedelta(days=58)
WIDTHS = {"1440": (1440, 900), "390": (390, 844)}
TALLEST = 2_200
"""Pixels of a page that a picture keeps."""
HEAVIEST = 300_000
"""Bytes a page brings beyond what the browser keeps, before compression."""
ROLES = ("CC01", "SP01", "TR01", "SU01", "AG001")


@pytest.fixture(scope="module")
def book_(prepared_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[api.Engine]:
    """The small book and a workplace's month beside it."""
    engine = open_book(copy_book(prepared_book, tmp_path_factory.mktemp("workplace") / "book"))
    api.add_user(engine, "AG003", roles=["agent"], unit_code="ZC01-1", password=PASSWORD, actor=api.SYSTEM)
    rows = [
        policy(n, EXPIRY, agent="AG002" if 380 <= n < 460 else "AG001", sub_branch="PC330101", 职场="ZC01")
        for n in [*DELIVERED, *PLANNED]
    ]
    batch = api.preview_list(engine, standard_csv(rows), "2027-01.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(engine, batch, actor=api.SYSTEM)
    hand_out(engine)
    for number in PLANNED:
        complete(engine, number, "confirm_delivery", answers.confirm_delivery(TODAY))
        complete(engine, number, "prepare_plan", answers.prepare_plan(TODAY))
        complete(engine, number, "prepare_visit", answers.prepare_visit(TODAY))
    yield engine
    engine.store.engine.dispose()


def hand_out(engine: api.Engine) -> None:
    """The specialist hands the whole month out as one act."""
    specialist = api.actor_of(engine, "SP01")
    numbers = {renewal_of(engine, number) for number in (*DELIVERED, *PLANNED)}
    with engine.store.reading() as session:
        wanted = select(UserTask.id).where(
            UserTask.form_id == "dispatch_list", UserTask.instance_id.in_(numbers)
        )
        tasks = list(session.scalars(wanted))
    prefill = api.prefiller(engine, specialist)
    act = api.prepare_bulk(engine, tasks, actor=specialist)
    values = {"category": "normal", "agent_acknowledged_at": None}
    api.order_bulk(engine, act, values, actor=specialist, prefill=prefill)
    api.carry_out(engine, act, actor=specialist, prefill=prefill)


@pytest.fixture(scope="module")
def site(book_: api.Engine, serve: Callable[[Any], str]) -> str:
    """The console of the workplace."""
    return serve(create_app(book_))


@pytest.fixture
def desk(new_context: Callable[..., BrowserContext]) -> Page:
    """A page on a desktop."""
    return new_context(viewport={"width": 1440, "height": 900}).new_page()


def look(page: Page, name: str) -> None:
    """See that the step is well made in both widths; keep pictures where somebody asked for them."""
    folder, size = os.environ.get("WORKPLACE_SHOTS"), page.viewport_size
    for width, (wide, high) in WIDTHS.items():
        page.set_viewport_size({"width": wide, "height": high})
        expect_well_made(page)
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            deep = min(TALLEST, int(page.evaluate("document.documentElement.scrollHeight")))
            clip = {"x": 0, "y": 0, "width": wide, "height": max(deep, high)}
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True, clip=clip)
    assert size is not None
    page.set_viewport_size(size)


def closed_forms(engine: api.Engine, numbers: range, form_id: str) -> int:
    """How many of these cars have a completed task of this form."""
    ids = {renewal_of(engine, number) for number in numbers}
    with engine.store.reading() as session:
        rows = session.scalars(
            select(UserTask.instance_id).where(UserTask.form_id == form_id, UserTask.status == "completed")
        )
        return len(ids & set(rows))


def take_all(page: Page, site: str, action: str, count: int) -> None:
    """Choose every task of one action by the inbox's filter, and open the act."""
    page.goto(f"{site}/inbox?tab=all&action={action}")
    page.get_by_label("符合条件的全部").check()
    look(page, f"{action}-1-choice")
    page.locator("#choose button:not([formaction])").click()
    expect(page.locator(".ui-head-facts")).to_contain_text(f"选定 {count} 项")
    drawn(page)


def drawn(page: Page) -> None:
    """Wait until the form is drawn: what is ticked before that is drawn over."""
    expect(page.locator("#task-fields .fjs-container")).to_be_visible()


def expect_done(page: Page, count: int) -> None:
    """Wait until the act is over, and read its result."""
    expect(page.locator(".ui-head-facts")).to_contain_text("已办理", timeout=60_000)
    expect(page.locator(".ui-figures")).to_contain_text(f"{count}已完成")
    expect(page.locator(".ui-figures")).to_contain_text("0未成功")


def test_the_trainer_confirms_the_delivery_of_160_rows_at_once(
    desk: Page, site: str, book_: api.Engine
) -> None:
    sign_in(desk, site, "TR01")
    look(desk, "trainer-home")
    take_all(desk, site, "P-L1", len(DELIVERED))

    tick(desk, "已送达并签收")
    look(desk, "P-L1-2-answers")
    desk.get_by_role("button", name="办理 160 项").click()

    expect_done(desk, 160)
    look(desk, "P-L1-3-result")
    assert 160 == closed_forms(book_, DELIVERED, "confirm_delivery")


def test_the_supervisor_approves_the_plans_of_a_team_in_one_act(
    desk: Page, site: str, book_: api.Engine
) -> None:
    sign_in(desk, site, "SU01")
    look(desk, "supervisor-home")
    take_all(desk, site, "P-L2", len(PLANNED))

    tick(desk, "同意")
    choose(desk, "通知方式", "到期函")
    choose(desk, "发送确认", "已发送")
    write_date(desk, "发送日期", TODAY)
    look(desk, "P-L2-2-answers")
    desk.get_by_role("button", name="办理 12 项").click()

    expect_done(desk, 12)
    look(desk, "P-L2-3-result")
    assert 12 == closed_forms(book_, PLANNED, "approve_visit_plan")


def test_the_agent_records_a_failed_visit_and_plans_the_second(
    phone_page: Page, site: str, book_: api.Engine
) -> None:
    phone, visit = phone_page, task_of(book_, VISITED, "record_contact")
    sign_in(phone, site, "AG001")
    look(phone, "agent-home")
    phone.goto(f"{site}/inbox?tab=all")
    look(phone, "agent-inbox")
    phone.locator(f".ui-row-link[href*='/tasks/{visit.id}']").tap()

    drawn(phone)
    phone.locator(".ui-about").get_by_role("button", name="拨打").tap()
    expect(phone.locator(".ui-about a[href^='tel:']")).to_have_attribute("href", "tel:13900000007")
    phone.get_by_role("button", name="首次拜访失败 · 价格").tap()
    phone.locator(".fjs-form-field-radio").get_by_text("面访", exact=True).tap()
    choose(phone, "接触对象", "车主本人")
    look(phone, "G-L1-record")
    phone.get_by_role("button", name="完成任务").tap()
    expect(phone.locator(".ui-message-success")).to_contain_text("已完成")
    look(phone, "G-L1-recorded")

    second = task_of(book_, VISITED, "second_visit")
    assert ("K-L3", "AG001") == (second.action_id, second.assignee_no)
    phone.goto(f"{site}/tasks/{second.id}")
    drawn(phone)
    phone.get_by_role("button", name="预约面访").tap()
    tick(phone, "整体方案")
    phone.get_by_label("调整说明").fill("降低车损免赔，改报三者 200 万")
    phone.locator(".fjs-form-field-radio").get_by_text("电话", exact=True).tap()
    choose(phone, "接触对象", "车主本人")
    write_date(phone, "预约时间", TODAY + timedelta(days=2))
    when = phone.locator(".fjs-form-field-datetime", has_text="预约时间").locator("input[id$='-time']")
    when.fill("15:00")
    when.blur()
    phone.get_by_label("预约地点").fill("客户单位")
    look(phone, "K-L3-plan")
    phone.get_by_role("button", name="完成任务").tap()

    expect(phone.locator(".ui-message-success")).to_contain_text("已完成")
    look(phone, "K-L3-planned")
    phone.goto(f"{site}/renewals/{renewal_of(book_, VISITED)}")
    expect(phone.locator("main")).to_contain_text("拨打客户电话，查看了手机原文")
    expect(phone.locator("main")).to_contain_text("K-L3")


def test_the_specialist_answers_a_quote_request_and_sees_forecast_and_actual_apart(
    desk: Page, site: str, book_: api.Engine
) -> None:
    complete(book_, QUOTED, "record_contact", answers.record_contact(TODAY, "12", quote_requested=True))
    request = task_of(book_, QUOTED, "give_actual_quote")
    sign_in(desk, site, "SP01")
    desk.goto(f"{site}/inbox?tab=all&action=G-S2")
    look(desk, "G-S2-1-requests")
    desk.locator(f".ui-row-link[href*='/tasks/{request.id}']").click()
    drawn(desk)
    for answer in ("已报价", "交强和商业"):
        desk.locator(".fjs-form-field-radio").get_by_text(answer, exact=True).click()
    for label, value in (
        ("报价单号", "Q20261124"),
        ("交强险（元）", "855"),
        ("车船税（元）", "360"),
        ("商业险（元）", "3050"),
        ("无赔款优待系数（NCD）", "0.6"),
        ("自主定价系数", "0.85"),
    ):
        desk.get_by_label(label).fill(value)
    until = desk.locator(".fjs-form-field-datetime", has_text="报价有效期至").locator("input").first
    until.fill((TODAY + timedelta(days=12)).isoformat())
    until.blur()
    choose(desk, "与预测差异原因", "无明显差异")
    look(desk, "G-S2-2-quote")
    desk.get_by_role("button", name="完成任务").click()
    expect(desk.locator(".ui-message-success")).to_contain_text("已完成")

    desk.goto(f"{site}/renewals/{renewal_of(book_, QUOTED)}")

    quotes = desk.locator(".ui-panel", has=desk.get_by_role("heading", name="报价", exact=True))
    expect(quotes).to_contain_text("预测报价")
    expect(quotes.locator("div", has=desk.get_by_text("实际报价", exact=True)).last).to_contain_text(
        "3,905.00 元"
    )
    look(desk, "G-S2-3-forecast-and-actual")


def test_an_agent_leaves_and_the_orphans_are_taken_over(desk: Page, site: str, book_: api.Engine) -> None:
    sign_in(desk, site, "SU01")
    desk.goto(f"{site}/org/handovers")
    desk.get_by_label("交接人工号").fill("AG002")
    desk.get_by_label("最后在岗日").fill((TODAY - timedelta(days=1)).isoformat())
    look(desk, "leaver-1-who")
    desk.get_by_role("button", name="预览分配").click()
    for number in (380, 381):
        desk.locator(f"input[name=row][value='{renewal_of(book_, number)}']").check()
    desk.get_by_label("改给").select_option("pool")
    desk.get_by_role("button", name="改派所选").click()
    expect(desk.locator(".ui-message-success")).to_contain_text("已改 2 笔")
    look(desk, "leaver-2-split")
    desk.get_by_role("button", name="确认交接").click()
    expect(desk.locator(".ui-head-facts")).to_contain_text("已交接", timeout=60_000)
    look(desk, "leaver-3-done")

    desk.context.clear_cookies()
    sign_in(desk, site, "AG003")
    desk.goto(f"{site}/pool")
    look(desk, "leaver-4-pool")
    for _ in range(2):
        desk.get_by_role("button", name="认领").first.click()
        expect(desk.locator(".ui-message-success")).to_contain_text("已认领")
        desk.goto(f"{site}/pool")
    desk.goto(site)
    expect(desk.locator("#first-contacts")).to_be_visible()
    look(desk, "leaver-5-first-contacts")

    with book_.store.reading() as session:
        ids = {number: renewal_of(book_, number) for number in range(380, 460)}
        owners = {n: session.get_one(Renewal, ids[n]).owner_no for n in ids}
        told = session.scalars(select(HistoryEvent.action).where(HistoryEvent.instance_id == ids[380])).all()
    assert "AG002" not in owners.values()
    assert {"AG003"} == {owners[380], owners[381]}
    assert "responsible_changed" in told
    assert all(task.assignee_no != "AG002" for n in (380, 400) for task in open_tasks(book_, n))


@pytest.mark.parametrize("who", ROLES)
def test_no_page_of_a_role_brings_more_than_300_kb_beyond_what_the_browser_keeps(
    desk: Page, site: str, book_: api.Engine, who: str
) -> None:
    sign_in(desk, site, who)
    pages = [str(link.get_attribute("href")) for link in desk.locator(".ui-menu > .ui-menu-entry").all()]
    pages += ["/inbox?tab=all", f"/renewals/{renewal_of(book_, 10)}"]
    task = next((task for task in open_tasks(book_, 10) if task.assignee_no == who), None)
    pages += [f"/tasks/{task.id}"] if task else []
    for path in pages:
        desk.goto(site + path)

    weights = dict(zip(pages, weigh(desk.context, [site + path for path in pages]), strict=True))

    assert {} == {path: weight for path, weight in weights.items() if weight > HEAVIEST}
    assert min(weights.values()) > 1_000, weights


def weigh(context: BrowserContext, urls: Sequence[str]) -> list[int]:
    """The bytes that come over the line when each of *urls* is opened, as they are before compression.

    Every one in a tab of its own: each has come to rest half a second after its last byte, and all may rest at once.
    """
    tabs = [(context.new_page(), url) for url in urls]
    scales = [put_on_scales(tab) for tab, _ in tabs]
    for tab, url in tabs:
        tab.goto(url)
    for tab, _ in tabs:
        tab.wait_for_load_state("networkidle")
    return [read_off() for read_off in scales]


def put_on_scales(page: Page) -> Callable[[], int]:
    """Count what *page* brings from now on that the browser had not kept; read off with what is returned."""
    session = page.context.new_cdp_session(page)
    kept: set[str] = set()
    came: dict[str, int] = {}

    def received(event: dict[str, Any]) -> None:
        came[event["requestId"]] = came.get(event["requestId"], 0) + int(event["dataLength"])

    session.on("Network.requestServedFromCache", lambda event: kept.add(event["requestId"]))
    session.on("Network.dataReceived", received)
    session.on(
        "Network.responseReceived",
        lambda event: kept.add(event["requestId"]) if event["response"].get("fromDiskCache") else None,
    )
    session.send("Network.enable")
    return lambda: sum(size for request, size in came.items() if request not in kept)
