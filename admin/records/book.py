"""Lists of the business: renewals, tasks, import batches."""

# ruff: noqa: RUF012 - Flask-Admin is told what to show by class attributes
from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext

from admin.choosing import action_options, staff_options, unit_options
from admin.formatters import show_diagram_name, show_due
from admin.i18n import language
from admin.misread import check_search
from admin.records.base import RecordView
from admin.records.filters import CodeFilter, FlagFilter, PersonFilter, SinceDue, UntilDue
from admin.records.words import (
    BOOK,
    RENEWAL_LINKS,
    customer,
    options,
    texts,
    vehicle,
)
from engine.api import (
    PROFILES,
    BatchStatus,
    RenewalState,
    Role,
    Stage,
    TaskStatus,
)
from engine.tables import (
    ImportBatch,
    Renewal,
    UserTask,
    renewals_matching,
)

_LINES = {
    "both": lazy_gettext("交强＋商业"),
    "ctp": lazy_gettext("交强险"),
    "commercial": lazy_gettext("商业险"),
}


class RenewalRecords(RecordView):
    """Every renewal of the scope, ended ones too."""

    group, intro, lead = BOOK, lazy_gettext("每辆车每个到期年度一笔续保"), "vehicle"
    column_list = (
        "vehicle", "customer", "expiry_date", "stage", "state", "owner_no", "workplace_code", "sub_branch_code",
        "contacts",
    )  # fmt: skip
    column_details_list = (
        "id", "vehicle", "customer", "expiry_date", "lines", "premium", "ctp_premium", "stage", "state", "outcome",
        "is_key", "is_orphan", "is_late", "owner_no", "owner_role", "agent_no", "supervisor_no", "trainer_no",
        "specialist_no", "team_code", "workplace_code", "sub_branch_code", "branch_code", "contacts",
        "failed_visits", "last_contact_at", "quote_opens_date", "has_actual_quote", "started_at", "ended_at",
    )  # fmt: skip
    column_labels = {
        "id": lazy_gettext("编号"), "vehicle": lazy_gettext("车牌"), "customer": lazy_gettext("客户"),
        "expiry_date": lazy_gettext("到期日"), "lines": lazy_gettext("险种"), "premium": lazy_gettext("商业险保费"),
        "ctp_premium": lazy_gettext("交强险保费"), "stage": lazy_gettext("阶段"), "state": lazy_gettext("状态"),
        "outcome": lazy_gettext("结果"), "is_key": lazy_gettext("重点客户"), "is_orphan": lazy_gettext("孤儿单"),
        "is_late": lazy_gettext("清单晚到"), "owner_no": lazy_gettext("责任人"),
        "owner_role": lazy_gettext("责任岗位"), "agent_no": lazy_gettext("营销员"),
        "supervisor_no": lazy_gettext("业务主任"), "trainer_no": lazy_gettext("组训"),
        "specialist_no": lazy_gettext("专员"), "team_code": lazy_gettext("营业组"),
        "workplace_code": lazy_gettext("职场"), "sub_branch_code": lazy_gettext("支公司"),
        "branch_code": lazy_gettext("分支机构"), "contacts": lazy_gettext("联系次数"),
        "failed_visits": lazy_gettext("未成功拜访"), "last_contact_at": lazy_gettext("最近联系"),
        "quote_opens_date": lazy_gettext("可报价日"), "has_actual_quote": lazy_gettext("已实际报价"),
        "started_at": lazy_gettext("开始"), "ended_at": lazy_gettext("结束"),
    }  # fmt: skip
    codes = {"stage": "stage", "state": "state", "outcome": "state", "owner_role": "role"}
    cells = {
        "vehicle": vehicle,
        "customer": customer,
        "lines": lambda _view, row: _LINES.get(row.lines, row.lines),
    }
    links = RENEWAL_LINKS
    numbers = frozenset({"contacts", "premium", "ctp_premium"})
    column_sortable_list = ("expiry_date", "stage", "state", "contacts")
    column_default_sort = [("expiry_date", False), ("id", False)]
    column_searchable_list = ("vin", "policy_no")
    search_hint = lazy_gettext("车牌、手机、证件号（全号或后四位），姓名，车架号、保单号（可只输开头）")
    column_filters = (
        CodeFilter(Renewal.stage, lazy_gettext("阶段"), options(Stage)),
        CodeFilter(Renewal.state, lazy_gettext("状态"), options(RenewalState)),
        "expiry_date",
        CodeFilter(Renewal.workplace_code, lazy_gettext("职场"), unit_options),
        FlagFilter(Renewal.is_orphan, lazy_gettext("孤儿单")),
    )

    def _apply_search(
        self, query: Any, count_query: Any, joins: Any, count_joins: Any, search: str
    ) -> tuple[Any, Any, Any, Any]:
        """Find what the console's other lists find: sealed columns cannot be compared piece by piece."""
        check_search(search)
        found = renewals_matching(self.session, search)
        if found is None:
            return query, count_query, joins, count_joins
        counted = None if count_query is None else count_query.filter(found)
        return query.filter(found), counted, joins, count_joins


