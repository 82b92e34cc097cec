"""One plain sentence, in Chinese and English, for every action the history knows; pure."""

from __future__ import annotations

from collections.abc import Mapping

from engine.domain.codes import Label, Line, MessageName, QuoteKind, RenewalState, Role, Stage
from engine.domain.masking import mask_policy_no
from engine.domain.numbers import trimmed
from engine.queries import sentences_consent as sentences_consent  # it registers its own
from engine.queries import sentences_of_coaching as sentences_of_coaching
from engine.queries import sentences_of_inbox as sentences_of_inbox
from engine.queries import sentences_of_messages as sentences_of_messages
from engine.queries import sentences_of_notices as sentences_of_notices
from engine.queries import sentences_of_orphans as sentences_of_orphans
from engine.queries import sentences_of_quotes as sentences_of_quotes
from engine.queries import sentences_of_sharing as sentences_of_sharing
from engine.queries import sentences_of_system as sentences_of_system
from engine.queries import sentences_people as sentences_people
from engine.queries.ledger_sentences import LEDGER_SENTENCES
from engine.queries.quote_words import cause_text
from engine.queries.saying import SENTENCES as SENTENCES
from engine.queries.saying import actions_of as actions_of
from engine.queries.saying import says, task_en, task_zh, tells
from engine.queries.saying import sentence as sentence
from engine.queries.words import (
    FIELDS,
    NOBODY,
    Happening,
    Kind,
    Words,
    coded,
    field_label,
    named,
    shown_value,
)

SENTENCES.update(LEDGER_SENTENCES)

# Stages and states ------------------------------------------------------------------------------------------


@says("instance_started", Kind.PROGRESS)
def _started(event: Happening, words: Words) -> Label:
    due, source = event["expiry_date"], words.source(event["source"] or "import")
    return Label(
        f"续保开始（来源：{source.zh}），到期日 {due}，按流程第 {event['version']} 版办理",
        f"The renewal started (from {source.en}); expiry date {due}, process version {event['version']}",
    )


@says("stage_entered", Kind.PROGRESS)
def _entered(event: Happening, _words: Words) -> Label:
    stage, before = coded(Stage, event["stage"]), event["from"]
    if not before:
        return Label(f"进入“{stage.zh}”阶段", f"Entered the stage “{stage.en}”")
    came = coded(Stage, before)
    return Label(f"由“{came.zh}”进入“{stage.zh}”阶段", f"Moved from the stage “{came.en}” to “{stage.en}”")


@says("stage_skipped", Kind.PROGRESS)
def _skipped(event: Happening, _words: Words) -> Label:
    stage = coded(Stage, event["stage"])
    return Label(f"清单晚到，跳过“{stage.zh}”阶段", f"The list came late: the stage “{stage.en}” was skipped")


@says("state_changed", Kind.PROGRESS)
def _state(event: Happening, _words: Words) -> Label:
    old, new = coded(RenewalState, event["from"]), coded(RenewalState, event["to"])
    return Label(f"状态由“{old.zh}”变为“{new.zh}”", f"The state changed from “{old.en}” to “{new.en}”")


@says("outcome_reached", Kind.PROGRESS)
def _outcome(event: Happening, _words: Words) -> Label:
    outcome = coded(RenewalState, event["outcome"])
    number = mask_policy_no(event.subject) if event.subject else None
    zh, en = f"结果确定为“{outcome.zh}”", f"The outcome is “{outcome.en}”"
    return Label(f"{zh}，新保单 {number}", f"{en}, new policy {number}") if number else Label(zh, en)


@says("instance_ended", Kind.PROGRESS)
def _ended(event: Happening, _words: Words) -> Label:
    outcome = coded(RenewalState, event["outcome"])
    return Label(f"续保结束，结果“{outcome.zh}”", f"The renewal ended as “{outcome.en}”")


@says("renewal_reversed", Kind.PROGRESS)
def _reversed(event: Happening, _words: Words) -> Label:
    outcome = coded(RenewalState, event["outcome"])
    number = mask_policy_no(str(event.subject or "").split(",", maxsplit=1)[0])
    return Label(
        f"新保单 {number} 已退保或注销，撤回“{outcome.zh}”",
        f"New policy {number} was cancelled: “{outcome.en}” was taken back",
    )


