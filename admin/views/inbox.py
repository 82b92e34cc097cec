"""The inbox: five drawers, filters, search, claim and release."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say
from admin.formatters import show_code, show_diagram_name
from admin.records.files import WRITERS
from admin.targets import local_target
from admin.views.args import code_arg, day_arg, text_arg, url_with
from engine.api import (
    Conflict,
    InboxRow,
    InboxSort,
    InboxTab,
    InboxWish,
    Present,
    Stage,
    claim_task,
    inbox_page,
    record_export,
    release_task,
)

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")
SHEET_ROWS = 5_000
FILTERS = ("tab", "action", "stage", "from", "to", "q", "sort")


def _tabs() -> list[tuple[InboxTab, str]]:
    return [
        (InboxTab.TODAY, _("今天要办")),
        (InboxTab.LATE, _("逾期")),
        (InboxTab.ALL, _("全部")),
        (InboxTab.CLAIMABLE, _("可领取")),
        (InboxTab.TEAM, _("团队")),
        (InboxTab.DONE, _("已办")),
    ]


@blueprint.get("")
def index() -> str:
    """Show one drawer of the person's inbox."""
    engine, actor = current_engine(), require_actor()
    present, wish = Present.of(engine.clock), wish_of(after=request.args.get("after"))
    with engine.store.reading() as session:
        page = inbox_page(session, actor, wish, present)
    return render_template(
        "inbox/index.html",
        page=page,
        wish=wish,
        tabs=_tabs(),
        today=present.today,
        stage_options=[(s, show_code(s, "stage")) for s in Stage if s not in (Stage.POOL, Stage.CLOSED)],
        action_options=[
            (a.action_id, f"{show_diagram_name(a.name)} {a.action_id} ({a.count})") for a in page.actions
        ],
        sort_options=[
            (InboxSort.RISK, _("风险最大的在前")),
            (InboxSort.DUE, _("期限最近的在前")),
            (InboxSort.EXPIRY, _("到期最近的在前")),
        ],
        sheet_url=url_for("inbox.sheet", **{name: text_arg(name) for name in FILTERS if text_arg(name)}),
        is_choosable=wish.tab not in (InboxTab.DONE, InboxTab.TEAM) and bool(page.rows),
        is_filtered=bool(wish.action_id or wish.stage or wish.due_from or wish.due_to or wish.search),
        first_url=url_with(after=None) if wish.after else None,
        next_url=url_with(after=page.next_position) if page.next_position else None,
    )


@blueprint.get("/sheet.xlsx")
def sheet() -> Response:
    """Send the list as it is filtered and ordered, masked like the page, as a workbook."""
    engine, actor = current_engine(), require_actor()
    present, wish = Present.of(engine.clock), replace(wish_of(), limit=SHEET_ROWS)
    with engine.store.reading() as session:
        rows = inbox_page(session, actor, wish, present).rows
    record_export(engine, actor=actor, subject="inbox", rows=len(rows), kind="xlsx")
    write, mimetype = WRITERS["xlsx"]
    name = quote(f"{_('待办')}-{present.today:%Y%m%d}.xlsx")
    return Response(
        write(_headers(), (_cells(row) for row in rows)),
        content_type=mimetype,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


def _headers() -> list[str]:
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
        _("状态"),
        _("责任人"),
    ]


def _cells(row: InboxRow) -> list[str]:
    return [
        show_diagram_name(row.name),
        row.action_id,
        row.plate or "",
        row.make_model or "",
        row.customer or "",
        show_code(row.stage, "stage"),
        row.expiry_date.isoformat(),
        f"{row.premium:.2f}" if row.premium is not None else "",
        str(row.missing_contacts),
        row.due_date.isoformat() if row.due_date else "",
        show_code(row.status, "task_status"),
        row.who or "",
    ]


def wish_of(after: str | None = None) -> InboxWish:
    """Return the drawer and the filter that the request asks for."""
    stage = code_arg("stage", Stage)
    return InboxWish(
        tab=code_arg("tab", InboxTab) or InboxTab.TODAY,
        action_id=text_arg("action") or None,
        stage=str(stage) if stage else None,
        due_from=day_arg("from"),
        due_to=day_arg("to"),
        search=text_arg("q"),
        sort=code_arg("sort", InboxSort),
        after=after,
    )


@blueprint.post("/<int:task_id>/claim")
def claim(task_id: int) -> ResponseReturnValue:
    """Take a task for oneself and open its form."""
    try:
        claim_task(current_engine(), task_id, actor=require_actor())
    except Conflict as error:
        flash(say(error), "error")
        return _back()
    flash(_("已领取，请办理。"), "success")
    return redirect(url_for("tasks.show", task_id=task_id), code=303)


@blueprint.post("/<int:task_id>/release")
def release(task_id: int) -> ResponseReturnValue:
    """Give a claimed task back to its role."""
    try:
        release_task(current_engine(), task_id, actor=require_actor())
    except Conflict as error:
        flash(say(error), "error")
    else:
        flash(_("已退回，同岗位的同事可以领取。"), "success")
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(local_target(request.form.get("next"), url_for("inbox.index")), code=303)
