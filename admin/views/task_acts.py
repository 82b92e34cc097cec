"""What is done with a task beside filling its form in: put it off, hand it to a colleague, give it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from admin.drawn_again import drawn_again, refusal_in_both, said_before
from admin.errors import say, status_of
from admin.people_named import colleague_name
from admin.targets import local_target
from admin.views.put_off import late_among
from admin.views.tasks import DELEGATE, PUT_OFF, show_again
from engine.api import (
    EngineError,
    Forbidden,
    NotFound,
    delegate_task,
    put_off_task,
    resume_task,
    return_task,
)

blueprint = Blueprint("task_acts", __name__, url_prefix="/tasks")


def _again(task_id: int) -> ResponseReturnValue:
    """Draw the task's page in the other language with what was refused and what is typed."""
    return show_again(task_id, said_before())


@blueprint.post("/<int:task_id>/put-off")
@drawn_again(_again, form="put-off-form")
def put_off(task_id: int) -> ResponseReturnValue:
    """Let the task wait until a day."""

    def act() -> str:
        day = _day(request.form.get("day", ""))
        reason = request.form.get("reason", "")
        put_off_task(current_engine(), task_id, day, reason=reason, actor=require_actor())
        if late_among([task_id]):
            return _("已记下 %(day)s 再跟进；任务已逾期，仍留在“今天要办”和“逾期”中。", day=day)
        return _("已推迟，%(day)s 再出现在待办中；逾期的不会隐藏。", day=day)

    return _acted(act, task_id, PUT_OFF)


@blueprint.post("/<int:task_id>/resume")
def resume(task_id: int) -> ResponseReturnValue:
    """Take the task up again at once."""

    def act() -> str:
        resume_task(current_engine(), task_id, actor=require_actor())
        return _("已取消推迟，任务回到待办。")

    return _acted(act, task_id)


@blueprint.post("/<int:task_id>/delegate")
@drawn_again(_again, form="delegate-form")
def delegate(task_id: int) -> ResponseReturnValue:
    """Hand the task to a colleague."""

    def act() -> str:
        colleague, note = request.form.get("colleague", "").strip(), request.form.get("note", "")
        number = delegate_task(current_engine(), task_id, colleague, note=note, actor=require_actor())
        return _("已委托 %(who)s 代办，可在“等他人”中查看或收回。", who=colleague_name(number))

    return _acted(act, task_id, DELEGATE)


@blueprint.post("/<int:task_id>/return")
def give_back(task_id: int) -> ResponseReturnValue:
    """Take the task back, or hand it back to whose it is."""

    def act() -> str:
        return_task(current_engine(), task_id, actor=require_actor())
        return _("已收回或交还，历史中有记录。")

    return _acted(act, task_id)


def _acted(act: Callable[[], str], task_id: int, form: str | None = None) -> ResponseReturnValue:
    """Do it, say how it went, and go to where the person came from; a refused *form* is shown as it was typed."""
    target = url_for("tasks.show", task_id=task_id)
    try:
        told = act()
    except (Forbidden, NotFound):
        raise
    except EngineError as error:
        if form is not None:
            return show_again(task_id, {form: refusal_in_both(error)}, status_of(error))
        flash(say(error), "error")
    else:
        flash(told, "success")
        target = url_for("inbox.index")
    return redirect(local_target(request.form.get("next"), target), code=303)


def _day(text: str) -> date | None:
    """The date that was given; the engine says what is wrong with any other text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
