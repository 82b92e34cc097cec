"""Sentences about what is not one renewal's: incidents, the clock, definitions, imports, accounts, keys; pure."""

from __future__ import annotations

import re

from engine.domain.codes import Label, Role
from engine.domain.workdays import DayKind
from engine.queries.saying import says, tells
from engine.queries.words import (
    NOTHING,
    RECORDS,
    Happening,
    Kind,
    Words,
    coded,
    field_label,
)


@says("incident_raised", Kind.SYSTEM)
def _incident(event: Happening, words: Words) -> Label:
    where = words.element(event.subject) if event.subject else Label("—", "—")
    return Label(
        f"步骤“{where.zh}”执行失败，已生成异常，状态未改变",
        f"The step “{where.en}” failed; an incident was kept, nothing changed",
    )


@says("incident_resolved", Kind.SYSTEM)
def _resolved(event: Happening, words: Words) -> Label:
    where = words.element(event.subject) if event.subject else Label("—", "—")
    return Label(f"步骤“{where.zh}”的异常已处理", f"The incident at “{where.en}” was resolved")


@says("clock_moved", Kind.SYSTEM)
def _clock(event: Happening, words: Words) -> Label:
    to = words.moment(event["to"])
    return Label(f"{event.who} 将虚拟时钟拨到 {to}", f"{event.who} moved the virtual clock to {to}")


@says("definition_deployed", Kind.SYSTEM)
def _deployed(event: Happening, words: Words) -> Label:
    approver = words.actors.get(str(event["approved_by"]), event["approved_by"])
    zh, en = (
        f"{event.who} 发布了流程第 {event['version']} 版",
        f"{event.who} deployed process version {event['version']}",
    )
    return Label(f"{zh}，{approver} 审批", f"{en}, approved by {approver}") if approver else Label(zh, en)


tells(
    "import_previewed",
    Kind.SYSTEM,
    "{who} 上传了清单{file}，共 {read} 行，拒绝 {rejected} 行",
    "{who} uploaded the list {file}: {read} rows, {rejected} rejected",
)
tells(
    "import_committed",
    Kind.SYSTEM,
    "{who} 确认入库清单{file}：新增 {new}、变更 {changed}、启动续保 {started}",
    "{who} committed the list {file}: {new} new, {changed} changed, {started} renewals started",
)
tells("import_discarded", Kind.SYSTEM, "{who} 放弃了清单{file}", "{who} discarded the list {file}")


@says("absence_arranged", Kind.SYSTEM)
def _absence(event: Happening, words: Words) -> Label:
    away, substitute = words.person(event.subject), words.person(event["substitute"])
    first, last = event["first"], event["last"]
    return Label(
        f"{away}于 {first} 至 {last} 请假，由{substitute}代办",
        f"{away} is away from {first} to {last}; {substitute} stands in",
    )


tells("absence_ended", Kind.SYSTEM, "{person}的请假已结束", "The absence of {person} was ended")
tells("org_imported", Kind.SYSTEM, "{who} 导入了机构与人员{file}", "{who} imported the organisation {file}")
tells(
    "people_settled",
    Kind.SYSTEM,
    "按当日机构人员核对责任人，改派续保 {moved} 笔",
    "Responsible people were checked against today's organisation; {moved} renewals moved",
)
tells("user_added", Kind.SYSTEM, "{who} 新建了用户 {user}", "{who} added the user {user}")


def _roles(codes: object) -> Label:
    labels = [coded(Role, code) for code in codes] if isinstance(codes, list) else []
    return Label("、".join(x.zh for x in labels) or NOTHING.zh, ", ".join(x.en for x in labels) or NOTHING.en)


@says("user_roles_changed", Kind.SYSTEM)
def _user_roles(event: Happening, words: Words) -> Label:
    name = words.actors.get(str(event.subject), event.subject)
    old, new = _roles(event["before"]), _roles(event["after"])
    return Label(
        f"{event.who} 将 {name} 的角色由 {old.zh} 改为 {new.zh}",
        f"{event.who} changed the roles of {name} from {old.en} to {new.en}",
    )


tells("user_closed", Kind.SYSTEM, "{who} 停用了用户 {user}", "{who} closed the account of {user}")
tells("user_reopened", Kind.SYSTEM, "{who} 启用了用户 {user}", "{who} reopened the account of {user}")
tells("password_changed", Kind.SYSTEM, "{who} 修改了密码", "{who} changed the own password")
tells("password_reset", Kind.SYSTEM, "{who} 重置了 {user} 的密码", "{who} reset the password of {user}")
tells("signed_in", Kind.SYSTEM, "{who} 登录", "{who} signed in")


@says("sign_in_failed", Kind.SYSTEM)
def _sign_in_failed(event: Happening, _words: Words) -> Label:
    name = event.subject or "（未知用户名）"
    return Label(f"用户 {name} 登录失败", f"A sign-in as {event.subject or 'an unknown name'} failed")


def _which(event: Happening) -> str:
    """Which one of its kind was looked at or taken away, where the event tells."""
    which = event["of"] or event["batch_id"]
    return f" {which} " if which else ""


@says("records_exported", Kind.SYSTEM)
def _exported(event: Happening, _words: Words) -> Label:
    of = RECORDS.get(str(event.subject), Label(str(event.subject), str(event.subject)))
    return Label(
        f"{event.who} 导出了{of.zh}{_which(event)}列表 {event['rows']} 行（已掩码）",
        f"{event.who} exported {event['rows']} masked rows of {of.en}{_which(event)}".rstrip(),
    )


tells(
    "history_taken",
    Kind.SYSTEM,
    "{who} 导出了这笔续保的历史 {rows} 行（含校验值）",
    "{who} took the history of this renewal away: {rows} rows with their hashes",
)


