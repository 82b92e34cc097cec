"""The form of one task: shown, kept as a draft, submitted, and what happens when somebody was faster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

import forms
from admin.actor import require_actor
from admin.choosing import people_options
from admin.context import current_engine
from admin.drawing import NOBODY, drawn
from admin.drawn_again import keep_said
from admin.errors import say, status_of
from admin.fields import ShownField, typed_values
from admin.i18n import language
from admin.kept import opened_mark, was_opened_by
from admin.may_call import may_call
from admin.targets import back_to_inbox
from engine.api import (
    Conflict,
    Draft,
    DraftMark,
    EngineError,
    Forbidden,
    InvalidForm,
    Kept,
    Label,
    NotFound,
    Present,
    StepFailed,
    TaskPage,
    TypedPage,
    autosave,
    colleagues_for,
    complete_task,
    form_of_task,
    may_reveal,
    notes_of,
    record_refusal,
    record_view,
    save_draft,
    task_page,
    typed_page,
    urge_task,
)

PUT_OFF, DELEGATE = "put-off", "delegate"
"""Acts beside the task's form whose refusal is shown with what was typed for them."""
blueprint = Blueprint("tasks", __name__, url_prefix="/tasks")


@blueprint.get("/<int:task_id>")
def show(task_id: int) -> str:
    """Show the task's form beside what the person needs for it."""
    try:
        page = _page(task_id)
    except NotFound:
        return _render_typed(_typed(task_id))
    engine, renewal_id = current_engine(), page.renewal_id
    record_view(engine, actor=require_actor(), subject="task", renewal_id=renewal_id, task_id=task_id)
    return _render(page, _first_values(page))


def show_again(task_id: int, said: Mapping[str, Label], status: int = 200) -> ResponseReturnValue:
    """Show the task's page with what was refused and typed; *said* holds it by the act that was refused.

    A page that no longer has the form of that act tells it above all else.
    """
    refused = {act: label.say(language()) for act, label in said.items()}
    try:
        page = _page(task_id)
        has_form = {PUT_OFF: page.may_do and not page.is_claimable, DELEGATE: bool(_colleagues(page))}
    except NotFound:
        has_form = {}
    if not all(has_form.get(act) for act in refused):
        for sentence in refused.values():
            flash(sentence, "error")
        return redirect(url_for("tasks.show", task_id=task_id), code=303)
    keep_said(said)
    return _render(page, _first_values(page), refused=refused), status


@blueprint.post("/<int:task_id>")
def complete(task_id: int) -> ResponseReturnValue:
    """Submit the form; a refusal shows the page again with everything that was typed."""
    try:
        page = _page(task_id)
    except NotFound:
        return _too_late(task_id)
    values = typed_values(page.form, request.form)
    try:
        done = complete_task(
            current_engine(),
            task_id,
            values,
            actor=require_actor(),
            version=_version(page),
            draft=_draft_seen(),
        )
    except InvalidForm as error:
        return _render(page, values, problems=_problems(error), refusal=say(error)), 422
    except (Conflict, StepFailed) as error:
        return _render(_page(task_id), values, refusal=say(error), is_conflict=True), status_of(error)
    except NotFound:  # it went between the look and the submission
        return _too_late(task_id)
    except Forbidden as error:
        return _not_theirs(page, values, error)
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
    return redirect(back_to_inbox(), code=303)


@blueprint.post("/<int:task_id>/draft/auto")
def keep(task_id: int) -> ResponseReturnValue:
    """Keep what is being typed, asked by the page itself; say when the task was done or moved meanwhile."""
    engine = current_engine()
    try:
        kept = _keep_typed(task_id)
    except EngineError as error:
        return _unkept(error)
    if kept.happened is not None:
        told = say(kept.happened) if kept.draft is not None else _done_by_self()
        return {"message": told, "url": url_for("tasks.show", task_id=task_id)}, 409
    answer = {"saved": f"{engine.clock.now().astimezone(engine.clock.zone):%H:%M}"}
    if kept.draft is None:
        return {"message": _too_many(), "url": url_for("tasks.show", task_id=task_id)}, 409
    answer["draft"] = f"{kept.draft.number}.{kept.draft.version}"
    if kept.others:
        answer["apart"] = _apart()
        answer["url"] = url_for("tasks.show", task_id=task_id, draft=kept.others[0])
    return answer


def _unkept(error: EngineError) -> ResponseReturnValue:
    """Say to the page itself why nothing was kept; who reaches for what is not theirs stands in the history."""
    if isinstance(error, Forbidden | NotFound):
        _record_refusal(error)
        return {"message": _("这项任务不存在或不由您办理，本页内容没有保存；请自行复制留存。")}, status_of(
            error
        )
    return {"message": _("%(why)s本页内容没有保存。", why=say(error))}, status_of(error)


def _record_refusal(error: EngineError) -> None:
    subject = f"{request.method} {request.path}"
    record_refusal(current_engine(), actor=require_actor(), subject=subject, reason=error.code)


def _done_by_self() -> str:
    return _("您已在另一个页面办结这项任务，本页的内容没有保存。")


def _apart() -> str:
    return _("您在另一个页面也填写了这项任务：两份草稿都已保留，互不覆盖。提交其中一份后，另一份即清除。")


