from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import forms
from engine.domain.codes import Label
from engine.queries.sentences import SENTENCES, actions_of, sentence
from engine.queries.words import KIND_LABELS, Happening, Kind, Words, choice_labels

ROOT = Path(__file__).parents[2]
WORDS = Words(
    people={"A1": "张敏", "S1": "王强"},
    elements={
        "to_follow_up": Label("到达 T-45", "T-45 reached"),
        "assess_key_customer": Label("判定重点客户", "Assess key customer"),
        "prepare_plan": Label("续保方案与预测报价", "Programme and forecast"),
    },
    actions={"P-S2": Label("续保方案与预测报价", "Programme and forecast")},
    options={
        ("exclusion_code", "E01"): Label("车辆已过户", "sold"),
        ("loss_reason", "L101"): Label("同业报价更低", "cheaper"),
    },
    answers={
        "record_contact": {
            ("quote_requested", "True"): Label("需要报价", "quote requested"),
            ("result", "61"): Label("明确拒绝", "refused"),
        },
        "verify_loss": {("verdict", "confirmed"): Label("确认流失", "loss confirmed")},
        "verify_application": {("verdict", "confirmed"): Label("核实无误", "correct")},
    },
    operations={"distribute_list": Label("下发清单", "Distribute the list")},
)


def said(action: str, subject: str | None = None, who: str = "张敏", **payload: Any) -> Label:
    event = Happening(action=action, who=who, by_system=False, subject=subject, payload=payload)
    return sentence(event, WORDS)[1]