@says("renewal_reported", Kind.PROGRESS)
def _reported(event: Happening, _words: Words) -> Label:
    number, until = mask_policy_no(str(event.subject)), event["until"]
    return Label(
        f"报告已出单（新保单 {number}），待新签保单核实，{until} 仍未见，次日撤回",
        f"Reported as issued (new policy {number}); taken back unless a policy shows it by {until}",
    )


@says("report_reverted", Kind.PROGRESS)
def _report_reverted(event: Happening, _words: Words) -> Label:
    number, days = mask_policy_no(str(event.subject)), event["days"]
    return Label(
        f"{days} 天内未见新保单 {number}，撤回“已出单”的报告",
        f"New policy {number} was not seen within {days} days: the report was taken back",
    )


tells(
    "instance_reopened",
    Kind.PROGRESS,
    "续保重新打开，第 {round} 轮",
    "The renewal was opened again, round {round}",
)


# Tasks ------------------------------------------------------------------------------------------------------


@says("task_opened", Kind.TASK)
def _opened(event: Happening, words: Words) -> Label:
    role, number = coded(Role, event["role"]), event["assignee"]
    if number:
        name = words.person(number)
        return Label(f"任务{task_zh(event)}交给 {name}", f"Task {task_en(event, words)} went to {name}")
    return Label(
        f"任务{task_zh(event)}待{role.zh}领取",
        f"Task {task_en(event, words)} is offered to the role {role.en.lower()}",
    )


tells("task_claimed", Kind.TASK, "{who} 领取了任务{task}", "{who} claimed {task}")
tells("task_released", Kind.TASK, "{who} 退回了任务{task}", "{who} released {task}")


@says("task_completed", Kind.TASK)
def _completed(event: Happening, words: Words) -> Label:
    outcome, asked = event["outcome"] or {}, words.of_form(event["form_id"])
    chosen = [
        shown_value(name, value, asked) for name, value in outcome.items() if value not in (None, "", False)
    ]
    zh, en = f"{event.who} 完成了任务{task_zh(event)}", f"{event.who} completed {task_en(event, words)}"
    if event["on_behalf_of"]:
        principal = words.person(event["on_behalf_of"])
        zh, en = f"{zh}（代 {principal} 办理）", f"{en} for {principal}"
    if chosen:
        zh += "，结果：" + "；".join(label.zh for label in chosen)
        en += ": " + "; ".join(label.en for label in chosen)
    return Label(f"{zh}（逾期完成）", f"{en} (late)") if event["late"] else Label(zh, en)


@says("task_missed", Kind.TASK)
def _missed(event: Happening, words: Words) -> Label:
    owner = words.person(event["assignee"]) if event["assignee"] else None
    zh = f"任务{task_zh(event)}到阶段结束仍未完成"
    en = f"Task {task_en(event, words)} was not done by the end of its stage"
    return Label(f"{zh}，责任人 {owner}", f"{en}; it was {owner}'s") if owner else Label(zh, en)


@says("task_withdrawn", Kind.TASK)
def _withdrawn(event: Happening, words: Words) -> Label:
    if event.reason == "pool_claimed":
        return Label(
            f"已有人从认领池认领，任务{task_zh(event)}不再需要，已撤回",
            f"Somebody claimed it from the pool: task {task_en(event, words)} was withdrawn",
        )
    if event.reason == "contacted_at_take_over":
        return Label(
            f"接手孤儿单时已联系客户，任务{task_zh(event)}按该结果办结，已撤回",
            f"The customer was contacted at the take-over, which answers task {task_en(event, words)}: it was withdrawn",
        )
    if event.reason == "do_not_contact":
        return Label(
            f"客户要求不再联系，任务{task_zh(event)}已撤回",
            f"The customer wants no more contact: task {task_en(event, words)} was withdrawn",
        )
    return Label(
        f"任务{task_zh(event)}不再需要，已撤回",
        f"Task {task_en(event, words)} is no longer needed and was withdrawn",
    )