def _too_many() -> str:
    return _("这项任务打开的页面过多，本页的内容没有保存。请关闭其他页面，刷新后再填。")


def _keep_typed(task_id: int) -> Kept:
    engine, actor = current_engine(), require_actor()
    with engine.store.reading() as session:
        form = form_of_task(session, task_id, deployed_of=engine.deployed)
    return autosave(
        engine,
        task_id,
        typed_values(form, request.form),
        actor=actor,
        version=_seen(),
        seen=_draft_seen(),
        had_it=was_opened_by(actor.name, task_id),
    )


def _too_late(task_id: int) -> ResponseReturnValue:
    """The task went to somebody else before the form was given: who had opened it gets the own words back."""
    happened = _keep_typed(task_id).happened
    refusal = say(happened) if happened else None
    return _render_typed(_typed(task_id), refusal), 409


def _not_theirs(page: TaskPage, values: Mapping[str, Any], error: Forbidden) -> ResponseReturnValue:
    """The task is another's who may be looked at: who had opened it gets a draft, anybody the own words back."""
    if page.draft is not None or was_opened_by(require_actor().name, page.task_id):
        _keep_typed(page.task_id)
    _record_refusal(error)
    return _render(_page(page.task_id), values, refusal=say(error), is_conflict=True), status_of(error)


def _typed(task_id: int) -> TypedPage:
    engine = current_engine()
    with engine.store.reading() as session:
        return typed_page(session, require_actor(), task_id, deployed_of=engine.deployed)


def _render_typed(page: TypedPage, refusal: str | None = None) -> str:
    record_view(current_engine(), actor=require_actor(), subject="task", task_id=page.task_id)
    _schema, fields, _data = drawn(page.form, page.values, {})
    others = _others(page.form, page.other_drafts)
    return render_template("tasks/lost.html", page=page, fields=fields, refusal=refusal, other_drafts=others)


def _others(form: forms.Form, drafts: Sequence[Draft]) -> list[tuple[Draft, tuple[ShownField, ...]]]:
    """The person's drafts from other pages, each as a list of what was typed."""
    return [(one, drawn(form, one.values, {})[1]) for one in drafts]


@blueprint.post("/<int:task_id>/draft")
def draft(task_id: int) -> ResponseReturnValue:
    """Keep what was typed so far."""
    try:
        page = _page(task_id)
    except NotFound:
        return _too_late(task_id)
    values = typed_values(page.form, request.form)
    try:
        kept = save_draft(current_engine(), task_id, values, actor=require_actor(), seen=_draft_seen())
    except NotFound:  # it went between the look and the submission
        return _too_late(task_id)
    except Forbidden as error:
        return _not_theirs(page, values, error)
    except EngineError as error:
        return _render(page, values, refusal=say(error)), status_of(error)
    if kept.draft is None:
        return _render(page, values, refusal=_too_many()), 409
    flash(_("草稿已保存，只有您本人能看到。"), "success")
    number = kept.draft.number if kept.others else None
    return redirect(url_for("tasks.show", task_id=task_id, draft=number), code=303)


def _page(task_id: int) -> TaskPage:
    engine = current_engine()
    with engine.store.reading() as session:
        return task_page(
            session,
            require_actor(),
            task_id,
            Present.of(engine.clock),
            deployed_of=engine.deployed,
            draft=_draft_wanted(),
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
    seen = _seen()
    return page.version if seen is None else seen


def _seen() -> int | None:
    text = request.form.get("version", "")
    return int(text) if text.isdigit() and len(text) < 10 else None


def _draft_seen() -> DraftMark | None:
    """The draft the form was opened with or last saved as; a form without one overwrites the last."""
    number, dot, version = request.form.get("draft", "").partition(".")
    parts = (number, version)
    if not dot or not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in parts):
        return None
    return DraftMark(int(number), int(version))


def _last_save(page: TaskPage) -> tuple[int, int]:
    return (page.draft.number, page.draft.version) if page.draft else (0, 0)


def _draft_wanted() -> int | None:
    """The number of the draft to go on with: the address says it, or the form that was opened with it."""
    text = request.args.get("draft", "")
    seen = _draft_seen()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    return seen.number if seen is not None else None


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
    refused: Mapping[str, str] = MappingProxyType({}),
) -> str:
    people = people_options(page.form, page.renewal_id) if page.may_do else NOBODY
    _schema, fields, data = drawn(page.form, values, problems or {}, people=people)
    engine, actor = current_engine(), require_actor()
    with engine.store.reading() as session:
        notes = notes_of(session, actor, page.renewal_id)
    return render_template(
        "tasks/show.html",
        notes=notes,
        colleagues=_colleagues(page),
        page=page,
        may_reveal=may_reveal(actor),
        may_call=may_call(actor, page),
        fields=fields,
        form_data=data,
        refusal=refusal,
        is_conflict=is_conflict,
        refused=refused,
        other_drafts=_others(page.form, page.other_drafts),
        opened_mark=opened_mark(actor.name, page.task_id) if page.may_do else "",
        draft_mark=_draft_seen() or DraftMark(*_last_save(page)),
        today=engine.clock.today(),
    )
