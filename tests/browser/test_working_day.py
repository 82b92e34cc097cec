"""Five roles sign in, find today's task and complete it, at a desk and on a phone; an auditor reads along."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from admin.app import create_app
from engine.api import build_engine
from engine.settings import load_settings
from tests.acceptance import answers
from tests.acceptance.desk import Desk, policy, vin
from tests.support.org import write_org

PASSWORD = "a-day-at-the-desk"
TODAY = date(2026, 10, 1)
EXPIRY = TODAY + timedelta(days=55)
ROLES = {
    "SP01": ("specialist", "PC330101"),
    "TR01": ("trainer", "ZC01"),
    "AG001": ("agent", "ZC01-1"),
    "SU01": ("supervisor", "ZC01-1"),
    "CC01": ("channel", "PC3301-QD"),
    "AU01": ("auditor", "PC3301"),
}
WIDTHS = ("desk", "phone")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Ten vehicles, two for each role, each waiting for that role."""
    desk = Desk(tmp_path_factory.mktemp("day"))
    desk.run("db", "upgrade")
    desk.run("clock", "set", "2026-10-01T09:00")
    desk.run("org", "import", desk.write("org.xlsx", write_org()))
    for name, (role, unit) in ROLES.items():
        desk.run("user", "add", name, "--role", role, "--unit", unit, "--password", PASSWORD)
    desk.run("deploy", "--by", "PO01")
    desk.import_list(policy(n, EXPIRY, agent="AG001", sub_branch="PC330101") for n in range(1, 11))
    for n in range(3, 9):
        desk.complete(vin(n), "dispatch_list", answers.dispatch_list(TODAY))
    for n in range(5, 9):
        desk.complete(vin(n), "confirm_delivery", answers.confirm_delivery(TODAY))
        desk.complete(vin(n), "prepare_plan", answers.prepare_plan(TODAY))
    for n in (7, 8):
        desk.complete(vin(n), "prepare_visit", answers.prepare_visit(TODAY))
    for n in (9, 10):
        desk.run("message", "agent_left", "--key", vin(n))
    return desk


@pytest.fixture(scope="module")
def site(desk: Desk, serve: Callable[[Any], str]) -> str:
    """The console of that desk."""
    return serve(create_app(build_engine(load_settings(desk.env))))


@pytest.fixture
def page(
    request: pytest.FixtureRequest,
    new_context: Callable[..., BrowserContext],
    phone_context_args: dict[str, Any],
) -> Page:
    """A desktop 1440 pixels wide, or a phone."""
    width = request.node.callspec.params["width"]
    args = phone_context_args if width == "phone" else {"viewport": {"width": 1440, "height": 900}}
    return new_context(**args).new_page()


def sign_in(page: Page, site: str, name: str) -> None:
    page.goto(f"{site}/login")
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("h1")).not_to_have_text("登录")


def open_task(page: Page, site: str, desk: Desk, key: str, element: str, *, tab: str = "all") -> int:
    """Find the task in the inbox, as a person does, and open it."""
    task = desk.open_task(key, element)
    page.goto(f"{site}/inbox?tab={tab}")
    page.locator(f"a[href*='/tasks/{task['task_id']}']").first.click()
    expect(page.locator("#task-form")).to_be_visible()
    expect(page.locator("#task-fields .fjs-container")).to_be_visible()
    return int(task["task_id"])


def choose(page: Page, label: str, option: str) -> None:
    """Pick *option* from the drop-down called *label*."""
    field = page.locator(".fjs-form-field-select", has_text=label).first
    field.locator(".fjs-input-group").click()
    field.locator(".fjs-dropdownlist-item", has_text=option).first.click()


def write_date(page: Page, label: str, day: date) -> None:
    field = page.locator(".fjs-form-field-datetime", has_text=label).first.locator("input").first
    field.fill(f"{day:%Y-%m-%d}")
    field.press("Tab")


def tick(page: Page, *texts: str) -> None:
    for text in texts:
        page.get_by_text(text, exact=True).first.click()


def submit(page: Page, desk: Desk, task_id: int) -> None:
    page.get_by_role("button", name="完成任务").click()
    page.wait_for_load_state()
    expect(page.locator(".ui-message").first).to_be_visible()
    (row,) = desk.sql("SELECT status FROM v_task WHERE task_id = ?", task_id)
    assert row == {"status": "completed"}, page.locator("main").inner_text()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_specialist_hands_the_list_out(page: Page, site: str, desk: Desk, width: str) -> None:
    sign_in(page, site, "SP01")
    task_id = open_task(page, site, desk, vin(1 if width == "desk" else 2), "dispatch_list")

    tick(page, "一般")
    submit(page, desk, task_id)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_trainer_confirms_delivery(page: Page, site: str, desk: Desk, width: str) -> None:
    sign_in(page, site, "TR01")
    task_id = open_task(page, site, desk, vin(3 if width == "desk" else 4), "confirm_delivery")

    tick(page, "已送达并签收")
    submit(page, desk, task_id)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_agent_prepares_the_visit(page: Page, site: str, desk: Desk, width: str) -> None:
    sign_in(page, site, "AG001")
    task_id = open_task(page, site, desk, vin(5 if width == "desk" else 6), "prepare_visit")

    write_date(page, "拜访日期", TODAY + timedelta(days=3))
    page.locator(".fjs-form-field-radio").get_by_text("面访", exact=True).click()
    choose(page, "本次目标", "讲解方案")
    tick(page, "预测报价说明")
    submit(page, desk, task_id)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_supervisor_approves_the_plan(page: Page, site: str, desk: Desk, width: str) -> None:
    sign_in(page, site, "SU01")
    task_id = open_task(page, site, desk, vin(7 if width == "desk" else 8), "approve_visit_plan")

    tick(page, "同意")
    choose(page, "通知方式", "到期函")
    choose(page, "发送确认", "已发送")
    write_date(page, "发送日期", TODAY)
    submit(page, desk, task_id)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_channel_department_routes_an_orphan_policy(
    page: Page, site: str, desk: Desk, width: str
) -> None:
    sign_in(page, site, "CC01")
    task_id = open_task(
        page, site, desk, vin(9 if width == "desk" else 10), "handle_orphan_route", tab="claimable"
    )

    page.locator(".fjs-form-field-radio").get_by_text("业务主任接手", exact=True).click()
    page.locator(".fjs-form-field-select", has_text="责任人工号").locator("input").first.fill("SU01")
    choose(page, "责任人工号", "SU01")
    choose(page, "孤儿单原因", "营销员离职")
    write_date(page, "首次联系期限", TODAY + timedelta(days=3))
    submit(page, desk, task_id)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_auditor_reads_history_and_diagram_and_can_change_nothing(
    page: Page, site: str, desk: Desk, width: str, tmp_path: Path
) -> None:
    sign_in(page, site, "AU01")
    renewal = desk.show(vin(7))["instance_id"]

    page.goto(f"{site}/renewals/{renewal}")

    expect(page.locator(".djs-container svg").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("续保开始")
    expect(page.locator("main")).to_contain_text("P-S1")
    answer = page.request.post(f"{site}/tasks/{desk.show(vin(10))['open_tasks'][0]['task_id']}", form={})
    assert answer.status in (400, 403, 404)