@says("holiday_changed", Kind.SYSTEM)
def _holiday(event: Happening, _words: Words) -> Label:
    stored = event["kind"]
    kind = DayKind(stored).label if stored in set(DayKind) else Label("特殊日", "special day")
    return Label(
        f"{event.who} 将 {event.subject} 设为{kind.zh}（{event['name']}）",
        f"{event.who} made {event.subject} a {kind.en.lower()} ({event['name']})",
    )


tells(
    "holiday_removed",
    Kind.SYSTEM,
    "{who} 删除了假日表中的 {subject}",
    "{who} removed {subject} from the holidays",
)
tells("signed_out", Kind.SYSTEM, "{who} 退出登录", "{who} signed out")
tells("access_refused", Kind.SYSTEM, "{who} 的访问被拒绝：{subject}", "{who} was refused access: {subject}")


@says("record_viewed", Kind.SYSTEM)
def _viewed(event: Happening, _words: Words) -> Label:
    zh, en = {
        "task": ("这笔续保的任务", "a task of this renewal"),
        "import_batch": ("一个导入批次", "an import batch"),
        "bulk_act": ("一次批量办理", "a bulk act"),
        "ledger": ("职场续保台账", "a workplace renewal ledger"),
        "ledger_copy": ("一份冻结的职场续保台账", "a frozen workplace ledger"),
        "customer": ("一位客户的续保档案", "a customer renewal file"),
        "morning": ("晨会单", "a morning sheet"),
        "handover": ("一项交接", "a hand-over"),
        "coaching": ("一项营销员辅导", "the coaching of an agent"),
        "pool": ("认领池", "the claim pool"),
        "forecasts": ("待核定的预测报价", "the forecasts that wait for review"),
    }.get(str(event.subject), ("这笔续保", "this renewal"))
    if which := _which(event):
        zh, en = _ARTICLE.sub("", zh), en.removeprefix("a").removeprefix("n").strip()
    return Label(f"{event.who} 查看了{zh}{which}".rstrip(), f"{event.who} viewed {en}{which}".rstrip())


_ARTICLE = re.compile("^一[次项份个位]")


tells("import_started", Kind.SYSTEM, "{who} 开始入库清单{file}", "{who} began to commit the list {file}")
tells("import_ordered", Kind.SYSTEM, "{who} 提交入库清单{file}", "{who} had the list {file} committed")
tells(
    "import_rows_taken",
    Kind.SYSTEM,
    "清单{file}已处理 {rows} 行",
    "{rows} rows of the list {file} were carried out",
)
tells(
    "import_errors_taken",
    Kind.SYSTEM,
    "{who} 下载了清单{file}的错误行（未掩码）",
    "{who} took the rejected rows of the list {file} away, unmasked",
)


@says("org_row_changed", Kind.SYSTEM)
def _org_row(event: Happening, _words: Words) -> Label:
    fields = event["fields"]
    names = "、".join(fields) if isinstance(fields, dict) else ""
    return Label(
        f"机构或人员 {event.subject} 变更：{names}",
        f"Unit or person {event.subject} changed: {names.replace('、', ', ')}",
    )


tells(
    "sign_in_failures_cleared",
    Kind.SYSTEM,
    "{who} 登录成功，此前连续失败 {failures} 次",
    "{who} gave the right password after {failures} failures",
)
tells(
    "password_rehashed",
    Kind.SYSTEM,
    "{user} 的密码散列已更新为现行强度",
    "The password hash of {user} was renewed to today's strength",
)
tells("schema_upgraded", Kind.SYSTEM, "数据库结构升级为 {to}", "The schema was upgraded to {to}")
tells(
    "checkpoint_signed",
    Kind.SYSTEM,
    "已签发历史检查点 {number}，覆盖前 {rows} 行",
    "Checkpoint {number} of the history was signed, over {rows} rows",
)
tells("keys_rotated", Kind.SYSTEM, "{who} 启用了数据密钥 {key}", "{who} put data key {key} into use")


@says("keys_resealed", Kind.SYSTEM)
def _keys_resealed(event: Happening, _words: Words) -> Label:
    left_zh = f"，{event['refused']} 处无法打开而未动" if event["refused"] else ""
    left_en = f", {event['refused']} values did not open and were left" if event["refused"] else ""
    return Label(
        f"{event.who} 用数据密钥 {event['key']} 重新加密了 {event['rows']} 条记录{left_zh}",
        f"{event.who} sealed {event['rows']} rows anew with data key {event['key']}{left_en}",
    )


tells(
    "rows_resealed",
    Kind.SYSTEM,
    "{who} 重新加密了 {subject} 的 {rows} 条记录",
    "{who} sealed {rows} rows of {subject} anew",
)
tells(
    "keys_rewrapped",
    Kind.SYSTEM,
    "{who} 更换了主密钥，重新封装 {count} 个数据密钥",
    "{who} changed the master key; {count} data keys were wrapped anew",
)


@says("personal_revealed", Kind.SYSTEM)
def _revealed(event: Happening, _words: Words) -> Label:
    of = field_label(event["field"])
    if event["purpose"] == "call":
        return Label(
            f"{event.who} 拨打客户电话，查看了{of.zh}原文",
            f"{event.who} looked at the {of.en} in the clear to call the customer",
        )
    return Label(f"{event.who} 查看了{of.zh}原文", f"{event.who} looked at the {of.en} in the clear")


@says("reveal_refused", Kind.SYSTEM)
def _reveal_refused(event: Happening, _words: Words) -> Label:
    of = field_label(event["field"])
    return Label(
        f"{event.who} 想查看{of.zh}原文，因次数过多未予显示",
        f"{event.who} asked for the {of.en} in the clear too often and was refused",
    )
