"""The home page, the language switch, the clock bar, and the probes of the operator."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import is_agent, require_actor
from admin.clockbar import CLOCK_MOVERS
from admin.context import current_engine, public
from admin.errors import say
from admin.formatters import show_moment
from admin.i18n import LANGUAGES, choose_language, counted
from admin.records.base import READERS
from admin.targets import local_target
from engine.api import (
    EngineError,
    Forbidden,
    Present,
    advance_clock,
    alarms_of,
    first_contacts_of,
    forecasts_to_review,
    home_page,
)

blueprint = Blueprint("home", __name__)
STEPS = ("P1D", "P7D")


@blueprint.get("/")
def index() -> str:
    """Show what is mine today, what is late, what comes, where my unit stands."""
    engine, actor = current_engine(), require_actor()
    present = Present.of(engine.clock)
    with engine.store.reading() as session:
        page = home_page(session, actor, present)
        alarms = alarms_of(session, actor, present)
        first_contacts = first_contacts_of(session, actor, present)
        forecasts = forecasts_to_review(session, actor, present)
    return render_template(
        "home/index.html",
        page=page,
        alarms=alarms,
        first_contacts=first_contacts,
        forecasts=forecasts,
        may_urge=bool(actor.working_roles),
        today=present.today,
        sees_others=not is_agent(actor),
        is_agent=is_agent(actor),
        tomorrow=present.today + timedelta(days=1),
        records_url=records_url,
        batches_url=url_if_there("imports.index"),
    )


def records_url(name: str) -> str | None:
    """Return the address of a list of records under /admin, None where there is none that this person may read."""
    return url_if_there(f"{name}.index_view") if require_actor().roles & READERS else None


def url_if_there(endpoint: str) -> str | None:
    """Return the address of *endpoint*, None where the application has no such page."""
    return url_for(endpoint) if endpoint in current_app.view_functions else None


@blueprint.post("/language")
@public
def language() -> ResponseReturnValue:
    """Speak Chinese or English from now on, and return to where the person was."""
    lang = request.form.get("lang", "")
    response = redirect(local_target(request.form.get("next"), url_for("home.index")), code=303)
    return choose_language(response, lang) if lang in LANGUAGES else response


@blueprint.post("/clock/advance")
def advance() -> ResponseReturnValue:
    """Move the virtual clock by a day or a week, running everything that falls due on the way."""
    engine, actor = current_engine(), require_actor()
    if not actor.roles & CLOCK_MOVERS:
        raise Forbidden(act=_("拨动时钟"))
    by = request.form.get("by", "")
    if by not in STEPS:
        flash(_("没有“%(text)s”这个步长，时钟没有动；请用页面上的按钮。", text=by[:20]), "error")
        return redirect(local_target(request.form.get("next"), url_for("home.index")), code=303)
    try:
        report = advance_clock(engine, by=by, actor=actor)
    except EngineError as error:
        flash(say(error), "error")
    else:
        flash(
            _(
                "时间已到 %(now)s：触发定时 %(timers)s 个，新开任务 %(tasks)s 项，发出通知 %(sent)s 条。",
                now=show_moment(engine.clock.now()),
                timers=report.timers_fired,
                tasks=report.tasks_opened,
                sent=report.messages_sent,
            ),
            "success",
        )
        if report.incidents:
            flash(
                counted("有 %(n)s 笔续保执行失败，已生成异常，其余不受影响。", n=report.incidents), "warning"
            )
    return redirect(local_target(request.form.get("next"), url_for("home.index")), code=303)


@blueprint.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """Say that the process is up."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Say whether the database answers, its schema is current and a definition is deployed."""
    engine = current_engine()
    try:
        engine.store.ping()
        version = engine.latest().version
    except EngineError as error:
        return jsonify(status="not ready", code=error.code, reason=error.say("en")), 503
    return jsonify(status="ok", definition_version=version)