def recorded_actions() -> Iterator[str]:
    """Actions named in calls of ``record`` anywhere in the engine; a name with a gap gives its beginning."""
    for path in sorted((ROOT / "engine").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _called(node) in ("record", "_record"):
                for given in node.args[:2]:  # a helper takes the transaction first
                    yield from _texts(given)


def _called(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        yield from _texts(node.values[0])


def test_every_recorded_action_has_a_sentence() -> None:
    recorded = set(recorded_actions())

    unknown = {
        action
        for action in recorded
        if action not in SENTENCES
        and not (action.endswith("_") and any(known.startswith(action) for known in SENTENCES))
    }

    assert len(recorded) > 20
    assert set() == unknown


@pytest.mark.parametrize("action", sorted(SENTENCES))
def test_a_sentence_is_made_even_of_an_empty_payload(action: str) -> None:
    label = said(action, subject="事项")

    assert re.search(r"[\u4e00-\u9fff]", label.zh)
    assert label.en
    assert "{" not in label.zh + label.en


def test_kinds_part_the_actions_without_rest() -> None:
    assert set(SENTENCES) == {action for kind in Kind for action in actions_of(kind)}
    assert set(Kind) == set(KIND_LABELS)


@pytest.mark.parametrize(
    ("label", "zh"),
    [
        pytest.param(
            said("stage_entered", stage="follow_up", **{"from": "preparation"}),
            "由“准备”进入“一般跟进”阶段",
            id="a stage change",
        ),
        pytest.param(
            said(
                "task_completed",
                "拜访并登记结果",
                action_id="G-L1",
                form_id="record_contact",
                outcome={"result": "61", "quote_requested": True, "other": False},
                late=True,
            ),
            "张敏 完成了任务“拜访并登记结果”（G-L1），结果：明确拒绝；需要报价（逾期完成）",
            id="a task with its result in words",
        ),
        pytest.param(
            said("task_opened", "拜访", action_id="G-L1", role="agent", assignee="A1"),
            "任务“拜访”（G-L1）交给 张敏",
            id="a task for a person",
        ),
        pytest.param(
            said("task_opened", "指派", action_id="K-C2", role="channel", assignee=None),
            "任务“指派”（K-C2）待渠道合作部领取",
            id="a task for a role",
        ),
        pytest.param(
            said("responsible_changed", field="owner_no", **{"from": "A1", "to": "S1"}),
            "责任人由 张敏 改为 王强",
            id="a new responsible person",
        ),
        pytest.param(
            said("fact_changed", field="loss_reason", source="agent", **{"from": None, "to": "L101"}),
            "登记流失原因：同业报价更低（来源：营销员填报）",
            id="a first reason",
        ),
        pytest.param(
            said("timer_fired", element_id="to_follow_up", planned="2026-11-30T16:00:00+00:00"),
            "定时“到达 T-45”到点触发，计划时间 2026-12-01 00:00",
            id="a timer, in the business time zone",
        ),
        pytest.param(
            said("message_received", name="expiry_changed", data={"expiry_date": "2027-01-05", "noise": 1}),
            "收到消息“到期日变更”：到期日 2027-01-05",
            id="a message with what it says",
        ),
        pytest.param(
            said("decision_made", element_id="assess_key_customer", result={"is_key": False}),
            "按规则表“判定重点客户”：非重点客户",
            id="a table with what it found",
        ),
        pytest.param(
            said("decision_made", element_id="x", result={"renewable": False, "code": "E01"}),
            "按规则表“x”：不可续保、车辆已过户",
            id="a table with its reason",
        ),
        pytest.param(
            said("fact_changed", field="quote_mid", source="P-S2", **{"from": None, "to": "4620.00"}),
            "登记预测报价：4,620.00 元（来源：续保方案与预测报价）",
            id="an amount with its unit, and the task that told it",
        ),
        pytest.param(
            said(
                "fact_changed",
                field="quote_mid",
                source="P-S2",
                element_id="to_follow_up",
                **{"from": None, "to": "1"},
            ),
            "登记预测报价：1.00 元（来源：到达 T-45）",
            id="the very element that told it, whichever others bear its action",
        ),
        pytest.param(
            said(
                "quote_made", kind="actual", version=1, source="G-S2", mid="3000", element_id="to_follow_up"
            ),
            "实际报价第 1 版：3000 元（来源：到达 T-45）",
            id="a quote with the element that told it",
        ),
    ],
)
def test_sentences_read_as_people_say_it(label: Label, zh: str) -> None:
    assert zh == label.zh


@pytest.mark.parametrize(
    ("form_id", "zh"),
    [("verify_application", "核实无误"), ("verify_loss", "确认流失"), ("a_form_since_removed", "confirmed")],
)
def test_an_outcome_is_said_in_the_words_of_its_own_form(form_id: str, zh: str) -> None:
    label = said("task_completed", "核实", form_id=form_id, outcome={"verdict": "confirmed"})

    assert label.zh.endswith(f"，结果：{zh}")


@pytest.mark.parametrize(
    ("name", "clear", "masked"),
    [
        ("phone", "13812348000", "138****8000"),
        ("name", "张晓敏", "张*"),
        ("id_no", "110101199001010011", "110***********0011"),
        ("plate", "浙A12345", "浙A***45"),
        ("vin", "LSVAA4182E2123456", "LSV**********3456"),
        ("policy_no", "61013052026330000123456", "****123456"),
    ],
)
def test_personal_data_of_a_changed_fact_is_masked(name: str, clear: str, masked: str) -> None:
    label = said("fact_changed", field=name, source="import", **{"from": clear, "to": clear})

    assert clear not in label.zh + label.en
    assert masked in label.zh
    assert masked in label.en


def test_a_bare_yes_is_said_with_its_question() -> None:
    labels = choice_labels(forms.load_forms(ROOT / "forms" / "definitions").values())

    assert Label("能否挽回：是", "Recoverable: Yes") == labels["recoverable", "yes"]


def test_a_task_and_a_timer_have_english_names_in_english_sentences() -> None:
    opened = said("task_opened", "续保方案与预测报价", action_id="P-S2", role="specialist", assignee="A1")
    fired = said("timer_fired", element_id="to_follow_up", planned="2026-11-30T16:00:00+00:00")

    assert "Task “Programme and forecast” (P-S2) went to 张敏" == opened.en
    assert "The timer “T-45 reached” fired, planned for 2026-12-01 00:00" == fired.en


@pytest.mark.parametrize(
    ("action", "subject", "payload", "zh", "en"),
    [
        ("record_viewed", "handover", {"of": "12"}, "查看了交接 12", "viewed hand-over 12"),
        ("record_viewed", "handover", {}, "查看了一项交接", "viewed a hand-over"),
        ("record_viewed", "bulk_act", {"of": "5"}, "查看了批量办理 5", "viewed bulk act 5"),
        ("record_viewed", "import_batch", {"batch_id": 3}, "查看了导入批次 3", "viewed import batch 3"),
        (
            "records_exported",
            "ledger_copy",
            {"of": "钱塘职场 2026-W47", "rows": 1},
            "导出了冻结的职场续保台账 钱塘职场 2026-W47 列表 1 行",
            "exported 1 masked row of a frozen workplace ledger 钱塘职场 2026-W47",
        ),
        ("erasure_repeated", None, {"excluded": 1}, "1 笔续保重新送剔除审批", "1 renewal went to approval"),
        ("bulk_prepared", "回访", {"rows": 21, "left_out": 0}, "选定 21 项", "21 tasks"),
        ("operation_done", None, {"operation": "distribute_list"}, "下发清单", "Distribute the list"),
    ],
)
def test_a_sentence_names_which_one_and_counts_one_as_one(
    action: str, subject: str | None, payload: dict[str, Any], zh: str, en: str
) -> None:
    told = said(action, subject, **payload)

    assert zh in told.zh and en in told.en