@says("task_urged", Kind.TASK)
def _urged(event: Happening, words: Words) -> Label:
    who = words.person(event["assignee"])
    return Label(
        f"催办任务{task_zh(event)}，责任人 {who}", f"Urged {who} to do the task {task_en(event, words)}"
    )


tells(
    "late_entry",
    Kind.TASK,
    "补录：联系发生在 {subject}，{days} 天后才录入",
    "Entered late: the contact of {subject} was written down {days} days after it",
)
tells(
    "task_completion_undone",
    Kind.TASK,
    "批量办理的任务{task}已撤回，重新待办",
    "The bulk completion of the task {task} was undone; it is open again",
)
tells(
    "bulk_row_refused",
    Kind.TASK,
    "批量办理 {act_id} 未能办理这项任务：{reason}",
    "Bulk act {act_id} could not complete this task",
)
tells(
    "bulk_row_kept",
    Kind.TASK,
    "批量办理 {act_id} 的任务{task}未能撤回：{reason}",
    "The task {task} of bulk act {act_id} could not be undone",
)
tells(
    "bulk_prepared",
    Kind.TASK,
    "选定 {rows} 项任务{task}批量办理（{act_id}），未纳入 {left_out} 项",
    "Chosen for bulk act {act_id}: {rows} tasks {task}, {left_out} left out",
)
tells("bulk_ordered", Kind.TASK, "批量办理 {act_id} 开始", "Bulk act {act_id} was started")
tells(
    "bulk_finished",
    Kind.TASK,
    "批量办理 {act_id} 结束：完成 {done} 项，未成功 {refused} 项",
    "Bulk act {act_id} ended: {done} completed, {refused} refused",
)
tells(
    "bulk_undone",
    Kind.TASK,
    "批量办理 {act_id} 已撤回 {undone} 项，未能撤回 {kept} 项",
    "Of bulk act {act_id} {undone} were undone, {kept} could not be",
)


@says("task_reassigned", Kind.TASK)
def _reassigned(event: Happening, words: Words) -> Label:
    old = Label(*[words.person(event["from"])] * 2) if event["from"] else NOBODY
    new = Label(*[words.person(event["to"])] * 2) if event["to"] else Label("岗位待领取", "the role's queue")
    return Label(
        f"任务{task_zh(event)}由 {old.zh} 转给 {new.zh}",
        f"Task {task_en(event, words)} moved from {old.en} to {new.en}",
    )


@says("task_due_moved", Kind.TASK)
def _due_moved(event: Happening, words: Words) -> Label:
    old, new = words.last_day(event["from"]), words.last_day(event["to"])
    return Label(
        f"任务{task_zh(event)}的期限由 {old} 改为 {new}",
        f"The due date of task {task_en(event, words)} moved from {old} to {new}",
    )


# Messages and notices ---------------------------------------------------------------------------------------


@says("message_received", Kind.MESSAGE)
def _received(event: Happening, words: Words) -> Label:
    name = coded(MessageName, event["name"] or event.subject)
    data = event["data"] or {}
    told = [
        (field_label(key), shown_value(key, value, words))
        for key, value in data.items()
        if key in FIELDS and value not in (None, "")
    ]
    zh, en = f"收到消息“{name.zh}”", f"Received the message “{name.en}”"
    if told:
        zh += "：" + "、".join(f"{label.zh} {value.zh}" for label, value in told)
        en += ": " + ", ".join(f"{label.en} {value.en}" for label, value in told)
    return Label(zh, en)


@says("policies_matched", Kind.MESSAGE)
def _matched(event: Happening, _words: Words) -> Label:
    numbers = [mask_policy_no(str(number)) for number in event["policies"] or ()]
    if not event["outcome"]:
        return Label("核对新承保清单：尚不构成续保", "New policies were compared: not a renewal yet")
    outcome = coded(RenewalState, event["outcome"])
    return Label(
        f"匹配到新保单 {'、'.join(numbers)}，判定为“{outcome.zh}”",
        f"Matched the new policy {', '.join(numbers)}: “{outcome.en}”",
    )


