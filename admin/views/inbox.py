"""The inbox: five drawers, filters, search, claim and release."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say
from admin.formatters import show_code, show_diagram_name
from admin.targets import local_target
from admin.views.args import code_arg, day_arg, text_arg, url_with
from engine.api import (
    Conflict,
    InboxTab,
    InboxWish,
    Present,
    Stage,
    claim_task,
    inbox_page,
    release_task,
)

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")


def _tabs() -> list[tuple[InboxTab, str]]:
    return [
        (InboxTab.TODAY, _("今天要办")),
        (InboxTab.LATE, _("逾期")),
        (InboxTab.ALL, _("全部")),
        (InboxTab.CLAIMABLE, _("可领取")),
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
        is_choosable=wish.tab is not InboxTab.DONE and bool(page.rows),
        is_filtered=bool(wish.action_id or wish.stage or wish.due_from or wish.due_to or wish.search),
        first_url=url_with(after=None) if wish.after else None,
        next_url=url_with(after=page.next_position) if page.next_position else None,
    )


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
