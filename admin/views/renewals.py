"""The list of renewals, one renewal with its diagram and history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import orjson
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say, status_of
from admin.formatters import show_code
from admin.i18n import counted, language
from admin.may_call import may_call
from admin.misread import check_period, is_misread, misread
from admin.views.args import (
    code_arg,
    day_arg,
    flag_arg,
    search_arg,
    text_arg,
    url_with,
)
from engine.api import (
    CATALOGUE,
    KIND_LABELS,
    NEW_LIST,
    OUTCOME_STATES,
    SHORTEST_REASON,
    Actor,
    BadInput,
    ErasureAsked,
    ErasureStands,
    Forbidden,
    ForecastReviewed,
    Kind,
    Path,
    PortfolioWish,
    Present,
    RenewalPage,
    RenewalState,
    SharingWithdrawn,
    Stage,
    TooManyReveals,
    band_of,
    diagram_of,
    history_file,
    is_of_life,
    may_reveal,
    may_take_history,
    notes_of,
    portfolio_page,
    record_history_taken,
    record_view,
    renewal_in_reach,
    renewal_page,
    request_erasure,
    reveal,
    review_forecast,
    timeline,
)

blueprint = Blueprint("renewals", __name__, url_prefix="/renewals")
_OPEN = {"1": True, "0": False}


@blueprint.get("")
def index() -> str:
    """Show the renewals of the person's scope, filtered."""
    engine, actor = current_engine(), require_actor()
    present = Present.of(engine.clock)
    wish = _wish()
    with engine.store.reading() as session:
        page = portfolio_page(session, actor, wish, present)
    return render_template(
        "renewals/index.html",
        page=page,
        wish=wish,
        open_arg=_open_arg(),
        may_write=may_reveal(actor),
        stages=list(Stage),
        state_options=[(s, show_code(s, "state")) for s in RenewalState],
        outcome_options=[(s, show_code(s, "state")) for s in RenewalState if s in OUTCOME_STATES],
        unit_options=[(unit.code, unit.name) for unit in page.units],
        url_with=url_with,
        is_filtered=any(value for key, value in request.args.items() if key not in ("stage", "after")),
        first_url=url_with(after=None) if wish.after else None,
        next_url=url_with(after=page.next_position) if page.next_position else None,
    )


def _wish() -> PortfolioWish:
    """What the address asks for; nothing is found by a condition that cannot be read."""
    stage, state, outcome = (
        code_arg("stage", Stage),
        code_arg("state", RenewalState),
        code_arg("outcome", RenewalState),
    )
    wish = PortfolioWish(
        stage=str(stage) if stage else None,
        state=str(state) if state else None,
        outcome=str(outcome) if outcome else None,
        unit=text_arg("unit") or None,
        owner=text_arg("owner"),
        expiry_from=day_arg("from"),
        expiry_to=day_arg("to"),
        is_open=_OPEN.get(_open_arg()),
        is_orphan=flag_arg("orphan"),
        without_contact=flag_arg("untouched"),
        search=search_arg("q"),
        after=request.args.get("after"),
    )
    if (given := text_arg("open")) not in ("", "all", *_OPEN):
        misread(_("没有“%(text)s”这个选项，请重新选择，或清除该条件。", text=given[:20]))
    check_period(_("保险到期"), wish.expiry_from, wish.expiry_to)
    return replace(wish, is_void=is_misread())


def _open_arg() -> str:
    """Running ones unless the person asks otherwise or looks for one that may have ended."""
    given = request.args.get("open")
    if given in (*_OPEN, "all"):
        return given
    asks_for_ended = request.args.get("stage") == Stage.CLOSED or any(
        request.args.get(name) for name in ("q", "outcome")
    )
    return "all" if asks_for_ended else "1"


@blueprint.get("/<int:renewal_id>")
def show(renewal_id: int) -> str:
    """Show one renewal: facts, people, diagram, tasks, why it waits, everything that happened."""
    return _show(renewal_id)


@blueprint.post("/<int:renewal_id>/reveal")
def show_clear(renewal_id: int) -> ResponseReturnValue:
    """Show the page with one personal value in the clear, this once; the reason stands in the history."""
    field = request.form.get("field", "")
    try:
        value = reveal(
            current_engine(),
            renewal_id,
            field,
            reason=request.form.get("reason", ""),
            actor=require_actor(),
            address=request.remote_addr,
        )
    except (BadInput, ErasureStands, SharingWithdrawn, TooManyReveals) as error:
        flash(say(error), "error")
        return _show(renewal_id), status_of(error)
    return _show(renewal_id, {field: value})


@blueprint.post("/<int:renewal_id>/erasure")
def ask_erasure(renewal_id: int) -> ResponseReturnValue:
    """Register that the customer asked for deletion of personal data."""
    try:
        done = request_erasure(
            current_engine(), renewal_id, reason=request.form.get("reason", ""), actor=require_actor()
        )
    except (BadInput, ErasureAsked) as error:
        flash(say(error), "error")
    else:
        flash(
            counted(
                "已登记。不再联系该客户，原文不再显示；%(n)s 笔在办续保已送剔除审批，法定证据保留至 %(day)s。",
                n=done.excluded,
                day=done.kept_until.isoformat(),
            ),
            "success",
        )
    target = url_for("renewals.show", renewal_id=renewal_id, _anchor="customer")
    with current_engine().store.reading() as session:
        is_in_reach = renewal_in_reach(session, require_actor(), renewal_id)
    return redirect(target if is_in_reach else url_for("inbox.index"), code=303)


