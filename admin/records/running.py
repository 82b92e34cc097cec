"""Lists of the running engine: timers, incidents, messages that leave the house."""

# ruff: noqa: RUF012 - Flask-Admin is told what to show by class attributes
from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_admin.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say
from admin.formatters import show_code
from admin.i18n import counted
from admin.records.base import RecordView
from admin.records.filters import CodeFilter, FlagFilter, StartFilter
from admin.records.words import (
    RENEWAL_LINKS,
    RUNNING,
    element,
    options,
    texts,
    vehicle,
)
from engine.api import (
    EngineError,
    IncidentStatus,
    OutboxStatus,
    mask_text,
    retry_incident,
)
from engine.tables import (
    Incident,
    OutboxMessage,
    Timer,
    masked_recipient,
)


class TimerRecords(RecordView):
    """Planned and actual moments of every timer."""

    group, intro, lead = RUNNING, lazy_gettext("定时的计划时刻与实际触发时刻"), "element"
    column_list = ("element", "vehicle", "due_at", "fired_at", "cancelled_at", "settled")
    column_details_list = (
        "id",
        "element",
        "element_id",
        "vehicle",
        "due_at",
        "fired_at",
        "cancelled_at",
        "settled",
    )
    column_labels = {
        "id": lazy_gettext("编号"), "element": lazy_gettext("定时"), "element_id": lazy_gettext("图元编号"),
        "vehicle": lazy_gettext("车牌"), "due_at": lazy_gettext("计划"), "fired_at": lazy_gettext("触发"),
        "cancelled_at": lazy_gettext("取消"), "settled": lazy_gettext("已了结"),
    }  # fmt: skip
    cells = {"element": element, "vehicle": vehicle}
    links = RENEWAL_LINKS
    column_sortable_list = ("due_at", "fired_at")
    column_default_sort = [("due_at", False), ("id", False)]
    column_filters = (FlagFilter(Timer.settled, lazy_gettext("已了结")), "due_at", "fired_at")


_TRIGGERS = {
    "timer": lazy_gettext("定时触发"),
    "complete": lazy_gettext("任务办结"),
    "job": lazy_gettext("后台作业"),
}


def _trigger(_view: RecordView, row: Any) -> str:
    kind, _colon, name = row.trigger.partition(":")
    if kind == "message":
        return _("消息：%(name)s", name=show_code(name, "message"))
    return str(_TRIGGERS.get(kind, kind))


class IncidentRecords(RecordView):
    """Steps that failed; administrators let them be tried again."""

    group, intro, lead = RUNNING, lazy_gettext("执行失败的流程步骤；状态未改变，排除原因后可重试"), "message"
    column_list = (
        "message",
        "vehicle",
        "element",
        "trigger",
        "attempts",
        "status",
        "created_at",
        "resolved_at",
    )
    column_details_list = (
        "id", "vehicle", "element", "element_id", "trigger", "message", "attempts", "status", "submitted_by",
        "created_at", "resolved_at", "resolved_by",
    )  # fmt: skip
    column_labels = {
        "id": lazy_gettext("编号"), "vehicle": lazy_gettext("车牌"), "element": lazy_gettext("步骤"),
        "element_id": lazy_gettext("图元编号"), "trigger": lazy_gettext("起因"), "message": lazy_gettext("原因"),
        "attempts": lazy_gettext("次数"), "status": lazy_gettext("状态"), "submitted_by": lazy_gettext("提交人"),
        "created_at": lazy_gettext("发生"), "resolved_at": lazy_gettext("处理"),
        "resolved_by": lazy_gettext("处理人"),
    }  # fmt: skip
    nothing = lazy_gettext("没有异常，所有步骤都已正常执行。")
    codes = {"status": "incident_status"}
    cells = {
        "element": element,
        "vehicle": vehicle,
        "trigger": _trigger,
        "message": lambda _view, row: mask_text(row.message),
    }
    links = RENEWAL_LINKS
    numbers = frozenset({"attempts"})
    column_sortable_list = ("created_at", "status", "attempts")
    column_default_sort = [("created_at", True), ("id", True)]
    column_filters = (
        CodeFilter(Incident.status, lazy_gettext("状态"), options(IncidentStatus)),
        StartFilter(Incident.element_id, lazy_gettext("图元编号")),
        "created_at",
    )

    @action("retry", lazy_gettext("重试"), lazy_gettext("确定重试所选异常？"))  # type: ignore[untyped-decorator]
    def retry(self, ids: list[str]) -> Any:
        """Try the chosen steps again, each by itself."""
        done, engine = 0, current_engine()
        for text in ids[: self.page_size_options[-1]]:
            row = self.get_one(text)
            try:
                report = retry_incident(engine, row.id, actor=require_actor())
            except EngineError as error:
                flash(say(error), "error")
                continue
            if report.incidents:
                flash(_("异常 %(id)s 重试后仍然失败，请先排除原因。", id=row.id), "warning")
            else:
                done += 1
        if done:
            flash(counted("已重试 %(n)s 项异常。", n=done), "success")
        return redirect(url_for(".index_view"), code=303)