class TaskRecords(RecordView):
    """Every task, done, missed and withdrawn ones too."""

    group, intro, lead = BOOK, lazy_gettext("流程交给人办理的每一项任务"), "name"
    column_list = (
        "name", "vehicle", "action_id", "role", "assignee_no", "stage", "status", "due_at", "completed_at",
        "completed_by",
    )  # fmt: skip
    column_details_list = (
        "id", "name", "action_id", "vehicle", "stage", "role", "unit_code", "assignee_no", "status", "priority",
        "created_at", "due_at", "claimed_by", "claimed_at", "completed_at", "completed_by", "version",
    )  # fmt: skip
    column_labels = {
        "id": lazy_gettext("编号"), "name": lazy_gettext("任务"), "vehicle": lazy_gettext("车牌"),
        "action_id": lazy_gettext("动作"), "role": lazy_gettext("岗位"), "assignee_no": lazy_gettext("办理人"),
        "unit_code": lazy_gettext("机构"), "stage": lazy_gettext("阶段"), "status": lazy_gettext("状态"),
        "priority": lazy_gettext("优先级"), "created_at": lazy_gettext("产生"), "due_at": lazy_gettext("截止"),
        "claimed_by": lazy_gettext("领取人"), "claimed_at": lazy_gettext("领取"),
        "completed_at": lazy_gettext("办结"), "completed_by": lazy_gettext("办结人"),
        "version": lazy_gettext("版本"),
    }  # fmt: skip
    codes = {"role": "role", "stage": "stage", "status": "task_status"}
    cells = {
        "name": lambda _view, row: show_diagram_name(row.name),
        "vehicle": vehicle,
        "due_at": lambda _view, row: show_due(row.due_at),
    }
    links = RENEWAL_LINKS
    column_sortable_list = ("status", "due_at", "completed_at", "action_id")
    column_default_sort = [("due_at", True), ("id", True)]
    column_filters = (
        CodeFilter(UserTask.status, lazy_gettext("状态"), options(TaskStatus)),
        CodeFilter(UserTask.role, lazy_gettext("岗位"), options(Role)),
        CodeFilter(UserTask.action_id, lazy_gettext("动作"), action_options),
        PersonFilter(UserTask.assignee_no, lazy_gettext("办理人"), staff_options),
        SinceDue(UserTask.due_at, lazy_gettext("截止")),
        UntilDue(UserTask.due_at, lazy_gettext("截止")),
    )


_BATCH_KINDS = {"pending": lazy_gettext("待续保清单"), "issued": lazy_gettext("新签保单")}


class ImportRecords(RecordView):
    """Every import batch of the scope."""

    group, intro, lead = BOOK, lazy_gettext("导入的清单与结果"), "file_name"
    column_list = (
        "file_name", "kind", "source", "status", "read", "new", "changed", "unchanged", "rejected", "started",
        "created_at", "created_by",
    )  # fmt: skip
    column_details_list = (
        "id", "file_name", "kind", "source", "status", "encoding", "file_sha256", "read", "new", "changed",
        "unchanged", "rejected", "warnings", "started", "created_at", "created_by", "committed_at", "committed_by",
    )  # fmt: skip
    column_labels = {
        "id": lazy_gettext("编号"), "file_name": lazy_gettext("文件"), "kind": lazy_gettext("种类"),
        "source": lazy_gettext("来源格式"), "status": lazy_gettext("状态"), "encoding": lazy_gettext("字符编码"),
        "file_sha256": lazy_gettext("文件指纹"), "read": lazy_gettext("读取"), "new": lazy_gettext("新增"),
        "changed": lazy_gettext("变更"), "unchanged": lazy_gettext("未变"), "rejected": lazy_gettext("拒绝"),
        "warnings": lazy_gettext("提示"), "started": lazy_gettext("启动续保"), "created_at": lazy_gettext("上传"),
        "created_by": lazy_gettext("上传人"), "committed_at": lazy_gettext("入库"),
        "committed_by": lazy_gettext("入库人"),
    }  # fmt: skip
    codes = {"status": "batch_status"}
    cells = {
        "kind": lambda _view, row: str(_BATCH_KINDS.get(row.kind, row.kind)),
        "source": lambda _view, row: (
            PROFILES[row.source].name.say(language()) if row.source in PROFILES else row.source
        ),
    }
    links = {"file_name": lambda row: url_for("imports.show", batch_id=row.id)}
    numbers = frozenset({"read", "new", "changed", "unchanged", "rejected", "started", "warnings"})
    column_sortable_list = ("created_at", "status", "read", "rejected")
    column_default_sort = [("created_at", True), ("id", True)]
    column_searchable_list = ("file_name",)
    search_hint = lazy_gettext("文件名")
    column_filters = (
        CodeFilter(ImportBatch.status, lazy_gettext("状态"), options(BatchStatus)),
        CodeFilter(ImportBatch.kind, lazy_gettext("种类"), texts(_BATCH_KINDS)),
        "created_at",
    )
