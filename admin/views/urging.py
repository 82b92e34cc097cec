"""Urge many at once: what others have to do and is late, ticked or all of it, with what became of each."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say
from admin.formatters import show_diagram_name
from admin.i18n import language
from admin.views.args import text_arg
from engine.api import (
    MOST_URGED,
    EngineError,
    Forbidden,
    InboxTab,
    InboxWish,
    Present,
    inbox_ids,
    inbox_page,
    people_names,
    urge_many,
)

blueprint = Blueprint("urging", __name__, url_prefix="/urge")
SHOWN = 100


@blueprint.get("")
def index() -> str:
    """Show what others have to do in one's scope, the latest due first."""
    return _render()


@blueprint.post("")
def urge() -> ResponseReturnValue:
    """Urge the ticked tasks, or every one the filter keeps; tell what became of each."""
    engine, actor = current_engine(), require_actor()
    _require_worker()
    with engine.store.reading() as session:
        if request.form.get("all") == "1":
            chosen = inbox_ids(session, actor, _wish(), Present.of(engine.clock), most=MOST_URGED + 1)
        else:
            sent = request.form.getlist("task")
            chosen = tuple(int(text) for text in sent if text.isdecimal() and len(text) < 19)
    try:
        found = urge_many(engine, chosen, actor=actor, up=request.form.get("up") == "1")
    except EngineError as error:
        flash(say(error), "error")
        return redirect(url_for("urging.index"), code=303)
    with engine.store.reading() as session:
        names = people_names(session, {number for one in found for number in one.who})
    results = {
        one.task_id: one.reason.say(language())
        if one.reason is not None
        else _("已催：%(who)s", who="、".join(f"{names.get(n, '')} {n}".strip() for n in one.who))
        for one in found
    }
    done = sum(1 for one in found if one.reason is None)
    return _render(results=results, done=done, failed=len(found) - done)


def _require_worker() -> None:
    if not require_actor().working_roles:
        raise Forbidden(act=_("催办任务"))


def _wish() -> InboxWish:
    """Late tasks of others, or all of them; one kind of action if asked for."""
    yesterday = current_engine().clock.today() - timedelta(days=1)
    in_time = request.values.get("late") == "0"
    return InboxWish(
        tab=InboxTab.TEAM,
        action_id=text_arg("action") or None,
        due_to=None if in_time else yesterday,
        limit=SHOWN,
    )


def _render(*, results: dict[int, str] | None = None, done: int = 0, failed: int = 0) -> str:
    _require_worker()
    engine, actor = current_engine(), require_actor()
    present, wish = Present.of(engine.clock), _wish()
    with engine.store.reading() as session:
        page = inbox_page(session, actor, wish, present)
        total = len(inbox_ids(session, actor, wish, present, most=MOST_URGED + 1))
    return render_template(
        "urging/index.html",
        page=page,
        wish=wish,
        today=present.today,
        total=total,
        most=MOST_URGED,
        results=results or {},
        is_done=results is not None,
        done=done,
        failed=failed,
        late_only=wish.due_to is not None,
        actions=[
            (a.action_id, f"{show_diagram_name(a.name)} {a.action_id} ({a.count})") for a in page.actions
        ],
    )