_CHANNELS = {
    "sms": lazy_gettext("短信"), "email": lazy_gettext("邮件"), "letter": lazy_gettext("信函"),
    "im": lazy_gettext("即时消息"),
}  # fmt: skip
_TEMPLATES = {
    "agent_new_list": lazy_gettext("清单、到期与催办提醒"),
    "task_urged": lazy_gettext("催办提醒"),
    "task_urged_up": lazy_gettext("向上催办提醒"),
    "alarm_recheck": lazy_gettext("复查提醒"),
    "alarm_coaching": lazy_gettext("辅导提醒"),
    "alarm_follow_up": lazy_gettext("跟进提醒"),
    "policy_chased": lazy_gettext("专员催办提醒"),
    "sharing_recalled": lazy_gettext("信息提供撤回提醒"),
    "sharing_given_back": lazy_gettext("信息提供恢复提醒"),
    **dict.fromkeys(
        ("alarm_first_contact", "alarm_pool", "alarm_unowned", "alarm_vacancy"), lazy_gettext("交接期限提醒")
    ),
}


def _recipient(view: RecordView, row: Any) -> str:
    """A colleague by name; anybody else masked."""
    colleague = view.companions.people.get(row.recipient)
    return f"{colleague} {row.recipient}" if colleague else masked_recipient(row.channel, row.recipient)


class OutboxRecords(RecordView):
    """Messages that left the house, or wait to."""

    group, intro, lead = RUNNING, lazy_gettext("发往外部的通知，每条只发一次"), "template"
    column_list = (
        "template",
        "channel",
        "recipient",
        "vehicle",
        "status",
        "attempts",
        "queued_at",
        "sent_at",
    )
    column_details_list = (
        "id", "template", "channel", "recipient", "vehicle", "status", "attempts", "queued_at", "not_before",
        "expires_at", "sent_at", "provider_id", "withheld_for", "fault",
    )  # fmt: skip
    column_labels = {
        "id": lazy_gettext("编号"), "template": lazy_gettext("通知"), "channel": lazy_gettext("渠道"),
        "recipient": lazy_gettext("接收方"), "vehicle": lazy_gettext("车牌"), "status": lazy_gettext("状态"),
        "attempts": lazy_gettext("次数"), "queued_at": lazy_gettext("排队"), "not_before": lazy_gettext("不早于"),
        "sent_at": lazy_gettext("发出"), "provider_id": lazy_gettext("回执号"), "fault": lazy_gettext("失败原因"),
        "expires_at": lazy_gettext("有效至"), "withheld_for": lazy_gettext("扣留原因"),
    }  # fmt: skip
    codes = {"status": "outbox_status", "withheld_for": "withheld_for"}
    cells = {
        "template": lambda _view, row: str(_TEMPLATES.get(row.template, row.template)),
        "channel": lambda _view, row: str(_CHANNELS.get(row.channel, row.channel)),
        "recipient": _recipient,
        "vehicle": vehicle,
    }
    links = RENEWAL_LINKS
    numbers = frozenset({"attempts"})
    column_sortable_list = ("queued_at", "sent_at", "status")
    column_default_sort = [("queued_at", True), ("id", True)]
    column_filters = (
        CodeFilter(OutboxMessage.status, lazy_gettext("状态"), options(OutboxStatus)),
        CodeFilter(OutboxMessage.channel, lazy_gettext("渠道"), texts(_CHANNELS)),
        "queued_at",
    )
