"""The two bundles, in a real browser, under the console's own content security policy."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from werkzeug.wrappers import Request, Response

ROOT = Path(__file__).resolve().parent.parent.parent
DIST = ROOT / "admin" / "static" / "dist"
DIAGRAM = Path(__file__).with_name("two_steps.bpmn").read_text(encoding="utf-8")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
BLANK = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>看板</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/viewer.css">
<link rel="stylesheet" href="/form.css"><body><div id="here"></div>
<script src="/viewer.js"></script><script src="/form.js"></script></body></html>"""
FORM = {
    "type": "default",
    "schemaVersion": 19,
    "id": "record_contact",
    "components": [
        {
            "type": "select",
            "id": "field_result",
            "key": "result",
            "label": "联系结果",
            "validate": {"required": True},
            "values": [{"label": "已报价", "value": "60"}, {"label": "再联系", "value": "61"}],
        },
        {
            "type": "select",
            "id": "field_insurer",
            "key": "insurer",
            "label": "转保公司",
            "searchable": True,
            "values": [{"label": "甲", "value": "a"}, {"label": "乙", "value": "b"}],
        },
        {
            "type": "datetime",
            "subtype": "datetime",
            "id": "field_next",
            "key": "next",
            "dateLabel": "下次联系日期",
            "timeLabel": "时间",
            "use24h": True,
            "timeInterval": 15,
        },
        {
            "type": "number",
            "id": "field_premium",
            "key": "premium",
            "label": "报价（元）",
            "validate": {"min": 500},
        },
        {"type": "taglist", "id": "field_tags", "key": "tags", "label": "标签", "values": []},
        {
            "type": "textfield",
            "id": "field_reason",
            "key": "reason",
            "label": "原因",
            "conditional": {"hide": '=result != "61"'},
            "validate": {"required": True},
        },
        {
            "type": "textarea",
            "id": "field_note",
            "key": "note",
            "label": "备注",
            "validate": {"maxLength": 5},
        },
    ],
}


@pytest.fixture(scope="session")
def bench(serve: Callable[[Any], str]) -> str:
    """The address of an empty page that has both bundles and a strict policy."""

    @Request.application
    def application(request: Request) -> Response:
        file = DIST / request.path.lstrip("/")
        kinds = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}
        if file.is_file():
            response = Response(file.read_bytes(), content_type=kinds[file.suffix])
        else:
            response = Response(BLANK, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return serve(application)


def mount(page: Page, options: dict[str, Any], data: dict[str, Any] | None = None) -> None:
    page.evaluate(
        """async ([schema, data, options]) => {
            window.form = RenewalForm.mount(document.getElementById('here'), schema, data, options);
            await window.form.ready;
        }""",
        [FORM, data or {}, options],
    )


def show(page: Page, options: dict[str, Any]) -> None:
    page.evaluate(
        """async ([xml, options]) => {
            window.drilled = [];
            const onDrill = (called, id) => window.drilled.push([called, id]);
            window.view = await RenewalViewer.show(document.getElementById('here'), xml, { ...options, onDrill });
        }""",
        [DIAGRAM, options],
    )


def untranslated(page: Page) -> list[str]:
    return page.evaluate("[...RenewalForm.untranslated(), ...RenewalViewer.untranslated()]")


def test_a_form_speaks_chinese_throughout(page: Page, bench: str) -> None:
    page.goto(bench)

    mount(page, {"lang": "zh-CN"})
    page.evaluate("form.validate()")

    expect(page.get_by_text("此项必填。")).to_be_visible()
    expect(page.get_by_text("请选择", exact=True)).to_be_visible()
    expect(page.get_by_placeholder("年-月-日")).to_be_visible()
    expect(page.get_by_placeholder("时:分")).to_be_visible()
    expect(page.get_by_placeholder("搜索")).to_have_count(2)
    assert untranslated(page) == []


def test_a_form_speaks_english_on_an_english_page(page: Page, bench: str) -> None:
    page.goto(bench)

    mount(page, {"lang": "en"})
    page.evaluate("form.validate()")

    expect(page.get_by_text("Field is required.")).to_be_visible()
    expect(page.get_by_text("Select", exact=True)).to_be_visible()


def test_a_form_hands_back_what_was_typed_without_hidden_fields(page: Page, bench: str) -> None:
    page.goto(bench)
    mount(page, {}, {"note": "已电话"})

    page.locator(".fjs-select-display").click()
    page.get_by_text("已报价").click()
    page.get_by_label("报价（元）").fill("3200")

    data = page.evaluate("form.getData()")
    assert ("60", 3200, "已电话") == (data["result"], data["premium"], data["note"])
    assert "reason" not in data
    assert page.evaluate("form.isDirty()")
    assert page.evaluate("form.validate()") == {}


def test_a_condition_brings_a_field_and_its_duty(page: Page, bench: str) -> None:
    page.goto(bench)
    mount(page, {}, {"result": "61", "note": "太长了太长了"})

    problems = page.evaluate("form.validate()")

    assert {"reason": ["此项必填。"], "note": ["不得超过 5 个字。"]} == problems


def test_what_the_server_found_stands_at_its_field_and_the_rest_comes_back(page: Page, bench: str) -> None:
    page.goto(bench)
    mount(page, {"problems": {"result": "结果与报价不符"}})

    homeless = page.evaluate(
        "form.showProblems({ note: ['请写明原因'], reason: '看不见', ghost: '没有此项' })"
    )

    expect(page.get_by_text("结果与报价不符")).to_be_visible()
    expect(page.get_by_text("请写明原因")).to_be_visible()
    assert ["看不见", "没有此项"] == homeless


def test_a_closed_task_shows_its_form_without_fields_to_change(page: Page, bench: str) -> None:
    page.goto(bench)

    mount(page, {"readonly": True}, {"note": "已电话"})

    expect(page.get_by_label("备注")).not_to_be_editable()


def test_the_diagram_shows_the_path_and_where_it_stands(page: Page, bench: str) -> None:
    page.goto(bench)

    show(
        page,
        {
            "completed": ["start", "assess_policy", "long_gone"],
            "active": {"preparation": 2},
            "flows": ["flow_start", "flow_assess"],
            "incident": ["finish"],
            "lang": "zh-CN",
        },
    )

    for element, mark in (
        ("assess_policy", "is-done"),
        ("preparation", "is-live"),
        ("flow_assess", "is-flow-taken"),
        ("finish", "is-incident"),
        ("preparation", "is-callable"),
    ):
        assert page.locator(f"[data-element-id={element}].{mark}").count() == 1, (element, mark)
    expect(page.locator(".renewal-badge")).to_have_text("2")
    expect(page.locator(".bjs-powered-by")).to_be_visible()
    assert untranslated(page) == []


@pytest.mark.parametrize("how", ["click", "keyboard"])
def test_a_stage_opens_by_click_and_by_keyboard(page: Page, bench: str, how: str) -> None:
    page.goto(bench)
    show(page, {})

    button = page.get_by_label("打开阶段图“准备”")
    if how == "click":
        button.click()
    else:
        button.focus()
        page.keyboard.press("Enter")

    assert [["stage_preparation", "preparation"]] == page.evaluate("drilled")


def test_a_drag_moves_the_diagram_and_opens_nothing(page: Page, bench: str) -> None:
    page.goto(bench)
    show(page, {})
    before = page.evaluate("view.viewer.get('canvas').viewbox().x")
    box = page.locator("[data-element-id=preparation] .djs-hit").first.bounding_box()
    assert box is not None

    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] - 90, box["y"] + 40, steps=6)
    page.mouse.up()

    assert page.evaluate("view.viewer.get('canvas').viewbox().x") > before
    assert [] == page.evaluate("drilled")