@blueprint.get("/<int:renewal_id>/reveal")
def forget_clear(renewal_id: int) -> str:
    """Show the page without the value, e.g. after a change of language: only a new reason shows it again."""
    return _show(renewal_id)


@blueprint.post("/<int:renewal_id>/forecast")
def review(renewal_id: int) -> ResponseReturnValue:
    """Settle on the forecast of a renewal whose own one asks for a person; what was typed is kept when refused."""
    typed = {name: request.form.get(name, "") for name in ("low", "mid", "high")}
    seen = request.form.get("version", "")
    try:
        version = int(seen) if seen.isdecimal() and len(seen) < 9 else 0
        review_forecast(current_engine(), renewal_id, band_of(typed), version=version, actor=require_actor())
    except (BadInput, ForecastReviewed) as error:
        flash(say(error), "error")
        return _show(renewal_id, typed=typed), status_of(error)
    flash(_("已核定，营销员可以看到这份预测报价。"), "success")
    return redirect(url_for("renewals.show", renewal_id=renewal_id, _anchor="quotes"), code=303)


@blueprint.get("/<int:renewal_id>/forecast")
def forecast(renewal_id: int) -> str:
    """Show the page again, e.g. after a change of language on a refused review."""
    return _show(renewal_id)


def _show(
    renewal_id: int, clear: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None
) -> str:
    engine, actor = current_engine(), require_actor()
    present = Present.of(engine.clock)
    kind = code_arg("kind", Kind)
    with engine.store.reading() as session:
        page = renewal_page(session, actor, renewal_id, present, deployed_of=engine.deployed)
        history = timeline(
            session,
            actor,
            renewal_id,
            deployed_of=engine.deployed,
            operations={name: operation.label for name, operation in CATALOGUE.items()},
            zone=engine.clock.zone,
            kind=kind,
            after=request.args.get("after"),
        )
        notes = notes_of(session, actor, renewal_id)
    record_view(engine, actor=actor, subject="renewal", renewal_id=renewal_id)
    return render_template(
        "renewals/show.html",
        page=page,
        clear=clear or {},
        typed=typed or {},
        may_reveal=may_reveal(actor),
        may_show=may_reveal(actor) and not _is_withheld(page, actor),
        may_call=may_call(actor, page),
        may_take_history=may_take_history(actor),
        may_write=may_reveal(actor) and _may_be_written(page, actor),
        shortest_reason=SHORTEST_REASON,
        history=history,
        notes=notes,
        kind=kind,
        kinds=[(kind, label.say(language())) for kind, label in KIND_LABELS.items()],
        today=present.today,
        diagram=_diagram(page.id, page.path),
        first_url=url_with(after=None) if request.args.get("after") else None,
        next_url=url_with(after=history.next_position) if history.next_position else None,
    )


@blueprint.get("/<int:renewal_id>/history.json")
def take_history(renewal_id: int) -> Response:
    """Send the renewal's history with its hashes to those who check others' work; recorded before."""
    engine, actor = current_engine(), require_actor()
    if not may_take_history(actor):
        raise Forbidden(act=_("导出续保的历史"))
    with engine.store.reading() as session:
        taken = history_file(session, actor, renewal_id)
    record_history_taken(engine, renewal_id, actor=actor, rows=len(taken["rows"]))
    name = f"history-{renewal_id}-{engine.clock.today():%Y%m%d}.json"
    return Response(
        orjson.dumps(taken, option=orjson.OPT_INDENT_2),
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _is_withheld(page: RenewalPage, actor: Actor) -> bool:
    """Whether the customer no longer lets *actor* see values in the clear; the verb itself decides."""
    return page.erasure_asked_on is not None or (page.no_sharing and is_of_life(actor))


def _may_be_written(page: RenewalPage, actor: Actor) -> bool:
    """Whether an expiry letter to the customer makes sense; the verb itself decides."""
    is_coming = page.ended_at is None and 0 <= page.days_left <= NEW_LIST
    is_kept_from = page.do_not_contact or _is_withheld(page, actor)
    return is_coming and bool(page.customer) and not is_kept_from


def _diagram(renewal_id: int, path: Path) -> dict[str, object]:
    """What the browser needs to draw the diagrams with their marks."""
    live = next((sheet.id for sheet in path.sheets if sheet.is_live), None)
    return {
        "sheets": [
            {
                "id": sheet.id,
                "name": sheet.name.say(language()),
                "url": url_for("renewals.diagram", renewal_id=renewal_id, process_id=sheet.id),
            }
            for sheet in path.sheets
        ],
        "first": live or (path.sheets[0].id if path.sheets else None),
        "completed": sorted(path.passed),
        "flows": list(path.flows),
        "active": {element: path.live.count(element) for element in path.live},
        "incident": list(path.broken),
        "lang": language(),
    }


@blueprint.get("/<int:renewal_id>/diagram/<process_id>.bpmn")
def diagram(renewal_id: int, process_id: str) -> ResponseReturnValue:
    """Serve the diagram of the version this renewal is pinned to."""
    engine = current_engine()
    with engine.store.reading() as session:
        content = diagram_of(session, require_actor(), renewal_id, process_id, deployed_of=engine.deployed)
    return Response(content, mimetype="application/xml")