@says("opportunity_noted", Kind.FACT)
def _opportunity(event: Happening, _words: Words) -> Label:
    lines = [coded(Line, line) for line in event["lines"] or ()]
    zh, en = "、".join(line.zh for line in lines), " and ".join(line.en.lower() for line in lines)
    return Label(
        f"部分续保，机会：{zh}尚未续回，可继续争取",
        f"Partly renewed; opportunity: {en} cover is still to win",
    )


tells(
    "channel_leak",
    Kind.MESSAGE,
    "渠道流失：由本公司其他渠道承保，公司计为续保，本渠道不计",
    "Channel leak: another channel of the company issued it; the company counts it as renewed, the "
    "channel does not",
)
tells("channel_leak_settled", Kind.MESSAGE, "不再是渠道流失", "No channel leak any more")
tells(
    "renewal_unclaimed",
    Kind.MESSAGE,
    "已匹配到新保单，但当前环节不接收，待本环节结束后处理",
    "A new policy was matched, but the present step does not take it; it waits for the step's end",
)


@says("list_distributed", Kind.MESSAGE)
def _distributed(event: Happening, words: Words) -> Label:
    if event["recipient"]:
        name = words.person(event["recipient"])
        return Label(f"清单已下发给 {name}", f"The list was handed to {name}")
    return Label("清单已下发，暂无在职营销员", "The list was distributed; no serving agent yet")


# Facts and people -------------------------------------------------------------------------------------------


def _change(event: Happening, words: Words) -> tuple[Label, Label, Label]:
    """The field that changed, what it was and what it is."""
    name = str(event["field"])
    return field_label(name), shown_value(name, event["from"], words), shown_value(name, event["to"], words)


@says("fact_changed", Kind.FACT)
def _fact(event: Happening, words: Words) -> Label:
    label, old, new = _change(event, words)
    if event["from"] in (None, ""):
        told = Label(f"登记{label.zh}：{new.zh}", f"The {label.en} was recorded: {new.en}")
    else:
        told = Label(
            f"{label.zh}由 {old.zh} 改为 {new.zh}", f"The {label.en} changed from {old.en} to {new.en}"
        )
    if not event["source"]:
        return told
    source = words.source_of(event, event["source"])
    return Label(f"{told.zh}（来源：{source.zh}）", f"{told.en} (source: {source.en})")


@says("responsible_changed", Kind.FACT)
def _responsible(event: Happening, words: Words) -> Label:
    label, old, new = _change(event, words)
    return Label(f"{label.zh}由 {old.zh} 改为 {new.zh}", f"The {label.en} changed from {old.en} to {new.en}")


# Quotes -----------------------------------------------------------------------------------------------------


@says("quote_made", Kind.FACT)
def _quote(event: Happening, words: Words) -> Label:
    kind, source = coded(QuoteKind, event["kind"]), words.source_of(event, event["source"])
    number = event["version"]
    zh, en = f"{kind.zh}第 {number} 版", f"{kind.en}, version {number}"
    if event["mid"] is None:
        return Label(
            f"{zh}：资料不足，需人工（来源：{source.zh}）", f"{en}: data missing, a person is needed"
        )
    zh, en = f"{zh}：{event['mid']} 元", f"{en}: {event['mid']} yuan"
    if event["low"] is not None:
        zh, en = f"{zh}（{event['low']}～{event['high']}）", f"{en} ({event['low']} to {event['high']})"
    if event["difference"] is not None:
        cause = cause_text(event["difference_cause"])
        zh = f"{zh}，与预测相差 {event['difference']} 元（{cause.zh}）"
        en = f"{en}, {event['difference']} yuan off the forecast ({cause.en})"
    return Label(f"{zh}（来源：{source.zh}）", f"{en} (source: {source.en})")


tells(
    "forecast_reviewed",
    Kind.FACT,
    "{who}核定了预测报价第 {version} 版",
    "{who} confirmed version {version} of the forecast quote",
)


