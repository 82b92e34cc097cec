"""The morning sheet (晨会单) of a team or workplace: on the screen, on paper, as a workbook."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Response, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from admin.actor import require_actor
from admin.context import current_engine
from admin.formatters import show_code, show_listed
from admin.i18n import counted, language
from admin.last_look import last_looked_at, look_at
from admin.menu import MenuItem, register
from admin.records.files import Cell
from admin.views.args import text_arg
from admin.views.sheets import workbook
from engine.api import (
    MORNING_READERS,
    Actor,
    Forbidden,
    MorningRow,
    MorningSheet,
    Present,
    morning_sheet,
    record_export,
    record_view,
)

blueprint = Blueprint("morning", __name__, url_prefix="/morning")
SHEET_ROWS = 5_000
UNIT = "morning"
register(
    MenuItem(
        endpoint="morning.index",
        label=lazy_gettext("晨会单"),
        icon="calendar",
        order=32,
        roles=MORNING_READERS,
        family=("morning.",),
    )
)


def _reader() -> Actor:
    actor = require_actor()
    if not actor.roles & MORNING_READERS:
        raise Forbidden(act=_("查看晨会单"))
    return actor


def _sheet(actor: Actor, most: int | None = None) -> MorningSheet:
    engine = current_engine()
    present, unit = Present.of(engine.clock), text_arg("unit") or None
    more = {} if most is None else {"most": most}
    with engine.store.reading() as session:
        return morning_sheet(
            session,
            actor,
            present,
            unit=unit,
            last_seen=last_looked_at(UNIT),
            deployed_of=engine.deployed,
            **more,
        )


@blueprint.get("")
def index() -> str:
    """Show the sheet of one team or workplace."""
    actor = _reader()
    sheet = _sheet(actor)
    if sheet.unit is not None and text_arg("unit"):
        look_at(UNIT, sheet.unit.code)
    record_view(current_engine(), actor=actor, subject="morning")
    return render_template(
        "morning/index.html",
        sheet=sheet,
        today=sheet.day,
        unit_options=[(one.code, one.name) for one in sheet.choices],
        sheet_url=url_for("morning.sheet", unit=sheet.unit.code) if sheet.unit else None,
    )


@blueprint.get("/sheet.xlsx")
def sheet() -> Response:
    """Send the sheet as a workbook: one row a renewal, masked."""
    actor = _reader()
    taken = _sheet(actor, SHEET_ROWS)
    rows = list(_cells(taken))
    record_export(current_engine(), actor=actor, subject="morning", rows=len(rows), kind="xlsx")
    unit = taken.unit.name if taken.unit else ""
    return workbook(f"{_('晨会单')}-{unit}-{taken.day:%Y%m%d}", _headers(), rows, above=[[unit, taken.day]])


def _headers() -> list[str]:
    return [
        _("责任人"),
        _("工号"),
        _("车牌"),
        _("客户"),
        _("保险到期"),
        _("剩余天数"),
        _("阶段"),
        _("要办的任务"),
        _("缺联系次数"),
        _("最近联系日"),
        _("标记"),
        _("今日结果"),
    ]


def _cells(sheet: MorningSheet) -> Iterable[list[Cell]]:
    for part in sheet.parts:
        for row in part.rows:
            yield [
                part.name or _("无责任人"),
                part.number or "",
                row.plate or "",
                row.customer or "",
                row.expiry_date,
                row.days_left,
                show_code(row.stage, "stage"),
                _tasks(row),
                row.missing_contacts,
                row.last_contact,
                _marks(row),
                "",
            ]


def _tasks(row: MorningRow) -> str:
    sign = "；" if language() == "zh" else "; "
    return sign.join(
        f"{task.name.say(language())} {task.due_date or ''}"
        + (f" {counted('逾期 %(n)s 天', n=task.late_days)}" if task.late_days else "")
        for task in row.tasks
    )


def _marks(row: MorningRow) -> str:
    marks = [
        (row.is_key, _("重点客户")),
        (row.is_orphan, _("孤儿单")),
        (row.is_lapsing, _("7 天内到期")),
        (row.do_not_contact, _("不再联系")),
    ]
    return show_listed(text for is_so, text in marks if is_so)
