"""Hand many tasks to one colleague: chosen in the inbox, looked at, handed on one by one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say
from admin.i18n import counted
from admin.people_named import colleague_name
from admin.targets import back_to_inbox
from admin.views.chosen import chosen_tasks, page_of_chosen, tell_refusals
from engine.api import (
    MOST_HANDED_ON,
    EngineError,
    HandOnPage,
    Present,
    delegate_tasks,
    hand_on_page,
)

blueprint = Blueprint("hand_on", __name__, url_prefix="/inbox/hand-on")


@blueprint.post("")
def choose() -> ResponseReturnValue:
    """Show what was chosen and ask for the colleague."""
    back = back_to_inbox()
    page = page_of_chosen(
        _page,
        most=MOST_HANDED_ON,
        how_many=_("请勾选 1 至 %(n)s 项任务后再委托。", n=MOST_HANDED_ON),
        nothing=_("所选任务都不能委托：不是您的任务，或已委托、已办结。"),
    )
    if page is None:
        return redirect(back, code=303)
    return render_template("inbox/hand_on.html", page=page, back=back)


@blueprint.post("/confirm")
def confirm() -> ResponseReturnValue:
    """Hand the tasks on and say what became of them."""
    back = back_to_inbox()
    colleague, note = request.form.get("colleague", "").strip(), request.form.get("note", "")
    try:
        found = delegate_tasks(
            current_engine(), chosen_tasks(most=MOST_HANDED_ON), colleague, note=note, actor=require_actor()
        )
    except EngineError as error:
        flash(say(error), "error")
        return redirect(back, code=303)
    refused = [error for error in found.values() if error is not None]
    if len(refused) < len(found):
        done = len(found) - len(refused)
        flash(
            counted(
                "已将 %(n)s 项任务委托 %(who)s 代办，可在“等他人”中查看或收回。",
                n=done,
                who=colleague_name(colleague),
            ),
            "success",
        )
    tell_refusals(refused)
    return redirect(back, code=303)


def _page(tasks: list[int]) -> HandOnPage:
    engine = current_engine()
    with engine.store.reading() as session:
        return hand_on_page(session, require_actor(), tasks, Present.of(engine.clock))