@says("quote_stale", Kind.FACT)
def _stale(event: Happening, words: Words) -> Label:
    source = words.source_of(event, event.reason or "")
    return Label(
        f"实际报价第 {event['version']} 版已过时：报价后资料有变（来源：{source.zh}），须重新测算",
        f"Version {event['version']} of the actual quote is out of date: facts changed since (source: {source.en})",
    )


tells(
    "prospect_noted",
    Kind.FACT,
    "原车主记为潜在客户：车辆已过户，可询问新车（L603）",
    "The former owner was noted as a prospect: the vehicle was sold, a new one may come (L603)",
)


@says("erasure_requested", Kind.FACT)
def _erasure(event: Happening, _words: Words) -> Label:
    until, told = event["kept_until"], event.reason or ""
    return Label(
        f"登记客户要求删除个人信息（{told}）：停止营销，原文不再显示，法定证据保留至 {until}",
        f"The customer's request for deletion was registered ({told}): no marketing, nothing in the clear, "
        f"evidence kept by law until {until}",
    )


@says("erasure_repeated", Kind.FACT)
def _erasure_again(event: Happening, _words: Words) -> Label:
    told, count = event.reason or "", event["excluded"]
    return Label(
        f"再次登记客户要求删除个人信息，补充证据（{told}），{count} 笔续保重新送剔除审批",
        f"The customer's request for deletion was registered again with new evidence ({told}):"
        f" {count} renewals went to approval once more",
    )


@says("policy_chased", Kind.TASK)
def _chased(event: Happening, words: Words) -> Label:
    who, by = words.person(event["assignee"]), event.payload.get("by")
    zh, en = (f"，须在 {by} 前补正", f"; it is to be mended by {by}") if by else ("", "")
    return Label(f"按专员意见催办 {who}{zh}", f"Urged {who}, as the specialist asked{en}")


# What the engine does by itself -----------------------------------------------------------------------------


@says("timer_fired", Kind.SYSTEM)
def _timer(event: Happening, words: Words) -> Label:
    name, planned = words.element(event["element_id"]), words.moment(event["planned"])
    return Label(
        f"定时“{name.zh}”到点触发，计划时间 {planned}", f"The timer “{name.en}” fired, planned for {planned}"
    )


@says("timer_cancelled", Kind.SYSTEM)
def _timer_cancelled(event: Happening, words: Words) -> Label:
    name = words.element(event["element_id"])
    return Label(f"定时“{name.zh}”已取消", f"The timer “{name.en}” was cancelled")


@says("operation_done", Kind.SYSTEM)
def _operation(event: Happening, words: Words) -> Label:
    name = named(words.operations, event["operation"])
    return Label(f"系统执行“{name.zh}”", f"The system carried out “{name.en}”")


@says("decision_made", Kind.SYSTEM)
def _decision(event: Happening, words: Words) -> Label:
    name, found = words.element(event["element_id"]), _findings(event["result"], words)
    zh, en = f"按规则表“{name.zh}”", f"Decided by table “{name.en}”"
    if not found:
        return Label(zh, en)
    return Label(f"{zh}：{'、'.join(x.zh for x in found)}", f"{en}: {', '.join(x.en for x in found)}")


_FINDINGS: Mapping[tuple[str, object], Label] = {
    ("renewable", True): Label("可续保", "renewable"),
    ("renewable", False): Label("不可续保", "not renewable"),
    ("is_key", True): Label("重点客户", "key customer"),
    ("is_key", False): Label("非重点客户", "not a key customer"),
    ("tier", "high"): Label("高端客户", "high tier"),
    ("tier", "mid"): Label("中端客户", "mid tier"),
    ("tier", "low"): Label("低端客户", "low tier"),
}


def _findings(result: object, words: Words) -> list[Label]:
    """What a table found, in words; a new column of a changed table is shown by its own name."""
    if not isinstance(result, Mapping):
        return [] if result in (None, "") else [Label(str(result), str(result))]
    told = []
    for name, value in result.items():
        if value in (None, ""):
            continue
        said = words.options.get(("exclusion_code", str(value))) if name == "code" else None
        said = said or _FINDINGS.get((name, value))
        told.append(said or Label(*[f"{name} {trimmed(value)}"] * 2))
    return told
