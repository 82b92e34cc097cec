"""Sentences about what is not one renewal's: incidents, the clock, definitions, imports, accounts, keys; pure."""

from __future__ import annotations

import re

from engine.domain.codes import Label, Role
from engine.domain.workdays import DayKind
from engine.queries.saying import says
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


def _file(event: Happening) -> str:
    return f"“{event.subject}”" if event.subject else ""


@says("import_previewed", Kind.SYSTEM)
def _previewed(event: Happening, _words: Words) -> Label:
    read, bad = event["read"], event["rejected"]
    return Label(
        f"{event.who} 上传了清单{_file(event)}，共 {read} 行，拒绝 {bad} 行",
        f"{event.who} uploaded the list {_file(event)}: {read} rows, {bad} rejected",
    )


@says("import_committed", Kind.SYSTEM)
def _committed(event: Happening, _words: Words) -> Label:
    return Label(
        f"{event.who} 确认入库清单{_file(event)}：新增 {event['new']}、变更 {event['changed']}、"
        f"启动续保 {event['started']}",
        f"{event.who} committed the list {_file(event)}: {event['new']} new, {event['changed']} changed, "
        f"{event['started']} renewals started",
    )


@says("import_discarded", Kind.SYSTEM)
def _discarded(event: Happening, _words: Words) -> Label:
    return Label(f"{event.who} 放弃了清单{_file(event)}", f"{event.who} discarded the list {_file(event)}")


@says("absence_arranged", Kind.SYSTEM)
def _absence(event: Happening, words: Words) -> Label:
    away, substitute = words.person(event.subject), words.person(event["substitute"])
    first, last = event["first"], event["last"]
    return Label(
        f"{away}于 {first} 至 {last} 请假，由{substitute}代办",
        f"{away} is away from {first} to {last}; {substitute} stands in",
    )


@says("absence_ended", Kind.SYSTEM)
def _absence_ended(event: Happening, words: Words) -> Label:
    away = words.person(event.subject)
    return Label(f"{away}的请假已结束", f"The absence of {away} was ended")


@says("org_imported", Kind.SYSTEM)
def _org(event: Happening, _words: Words) -> Label:
    return Label(
        f"{event.who} 导入了机构与人员{_file(event)}", f"{event.who} imported the organisation {_file(event)}"
    )


@says("people_settled", Kind.SYSTEM)
def _settled(event: Happening, _words: Words) -> Label:
    return Label(
        f"按当日机构人员核对责任人，改派续保 {event['moved']} 笔",
        f"Responsible people were checked against today's organisation; {event['moved']} renewals moved",
    )


@says("user_added", Kind.SYSTEM)
def _user(event: Happening, words: Words) -> Label:
    name = words.actors.get(str(event.subject), event.subject)
    return Label(f"{event.who} 新建了用户 {name}", f"{event.who} added the user {name}")


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


@says("user_closed", Kind.SYSTEM)
def _user_closed(event: Happening, words: Words) -> Label:
    name = words.actors.get(str(event.subject), event.subject)
    return Label(f"{event.who} 停用了用户 {name}", f"{event.who} closed the account of {name}")


@says("user_reopened", Kind.SYSTEM)
def _user_reopened(event: Happening, words: Words) -> Label:
    name = words.actors.get(str(event.subject), event.subject)
    return Label(f"{event.who} 启用了用户 {name}", f"{event.who} reopened the account of {name}")


@says("password_changed", Kind.SYSTEM)
def _password(event: Happening, _words: Words) -> Label:
    return Label(f"{event.who} 修改了密码", f"{event.who} changed the own password")


@says("password_reset", Kind.SYSTEM)
def _password_reset(event: Happening, words: Words) -> Label:
    name = words.actors.get(str(event.subject), event.subject)
    return Label(f"{event.who} 重置了 {name} 的密码", f"{event.who} reset the password of {name}")


@says("signed_in", Kind.SYSTEM)
def _signed_in(event: Happening, _words: Words) -> Label:
    return Label(f"{event.who} 登录", f"{event.who} signed in")


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


@says("history_taken", Kind.SYSTEM)
def _history_taken(event: Happening, _words: Words) -> Label:
    return Label(
        f"{event.who} 导出了这笔续保的历史 {event['rows']} 行（含校验值）",
        f"{event.who} took the history of this renewal away: {event['rows']} rows with their hashes",
    )


@says("holiday_changed", Kind.SYSTEM)
def _holiday(event: Happening, _words: Words) -> Label:
    stored = event["kind"]
    kind = DayKind(stored).label if stored in set(DayKind) else Label("特殊日", "special day")
    return Label(
        f"{event.who} 将 {event.subject} 设为{kind.zh}（{event['name']}）",
        f"{event.who} made {event.subject} a {kind.en.lower()} ({event['name']})",
    )


@says("holiday_removed", Kind.SYSTEM)
def _holiday_removed(event: Happening, _words: Words) -> Label:
    return Label(
        f"{event.who} 删除了假日表中的 {event.subject}",
        f"{event.who} removed {event.subject} from the holidays",
    )