def test_the_zoom_buttons_can_be_hit_by_a_thumb(phone_page: Page, bench: str) -> None:
    phone_page.goto(bench)
    show(phone_page, {"active": {"assess_policy": 1}})
    before = phone_page.evaluate("view.viewer.get('canvas').zoom()")

    phone_page.get_by_label("放大").tap()

    assert phone_page.evaluate("view.viewer.get('canvas').zoom()") > before
    box = phone_page.get_by_label("放大").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    assert phone_page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_broken_diagram_says_so_instead_of_staying_blank(page: Page, bench: str) -> None:
    page.goto(bench)

    page.evaluate("RenewalViewer.show(document.getElementById('here'), '<nonsense/>', {}).catch(() => null)")

    expect(page.get_by_text("流程图无法显示")).to_be_visible()


@pytest.mark.parametrize(
    "definition", sorted((ROOT / "forms" / "definitions").glob("*.json")), ids=lambda path: path.stem
)
def test_every_form_of_the_project_mounts(page: Page, bench: str, definition: Path) -> None:
    page.goto(bench)
    schema = json.loads(definition.read_text(encoding="utf-8"))

    page.evaluate(
        """async (schema) => {
            window.form = RenewalForm.mount(document.getElementById('here'), schema, {}, { lang: 'zh-CN' });
            await window.form.ready;
            window.form.validate();
        }""",
        schema,
    )

    labelled = [part for part in schema["components"] if part.get("label") and "conditional" not in part]
    for part in labelled[:3]:
        expect(page.get_by_text(part["label"]).first).to_be_visible()
    assert untranslated(page) == []


@pytest.mark.parametrize("diagram", sorted((ROOT / "processes").glob("*.bpmn")), ids=lambda path: path.stem)
def test_every_diagram_of_the_project_is_drawn(page: Page, bench: str, diagram: Path) -> None:
    page.goto(bench)

    page.evaluate(
        "async (xml) => { window.view = await RenewalViewer.show(document.getElementById('here'), xml, {}) }",
        diagram.read_text(encoding="utf-8"),
    )

    assert page.locator(".djs-shape").count() > 3
    assert untranslated(page) == []
