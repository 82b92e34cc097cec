"""Forecasts that wait for the specialist: the list, and many accepted as they are in one act (P-S2)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say
from admin.i18n import counted, language
from engine.api import (
    MOST_REVIEWED,
    REVIEWING,
    Accepted,
    EngineError,
    Forbidden,
    Present,
    Role,
    accept_forecasts,
    forecasts_to_accept,
    forecasts_to_review,
    record_view,
)

blueprint = Blueprint("forecasts", __name__, url_prefix="/forecasts")
SHOWN = 100
REVIEWERS = frozenset({Role.SPECIALIST, Role.CHANNEL})
LONGEST_NUMBER = 18


@blueprint.get("")
def index() -> str:
    """Show the forecasts of the own scope that wait for a person, the highest premium first."""
    return _render()


@blueprint.post("")
def accept() -> ResponseReturnValue:
    """Accept the ticked forecasts, or every one with a figure, as they are; tell what became of each."""
    engine, actor = current_engine(), require_actor()
    _require_reviewer()
    with engine.store.reading() as session:
        chosen = (
            forecasts_to_accept(session, actor, most=MOST_REVIEWED + 1)
            if request.form.get("all") == "1"
            else _ticked()
        )
    try:
        found = accept_forecasts(engine, chosen, actor=actor)
    except EngineError as error:
        flash(say(error), "error")
        return redirect(url_for("forecasts.index"), code=303)
    refused = [one for one in found if one.reason is not None]
    if done := len(found) - len(refused):
        flash(counted("已核定 %(n)s 笔，营销员可以看到这些预测报价。", n=done), "success")
    return _render(refused)


def _ticked() -> tuple[tuple[int, int], ...]:
    """Renewals and versions as the page sent them, ``12:3``; what is no such pair was not sent by it."""
    pairs = (value.partition(":")[::2] for value in request.form.getlist("forecast"))
    return tuple(
        (int(number), int(version))
        for number, version in pairs
        if all(text.isdecimal() and len(text) <= LONGEST_NUMBER for text in (number, version))
    )


def _require_reviewer() -> None:
    if not require_actor().roles & REVIEWERS:
        raise Forbidden(act=REVIEWING.say(language()))


def _render(refused: Sequence[Accepted] = ()) -> str:
    _require_reviewer()
    engine, actor = current_engine(), require_actor()
    with engine.store.reading() as session:
        page = forecasts_to_review(session, actor, Present.of(engine.clock), limit=SHOWN)
        acceptable = len(forecasts_to_accept(session, actor, most=MOST_REVIEWED + 1))
    record_view(engine, actor=actor, subject="forecasts")
    return render_template(
        "forecasts/index.html", page=page, acceptable=acceptable, most=MOST_REVIEWED, refused=refused
    )