@says("signed_out", Kind.SYSTEM)
def _signed_out(event: Happening, _words: Words) -> Label:
    return Label(f"{event.who} 退出登录", f"{event.who} signed out")


@says("access_refused", Kind.SYSTEM)
def _refused(event: Happening, _words: Words) -> Label:
    return Label(
        f"{event.who} 的访问被拒绝：{event.subject}", f"{event.who} was refused access: {event.subject}"
    )


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
        "pool": ("认领池", "the claim pool"),
    }.get(str(event.subject), ("这笔续保", "this renewal"))
    if which := _which(event):
        zh, en = _ARTICLE.sub("", zh), en.removeprefix("a").removeprefix("n").strip()
    return Label(f"{event.who} 查看了{zh}{which}".rstrip(), f"{event.who} viewed {en}{which}".rstrip())


_ARTICLE = re.compile("^一[次项份个位]")


@says("import_started", Kind.SYSTEM)
def _import_started(event: Happening, _words: Words) -> Label:
    return Label(
        f"{event.who} 开始入库清单{_file(event)}", f"{event.who} began to commit the list {_file(event)}"
    )


@says("import_ordered", Kind.SYSTEM)
def _import_ordered(event: Happening, _words: Words) -> Label:
    return Label(
        f"{event.who} 提交入库清单{_file(event)}", f"{event.who} had the list {_file(event)} committed"
    )


@says("import_rows_taken", Kind.SYSTEM)
def _rows_taken(event: Happening, _words: Words) -> Label:
    rows = event["rows"]
    return Label(
        f"清单{_file(event)}已处理 {rows} 行", f"{rows} rows of the list {_file(event)} were carried out"
    )


@says("import_errors_taken", Kind.SYSTEM)
def _errors_taken(event: Happening, _words: Words) -> Label:
    return Label(
        f"{event.who} 下载了清单{_file(event)}的错误行（未掩码）",
        f"{event.who} took the rejected rows of the list {_file(event)} away, unmasked",
    )


@says("org_row_changed", Kind.SYSTEM)
def _org_row(event: Happening, _words: Words) -> Label:
    fields = event["fields"]
    names = "、".join(fields) if isinstance(fields, dict) else ""
    return Label(
        f"机构或人员 {event.subject} 变更：{names}",
        f"Unit or person {event.subject} changed: {names.replace('、', ', ')}",
    )


@says("sign_in_failures_cleared", Kind.SYSTEM)
def _failures_cleared(event: Happening, _words: Words) -> Label:
    return Label(
        f"{event.who} 登录成功，此前连续失败 {event['failures']} 次",
        f"{event.who} gave the right password after {event['failures']} failures",
    )


@says("password_rehashed", Kind.SYSTEM)
def _rehashed(event: Happening, words: Words) -> Label:
    name = words.actors.get(str(event.subject), event.subject)
    return Label(
        f"{name} 的密码散列已更新为现行强度", f"The password hash of {name} was renewed to today's strength"
    )


@says("schema_upgraded", Kind.SYSTEM)
def _schema(event: Happening, _words: Words) -> Label:
    return Label(f"数据库结构升级为 {event['to']}", f"The schema was upgraded to {event['to']}")


@says("checkpoint_signed", Kind.SYSTEM)
def _checkpoint(event: Happening, _words: Words) -> Label:
    return Label(
        f"已签发历史检查点 {event['number']}，覆盖前 {event['rows']} 行",
        f"Checkpoint {event['number']} of the history was signed, over {event['rows']} rows",
    )


@says("keys_rotated", Kind.SYSTEM)
def _keys_rotated(event: Happening, _words: Words) -> Label:
    return Label(
        f"{event.who} 启用了数据密钥 {event['key']}", f"{event.who} put data key {event['key']} into use"
    )


@says("keys_resealed", Kind.SYSTEM)
def _keys_resealed(event: Happening, _words: Words) -> Label:
    left_zh = f"，{event['refused']} 处无法打开而未动" if event["refused"] else ""
    left_en = f", {event['refused']} values did not open and were left" if event["refused"] else ""
    return Label(
        f"{event.who} 用数据密钥 {event['key']} 重新加密了 {event['rows']} 条记录{left_zh}",
        f"{event.who} sealed {event['rows']} rows anew with data key {event['key']}{left_en}",
    )


@says("rows_resealed", Kind.SYSTEM)
def _rows_resealed(event: Happening, _words: Words) -> Label:
    return Label(
        f"{event.who} 重新加密了 {event.subject} 的 {event['rows']} 条记录",
        f"{event.who} sealed {event['rows']} rows of {event.subject} anew",
    )


@says("keys_rewrapped", Kind.SYSTEM)
def _keys_rewrapped(event: Happening, _words: Words) -> Label:
    return Label(
        f"{event.who} 更换了主密钥，重新封装 {event['count']} 个数据密钥",
        f"{event.who} changed the master key; {event['count']} data keys were wrapped anew",
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
