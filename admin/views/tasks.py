"""The form of one task: shown, kept as a draft, submitted, and what happens when somebody was faster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

import forms
from admin.actor import require_actor
from admin.context import current_engine
from admin.drawing import drawn
from admin.errors import say, status_of
from admin.fields import typed_values
from admin.i18n import language
from admin.targets import local_target
from engine.api import (
    Conflict,
    EngineError,
    Forbidden,
    InvalidForm,
    NotFound,
    Present,
    StepFailed,
    TaskPage,
    colleagues_for,
    complete_task,
    may_reveal,
    notes_of,
    record_view,
    save_draft,
    task_page,
    urge_task,
)

blueprint = Blueprint("tasks", __name__, url_prefix="/tasks")


@blueprint.get("/<int:task_id>")
def show(task_id: int) -> str:
    """Show the task's form beside what the person needs for it."""
    page = _page(task_id)
    engine, renewal_id = current_engine(), page.renewal_id
    record_view(engine, actor=require_actor(), subject="task", renewal_id=renewal_id, task_id=task_id)
    return _render(page, _first_values(page))


@blueprint.post("/<int:task_id>")
def complete(task_id: int) -> ResponseReturnValue:
    """Submit the form; a refusal shows the page again with everything that was typed."""
    page = _page(task_id)
    values = typed_values(page.form, request.form)
    try:
        done = complete_task(current_engine(), task_id, values, actor=require_actor(), version=_version(page))
    except InvalidForm as error:
        return _render(page, values, problems=_problems(error), refusal=say(error)), 422
    except (Conflict, StepFailed) as error:
        return _render(_page(task_id), values, refusal=say(error), is_conflict=True), status_of(error)
    opened = len(done.opened)
    name, car = page.name.say(language()), page.plate or _("无车牌")
    flash(
        _("%(car)s 的“%(name)s”已完成，新开 %(n)s 项任务。", car=car, name=name, n=opened)
        if opened
        else _("%(car)s 的“%(name)s”已完成。", car=car, name=name),
        "success",
    )
    return redirect(url_for("inbox.index"), code=303)


@blueprint.post("/<int:task_id>/urge")
def urge(task_id: int) -> ResponseReturnValue:
    """Urge whoever the task is for; at most once a day."""
    try:
        urge_task(current_engine(), task_id, actor=require_actor())
    except (Forbidden, NotFound):
        raise
    except EngineError as error:
        flash(say(error), "error")
    else:
        flash(_("已催办，责任人会收到工作短信，历史中有记录。"), "success")
    return redirect(local_target(request.form.get("next"), url_for("inbox.index")), code=303)


@blueprint.post("/<int:task_id>/draft")
def draft(task_id: int) -> ResponseReturnValue:
    """Keep what was typed so far."""
    page = _page(task_id)
    values = typed_values(page.form, request.form)
    try:
        save_draft(current_engine(), task_id, values, actor=require_actor())
    except (Forbidden, NotFound):
        raise
    except EngineError as error:
        return _render(page, values, refusal=say(error)), status_of(error)
    flash(_("草稿已保存，只有您本人能看到。"), "success")
    return redirect(url_for("tasks.show", task_id=task_id), code=303)


def _page(task_id: int) -> TaskPage:
    engine = current_engine()
    with engine.store.reading() as session:
        return task_page(
            session, require_actor(), task_id, Present.of(engine.clock), deployed_of=engine.deployed
        )


def _colleagues(page: TaskPage) -> tuple[tuple[str, str], ...]:
    """Who may be handed the task; nobody for one that was handed on already."""
    if not page.may_do or page.principal is not None:
        return ()
    engine = current_engine()
    with engine.store.reading() as session:
        return colleagues_for(session, require_actor(), page.task_id, engine.clock.today())


def _version(page: TaskPage) -> int:
    """The version the person saw; a form without one counts as seen now."""
    text = request.form.get("version", "")
    return int(text) if text.isdigit() and len(text) < 10 else page.version


def _first_values(page: TaskPage) -> Mapping[str, Any]:
    """What the form opens with: facts first, the person's own draft over them; of a closed one the draft."""
    typed = page.draft.values if page.draft else {}
    return {**forms.prefill(page.form, page.prefill), **typed} if page.may_do else typed


def _problems(error: InvalidForm) -> dict[str, str]:
    return {key: problem.say(language()) for key, problem in error.params["problems"].items()}


def _render(
    page: TaskPage,
    values: Mapping[str, Any],
    *,
    problems: Mapping[str, str] | None = None,
    refusal: str | None = None,
    is_conflict: bool = False,
) -> str:
    _schema, fields, data = drawn(page.form, values, problems or {}, picks_people=page.may_do)
    engine, actor = current_engine(), require_actor()
    with engine.store.reading() as session:
        notes = notes_of(session, actor, page.renewal_id)
    return render_template(
        "tasks/show.html",
        notes=notes,
        colleagues=_colleagues(page),
        page=page,
        may_reveal=may_reveal(actor),
        fields=fields,
        form_data=data,
        refusal=refusal,
        is_conflict=is_conflict,
        today=engine.clock.today(),
    )
