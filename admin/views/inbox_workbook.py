"""The list of an inbox drawer as a workbook, masked like the page."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from admin.formatters import show_code, show_diagram_name
from admin.records.files import MIMETYPES, Cell, as_xlsx
from engine.api import InboxRow, InboxTab, Present

XLSX = MIMETYPES["xlsx"]


def inbox_workbook(rows: Sequence[InboxRow], tab: InboxTab, present: Present) -> bytes:
    """Return *rows* as xlsx; of what is done also when, in the business time zone."""
    columns = [*_columns(), _("完成时间")] if tab is InboxTab.DONE else _columns()
    return as_xlsx(columns, ((*_cells(row), _done_at(row, present)) for row in rows), title=_("待办"))


def _columns() -> list[str]:
    return [
        _("任务"),
        _("动作"),
        _("车牌"),
        _("厂牌车型"),
        _("客户"),
        _("阶段"),
        _("保险到期"),
        _("上年保费"),
        _("缺联系次数"),
        _("办理期限"),
        _("下次跟进"),
        _("状态"),
        _("责任人"),
    ]


def _cells(row: InboxRow) -> tuple[Cell, ...]:
    return (
        show_diagram_name(row.name),
        row.action_id,
        row.plate,
        row.make_model,
        row.customer,
        show_code(row.stage, "stage"),
        row.expiry_date,
        row.premium,
        row.missing_contacts,
        row.due_date,
        row.follow_up,
        show_code(row.status, "task_status"),
        row.who,
    )


def _done_at(row: InboxRow, present: Present) -> Cell:
    """When it was done; nothing for what is open, so that the column stays empty."""
    return row.completed_at.astimezone(present.zone).replace(tzinfo=None) if row.completed_at else None
