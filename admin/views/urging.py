"""Urge many at once: what others have to do and is late, ticked or all of it, with what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from admin.drawn_again import drawn_again, in_both, keep_said, said_before
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
    Label,
    Present,
    Stage,
    inbox_ids,
    inbox_page,
    people_names,
    urge_many,
    urged_lines,
)

blueprint = Blueprint("urging", __name__, url_prefix="/urge")
SHOWN = 100
STILL = "still"
"""What the filter of the due day says for renewals of the key tracking without an action for three days (K-S2)."""
URGED, REFUSED = "urged-", "refused-"
"""What stands before a task's number where it is kept what became of it."""


@blueprint.get("")
def index() -> str:
    """Show what others have to do in one's scope, the latest due first."""
    return _render()


def _again() -> str:
    """Draw what became of each in the other language; nobody is urged again."""
    return _render(said_before())


@blueprint.post("")
@drawn_again(_again, fields=("action", "late"))
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
    told = {
        who: _told([f"{names.get(n, '')} {n}".strip() for n in who]) for who in {one.who for one in found}
    }
    return _render(
        {
            f"{URGED if one.reason is None else REFUSED}{one.task_id}": one.reason or told[one.who]
            for one in found
        }
    )


def _told(who: list[str]) -> Label:
    """Who was told, with the sign of each language between the names."""
    zh, en = (
        in_both(lambda sign=sign: _("已催：%(who)s", who=sign.join(who)))  # type: ignore[misc]
        for sign in ("、", ", ")
    )
    return Label(zh.zh, en.en)


def _results(said: Mapping[str, Label], kind: str) -> dict[int, str]:
    """What became of the tasks that were urged, or of those that were refused, by their numbers."""
    return {
        int(place.removeprefix(kind)): label.say(language())
        for place, label in said.items()
        if place.startswith(kind)
    }


def _require_worker() -> None:
    if not require_actor().working_roles:
        raise Forbidden(act=_("催办任务"))


def _wish() -> InboxWish:
    """Late tasks of others, those of the key tracking nothing was done for lately, or all; of one action if asked for."""
    yesterday = current_engine().clock.today() - timedelta(days=1)
    late = request.values.get("late")
    is_still = late == STILL
    return InboxWish(
        tab=InboxTab.TEAM,
        action_id=text_arg("action") or None,
        stage=str(Stage.KEY_TRACKING) if is_still else None,
        is_still=is_still,
        due_to=None if is_still or late == "0" else yesterday,
        limit=SHOWN,
    )


def _render(said: Mapping[str, Label] | None = None) -> str:
    """Show the list, and of an urging what became of each: those refused first, also where the list lacks them."""
    _require_worker()
    keep_said(said or {})
    done, refused = _results(said or {}, URGED), _results(said or {}, REFUSED)
    engine, actor = current_engine(), require_actor()
    present, wish = Present.of(engine.clock), _wish()
    with engine.store.reading() as session:
        page = inbox_page(session, actor, wish, present)
        lines = urged_lines(session, actor, list(refused), present)
        total = len(inbox_ids(session, actor, wish, present, most=MOST_URGED + 1))
    return render_template(
        "urging/index.html",
        page=page,
        wish=wish,
        today=present.today,
        total=total,
        most=MOST_URGED,
        results={**done, **refused},
        is_done=said is not None,
        done=len(done),
        refused=[(lines.get(number), why) for number, why in refused.items()],
        late_only=wish.due_to is not None,
        still_only=wish.is_still,
        actions=[
            (a.action_id, f"{show_diagram_name(a.name)} {a.action_id} ({a.count})") for a in page.actions
        ],
    )
