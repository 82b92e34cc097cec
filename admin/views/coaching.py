"""An agent who contacted nobody: what the supervisor coached is written down here (G-L2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from admin.drawn_again import PAGE, drawn_again, in_both, keep_said, refusal_in_both, said_before
from admin.errors import status_of
from admin.i18n import language
from engine.api import (
    BadInput,
    Coaching,
    CoachingMethod,
    CoachingTopic,
    EngineError,
    Label,
    NotFound,
    Present,
    coaching_page,
    record_coaching,
    record_view,
)

blueprint = Blueprint("coaching", __name__, url_prefix="/coaching")


@blueprint.get("/<int:alarm_id>")
def show(alarm_id: int) -> str:
    """Show the agent whom an alarm is about, and the form for the record."""
    page = _page(alarm_id)
    record_view(current_engine(), actor=require_actor(), subject="coaching", of=str(alarm_id))
    return page


def _again(alarm_id: int) -> str:
    """Draw a refused page in the other language, with what it said."""
    return _page(alarm_id, said_before())


@blueprint.post("/<int:alarm_id>")
@drawn_again(_again, form="coaching")
def coach(alarm_id: int) -> ResponseReturnValue:
    """Keep the record; the alarm ends, and a day agreed to look again rings anew."""
    sent = request.form
    try:
        record_coaching(
            current_engine(),
            alarm_id,
            Coaching(
                topics=sent.getlist("topics"),
                method=sent.get("method", ""),
                coached_on=_day(sent.get("coached_on", ""), in_both(lambda: _("辅导日期"))),
                content=sent.get("content", ""),
                recheck_on=_day(sent["recheck_on"], in_both(lambda: _("复查日期")))
                if sent.get("recheck_on")
                else None,
            ),
            actor=require_actor(),
        )
    except NotFound:
        raise
    except EngineError as error:
        return _page(alarm_id, {PAGE: refusal_in_both(error)}), status_of(error)
    flash(_("辅导已登记。"), "success")
    return redirect(url_for("home.index"), code=303)


def _day(text: str, name: Label) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        reason = Label("请按 2026-12-31 的格式填写", "write it like 2026-12-31")
        raise BadInput(what=name, value=text[:20], reason=reason) from None


def _page(alarm_id: int, said: Mapping[str, Label] = MappingProxyType({})) -> str:
    keep_said(said)
    engine, actor = current_engine(), require_actor()
    present = Present.of(engine.clock)
    with engine.store.reading() as session:
        page = coaching_page(session, actor, alarm_id, present)
    return render_template(
        "coaching/index.html",
        page=page,
        topics=tuple(CoachingTopic),
        methods=tuple(CoachingMethod),
        chosen=request.form.getlist("topics"),
        today=present.today,
        sent=request.form,
        refusal=said[PAGE].say(language()) if PAGE in said else None,
    )
