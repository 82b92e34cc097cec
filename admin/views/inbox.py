"""The inbox: its drawers, filters, search, claim and release."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import is_agent, require_actor
from admin.context import current_engine
from admin.errors import say
from admin.formatters import show_code, show_diagram_name
from admin.targets import back_to_inbox
from admin.views.args import url_with
from admin.views.inbox_filter import asked_wish, exact_wish, filter_args
from admin.views.inbox_workbook import XLSX, inbox_workbook
from engine.api import (
    OF_OTHERS,
    Conflict,
    CustomerTier,
    InboxGroup,
    InboxPage,
    InboxSort,
    InboxTab,
    Present,
    Stage,
    claim_task,
    fellow_cars,
    inbox_list,
    inbox_page,
    record_export,
    release_task,
    saved_views,
    unit_choices,
)

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")
SHEET_ROWS = 5_000
OPEN_ROWS = 3
"""So many rows of a card stand open; the others unfold."""
MOST_UNITS = 400
"""More units than that are no help to choose from; a filter by one of them still works."""


def _tabs() -> list[tuple[InboxTab, str]]:
    return [
        (InboxTab.TODAY, _("今天要办")),
        (InboxTab.LATE, _("逾期")),
        (InboxTab.ALL, _("全部")),
        (InboxTab.SNOOZED, _("稍后跟进")),
        (InboxTab.CLAIMABLE, _("可领取")),
        (InboxTab.WAITING, _("等他人")),
        (InboxTab.TEAM, _("团队")),
        (InboxTab.DONE, _("已办")),
    ]


@blueprint.get("")
def index() -> str:
    """Show one drawer of the person's inbox."""
    engine, actor = current_engine(), require_actor()
    present = Present.of(engine.clock)
    wish, faults = asked_wish(after=request.args.get("after"))
    with engine.store.reading() as session:
        page = inbox_page(session, actor, wish, present)
        fellows = fellow_cars(session, actor, {row.renewal_id for row in page.rows})
        units = unit_choices(session, actor, present.today)
        views = saved_views(session, actor, present.today)
    return render_template(
        "inbox/index.html",
        page=page,
        fellows=fellows,
        wish=wish,
        faults=[(fault.say(), fault.name, url_with(**{fault.key: None, "after": None})) for fault in faults],
        tabs=_tabs(),
        today=present.today,
        is_of_others=wish.tab in OF_OTHERS,
        may_call=is_agent(actor) and wish.tab not in (*OF_OTHERS, InboxTab.CLAIMABLE, InboxTab.DONE),
        is_agent=is_agent(actor),
        sheet_url=url_for("inbox.sheet", **filter_args()),
        filter_args=filter_args(),
        views=views,
        is_choosable=wish.tab not in (InboxTab.DONE, *OF_OTHERS) and bool(page.rows),
        is_filtered=wish.is_narrowed or wish.is_void,
        first_url=url_with(after=None) if wish.after else None,
        next_url=url_with(after=page.next_position) if page.next_position else None,
        url_with=url_with,
        open_rows=OPEN_ROWS,
        group_options=[(InboxGroup.CUSTOMER, _("按客户合并")), (InboxGroup.SINGLE, _("逐项"))],
        **_choices(page, units),
    )


def _choices(page: InboxPage, units: Sequence[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer."""
    stages = [stage for stage in Stage if stage not in (Stage.POOL, Stage.CLOSED)]
    return {
        "stage_options": [(stage, show_code(stage, "stage")) for stage in stages],
        "tier_options": [(tier, show_code(tier, "tier")) for tier in CustomerTier],
        "unit_options": list(units) if len(units) <= MOST_UNITS else [],
        "action_options": [
            (a.action_id, f"{show_diagram_name(a.name)} {a.action_id} ({a.count})") for a in page.actions
        ],
        "sort_options": [
            (InboxSort.RISK, _("风险最大的在前")),
            (InboxSort.DUE, _("期限最近的在前")),
            (InboxSort.EXPIRY, _("到期最近的在前")),
        ],
    }


@blueprint.get("/sheet.xlsx")
def sheet() -> Response:
    """Send the list as it is filtered and ordered, masked like the page, as a workbook."""
    engine, actor = current_engine(), require_actor()
    present, wish = Present.of(engine.clock), exact_wish()
    with engine.store.reading() as session:
        rows = inbox_list(session, actor, wish, present, most=SHEET_ROWS)
    record_export(engine, actor=actor, subject="inbox", rows=len(rows), kind="xlsx")
    name = quote(f"{_('待办')}-{present.today:%Y%m%d}.xlsx")
    return Response(
        inbox_workbook(rows, wish.tab, present),
        content_type=XLSX,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
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
    return redirect(back_to_inbox(), code=303)
