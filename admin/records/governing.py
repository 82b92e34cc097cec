"""Lists of what governs: deployed definitions and the history."""

# ruff: noqa: RUF012 - Flask-Admin is told what to show by class attributes
from __future__ import annotations

from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from admin.choosing import actor_options
from admin.context import current_engine
from admin.i18n import language
from admin.records.base import READERS, RecordView
from admin.records.filters import CodeFilter, NumberFilter, PersonFilter
from admin.records.words import (
    GOVERNING,
    RENEWAL_LINKS,
    vehicle,
)
from engine.api import (
    CATALOGUE,
    KIND_LABELS,
    NAME_EN,
    Deployed,
    EngineError,
    Kind,
    Role,
    actions_of,
    entries_of,
)
from engine.tables import (
    HistoryEvent,
)


class DefinitionRecords(RecordView):
    """Every deployed set of diagrams, tables and forms; those who own and approve processes read it too."""

    readers = READERS | {Role.PROCESS_OWNER, Role.APPROVER}
    details_template = "records/definition.html"

    group, intro, lead = GOVERNING, lazy_gettext("已发布的流程图、决策表与表单，每版不可更改"), "version"
    column_list = ("version", "digest", "file_count", "deployed_at", "deployed_by", "approved_by", "note")
    column_details_list = (
        "version", "deployed_at", "deployed_by", "approved_by", "note", "file_count", "digest_full",
    )  # fmt: skip
    column_labels = {
        "version": lazy_gettext("版本"), "digest": lazy_gettext("指纹"), "digest_full": lazy_gettext("指纹"),
        "file_count": lazy_gettext("文件数"), "deployed_at": lazy_gettext("发布"),
        "deployed_by": lazy_gettext("发布人"), "approved_by": lazy_gettext("审批人"), "note": lazy_gettext("说明"),
    }  # fmt: skip
    cells = {
        "version": lambda _view, row: _("第 %(n)s 版", n=row.version),
        "digest": lambda _view, row: row.digest[:12],
        "digest_full": lambda _view, row: row.digest,
        "file_count": lambda _view, row: str(len(row.files)),
    }
    numbers = frozenset({"file_count"})
    small = frozenset({"digest", "digest_full"})
    column_sortable_list = ("version", "deployed_at")
    column_default_sort = [("version", True)]
    column_filters = ("deployed_at",)

    def render(self, template: str, **kwargs: Any) -> Any:
        """Show a version with what it consists of."""
        if template == self.details_template:
            kwargs["contents"] = contents_of(current_engine().deployed(kwargs["model"].id), language())
        return super().render(template, **kwargs)


def contents_of(deployed: Deployed, lang: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return kind → (title, file name) of everything in a set."""
    elements = deployed.process.elements
    called = {e.called: e.properties.get(NAME_EN) or e.name for e in elements.nodes if e.called}
    diagrams = [
        (called.get(p.id, p.id) if lang == "en" else p.name or p.id, p.file) for p in elements.processes
    ]
    tables = [
        (_table(name, decision), f"{name}.dmn") for name, decision in sorted(deployed.decisions.items())
    ]
    forms = [(form.title.say(lang), f"{name}.json") for name, form in sorted(deployed.forms.items())]
    return [(_("流程图"), diagrams), (_("决策表"), tables), (_("表单"), forms)]


_TABLES = {
    "renewability": lazy_gettext("可否续保"),
    "ctp_base": lazy_gettext("交强险基础保费"),
    "ctp_float": lazy_gettext("交强险费率浮动"),
    "ncd_level": lazy_gettext("无赔款优待系数"),
    "self_pricing_range": lazy_gettext("自主定价系数区间"),
    "forecast_band": lazy_gettext("预测区间"),
    "quote_window": lazy_gettext("报价窗口"),
    "vehicle_tax": lazy_gettext("车船税"),
    "customer_tier": lazy_gettext("客户分层"),
    "key_customer": lazy_gettext("重点客户"),
}


def _table(name: str, decision: Any) -> str:
    return str(_TABLES.get(name) or getattr(decision, "name", None) or name)


def _kinds() -> list[tuple[str, str]]:
    return [(str(kind), KIND_LABELS[kind].say(language())) for kind in Kind]


class _KindFilter(CodeFilter):
    """Events of one kind, as the timeline of a renewal sorts them."""

    def apply(self, query: Any, value: Any, alias: Any = None) -> Any:
        """Keep the events whose action is of the kind."""
        return query.filter(self.get_column(alias).in_(actions_of(Kind(value))))


class HistoryRecords(RecordView):
    """Everything that happened, in plain sentences; nothing of it can be changed."""

    group, intro, lead = GOVERNING, lazy_gettext("发生过的每一件事，只增不改"), "sentence"
    column_list = ("seq", "at", "sentence", "vehicle", "actor")
    column_details_list = ("seq", "at", "sentence", "vehicle", "actor", "subject", "reason", "action", "hash")
    column_labels = {
        "seq": lazy_gettext("序号"), "at": lazy_gettext("时间"), "sentence": lazy_gettext("事件"),
        "vehicle": lazy_gettext("车牌"), "actor": lazy_gettext("操作人"), "subject": lazy_gettext("对象"),
        "reason": lazy_gettext("原因"), "action": lazy_gettext("类别"), "hash": lazy_gettext("校验值"),
    }  # fmt: skip
    cells = {
        "sentence": lambda _view, row: g.sentences.get(row.seq, row.action),
        "vehicle": vehicle,
        "action": lambda _view, row: g.kinds.get(row.seq, row.action),
    }
    small = frozenset({"action", "hash"})
    links = RENEWAL_LINKS
    column_sortable_list = ("seq", "at")
    column_default_sort = [("seq", True)]
    column_filters = (
        _KindFilter(HistoryEvent.action, lazy_gettext("类别"), _kinds),
        PersonFilter(HistoryEvent.actor, lazy_gettext("操作人"), actor_options),
        NumberFilter(HistoryEvent.instance_id, lazy_gettext("续保编号")),
        "at",
    )

    def _accompany(self, rows: Any) -> None:
        super()._accompany(rows)
        engine = current_engine()
        try:
            deployed = engine.latest()
        except EngineError:
            deployed = None
        operations = {name: operation.label for name, operation in CATALOGUE.items()}
        entries = entries_of(
            self.session(), rows, deployed=deployed, operations=operations, zone=engine.clock.zone
        )
        g.sentences = {entry.seq: entry.text.say(language()) for entry in entries}
        actions = {row.seq: row.action for row in rows}
        g.kinds = {
            entry.seq: f"{KIND_LABELS[entry.kind].say(language())} · {actions[entry.seq]}"
            for entry in entries
        }
