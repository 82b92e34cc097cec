"""Put many tasks off to one day: chosen in the inbox, looked at, put off one by one; and take them up again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from admin.drawn_again import PAGE, drawn_again, keep_said, refusal_in_both, said_before
from admin.errors import say
from admin.i18n import counted, language
from admin.targets import back_to_inbox
from admin.views.chosen import chosen_tasks, page_of_chosen, still_chosen, tell_refusals
from engine.api import (
    MOST_PUT_OFF,
    EngineError,
    Label,
    Present,
    PutOffPage,
    put_off_page,
    put_off_tasks,
    resume_tasks,
)

blueprint = Blueprint("put_off", __name__, url_prefix="/inbox/put-off")


def _again() -> ResponseReturnValue:
    """Draw the page in the other language with what is typed, what is chosen, and what was refused."""
    page = _page(chosen_tasks(most=MOST_PUT_OFF)[:MOST_PUT_OFF])
    return _render(page, said_before()) if page.rows else redirect(back_to_inbox(), code=303)


@blueprint.post("")
@drawn_again(_again, form="put-off")
def choose() -> ResponseReturnValue:
    """Show what was chosen and ask until when."""
    page = page_of_chosen(
        _page,
        most=MOST_PUT_OFF,
        how_many=_("请勾选 1 至 %(n)s 项任务。", n=MOST_PUT_OFF),
        nothing=_("所选任务都不能推迟：不是您的任务，或还没有人领取，或已办结。"),
    )
    return redirect(back_to_inbox(), code=303) if page is None else _render(page)


@blueprint.post("/confirm")
@drawn_again(_again, form="put-off")
def confirm() -> ResponseReturnValue:
    """Put the tasks off; those that are refused stay on the page, each with its reason."""
    day, tasks = _day(), chosen_tasks(most=MOST_PUT_OFF)
    try:
        found = put_off_tasks(
            current_engine(), tasks, day, reason=request.form.get("reason", ""), actor=require_actor()
        )
    except EngineError as error:
        return _refused(tasks[:MOST_PUT_OFF], {PAGE: refusal_in_both(error)})
    refused = {task_id: _why(error) for task_id, error in found.items() if error is not None}
    if done := [task_id for task_id in found if task_id not in refused]:
        flash(_told(done, day), "success")
    if not refused:
        return redirect(back_to_inbox(), code=303)
    return _refused(list(refused), {str(task_id): why for task_id, why in refused.items()})


def _refused(tasks: list[int], said: Mapping[str, Label]) -> ResponseReturnValue:
    """Show what is left to put off, with the reasons; back to the list where nothing is left."""
    return still_chosen(_page(tasks), said, _render)


@blueprint.post("/resume")
def resume() -> ResponseReturnValue:
    """Take the chosen tasks up again at once; those that were not put off are left alone and not counted."""
    try:
        tasks = chosen_tasks(most=MOST_PUT_OFF)
        waiting = {row.task_id for row in _page(tasks).rows if row.follow_up is not None}
        found = resume_tasks(current_engine(), tasks, actor=require_actor())
    except EngineError as error:
        flash(say(error), "error")
        return redirect(back_to_inbox(), code=303)
    refused = [error for error in found.values() if error is not None]
    if done := sum(1 for task_id, error in found.items() if error is None and task_id in waiting):
        flash(counted("已取消 %(n)s 项任务的推迟，任务回到待办。", n=done), "success")
    elif not refused:
        flash(_("所选任务都没有推迟，无需取消。"), "warning")
    tell_refusals(refused)
    return redirect(back_to_inbox(), code=303)


def _told(done: list[int], day: date | None) -> str:
    """Where the tasks that were put off are listed now: what is late stays where it was."""
    count, late = len(done), late_among(done)
    if not late:
        return counted("已将 %(n)s 项任务推迟到 %(day)s，列在“稍后跟进”；逾期的不会隐藏。", n=count, day=day)
    if late == count:
        return counted(
            "已将 %(n)s 项任务推迟到 %(day)s；都已逾期，仍留在“今天要办”和“逾期”中，可在那里取消推迟。",
            n=count,
            day=day,
        )
    return counted(
        "已将 %(n)s 项任务推迟到 %(day)s：%(late)s 项已逾期，仍留在“今天要办”和“逾期”中，其余列在“稍后跟进”，都可取消推迟。",
        n=count,
        day=day,
        late=late,
    )


def late_among(tasks: list[int]) -> int:
    """Return how many of the person's *tasks* are late, and so stay in sight whatever was wished."""
    return sum(1 for row in _page(tasks).rows if row.is_late)


def _why(error: EngineError) -> Label:
    """What stands beside a refused task: the reason alone, as the column says what it is about."""
    reason = error.params.get("reason")
    return reason if isinstance(reason, Label) else refusal_in_both(error)


def _day() -> date | None:
    try:
        return date.fromisoformat(request.form.get("day", "").strip())
    except ValueError:
        return None


def _page(tasks: list[int]) -> PutOffPage:
    engine = current_engine()
    with engine.store.reading() as session:
        return put_off_page(session, require_actor(), tasks, Present.of(engine.clock))


def _render(page: PutOffPage, said: Mapping[str, Label] = MappingProxyType({})) -> str:
    """Show what is chosen; *said* holds what was refused, the whole or single tasks."""
    keep_said(said)
    shown = {place: label.say(language()) for place, label in said.items()}
    refusal = shown.pop(PAGE, None)
    return render_template(
        "inbox/put_off.html", page=page, back=back_to_inbox(), refusal=refusal, refused=shown
    )
