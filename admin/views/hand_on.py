"""Hand many tasks to one colleague: chosen in the inbox, looked at, handed on one by one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from admin.drawn_again import PAGE, drawn_again, keep_said, refusal_in_both, said_before
from admin.i18n import counted, language
from admin.people_named import colleague_name
from admin.targets import back_to_inbox
from admin.views.chosen import chosen_tasks, page_of_chosen, still_chosen
from engine.api import (
    MOST_HANDED_ON,
    EngineError,
    HandOnPage,
    Label,
    Present,
    delegate_tasks,
    hand_on_page,
)

blueprint = Blueprint("hand_on", __name__, url_prefix="/inbox/hand-on")


def _again() -> ResponseReturnValue:
    """Draw the page in the other language with what is typed, what is chosen, and what was refused."""
    page = _page(chosen_tasks(most=MOST_HANDED_ON)[:MOST_HANDED_ON])
    return _render(page, said_before()) if page.rows else redirect(back_to_inbox(), code=303)


@blueprint.post("")
@drawn_again(_again, form="hand-on")
def choose() -> ResponseReturnValue:
    """Show what was chosen and ask for the colleague."""
    page = page_of_chosen(
        _page,
        most=MOST_HANDED_ON,
        how_many=_("请勾选 1 至 %(n)s 项任务后再委托。", n=MOST_HANDED_ON),
        nothing=_("所选任务都不能委托：不是您的任务，或已委托、已办结。"),
    )
    return redirect(back_to_inbox(), code=303) if page is None else _render(page)


@blueprint.post("/confirm")
@drawn_again(_again, form="hand-on")
def confirm() -> ResponseReturnValue:
    """Hand the tasks on; those that are refused stay on the page with their reasons and what was typed."""
    tasks: list[int] = []
    colleague, note = request.form.get("colleague", "").strip(), request.form.get("note", "")
    try:
        tasks = chosen_tasks(most=MOST_HANDED_ON)
        found = delegate_tasks(current_engine(), tasks, colleague, note=note, actor=require_actor())
    except EngineError as error:
        return _refused(tasks[:MOST_HANDED_ON], {PAGE: refusal_in_both(error)})
    refused = {task_id: refusal_in_both(error) for task_id, error in found.items() if error is not None}
    if done := len(found) - len(refused):
        flash(
            counted(
                "已将 %(n)s 项任务委托 %(who)s 代办，可在“等他人”中查看或收回。",
                n=done,
                who=colleague_name(colleague),
            ),
            "success",
        )
    if not refused:
        return redirect(back_to_inbox(), code=303)
    return _refused(list(refused), {str(task_id): why for task_id, why in refused.items()})


def _refused(tasks: list[int], said: Mapping[str, Label]) -> ResponseReturnValue:
    """Show what is left to hand on, with the reasons; back to the list where nothing is left."""
    return still_chosen(_page(tasks), said, _render)


def _render(page: HandOnPage, said: Mapping[str, Label] = MappingProxyType({})) -> str:
    """Show what is chosen; *said* holds what was refused, the whole or single tasks."""
    keep_said(said)
    shown = {place: label.say(language()) for place, label in said.items()}
    refusal = shown.pop(PAGE, None)
    return render_template(
        "inbox/hand_on.html", page=page, back=back_to_inbox(), refusal=refusal, refused=shown
    )


def _page(tasks: list[int]) -> HandOnPage:
    engine = current_engine()
    with engine.store.reading() as session:
        return hand_on_page(session, require_actor(), tasks, Present.of(engine.clock))
