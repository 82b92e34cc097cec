"""Many tasks as one act: choose in the inbox, look at the frozen list, answer once, see each row, undo."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.choosing import people_options
from admin.context import current_engine
from admin.drawing import drawn
from admin.errors import say
from admin.fields import ShownField, typed_values
from admin.i18n import language
from admin.targets import back_to_inbox, local_target
from admin.views.chosen import chosen_tasks
from engine.api import (
    LOOKED_AT,
    MOST_AT_ONCE,
    UNDO_WITHIN,
    Actor,
    BulkPage,
    BulkRowStatus,
    BulkStatus,
    Engine,
    EngineError,
    InvalidForm,
    NotFound,
    Present,
    bulk_list,
    bulk_page,
    carry_out,
    order_bulk,
    prefiller,
    prepare_bulk,
    record_view,
    undo_bulk,
)

blueprint = Blueprint("bulk", __name__, url_prefix="/bulk")
AT_ONCE = 20
"""Rows that are completed within the request."""
_RUNNING = "renewals_bulk_acts"


@blueprint.get("")
def index() -> str:
    """Show the person's last acts."""
    engine, actor = current_engine(), require_actor()
    with engine.store.reading() as session:
        acts = bulk_list(session, actor, deployed_of=engine.deployed)
    return render_template("bulk/index.html", acts=acts)


@blueprint.post("")
def prepare() -> ResponseReturnValue:
    """Freeze what was ticked in the inbox, or everything its filter keeps."""
    engine, actor = current_engine(), require_actor()
    came_from = back_to_inbox()
    try:
        act = prepare_bulk(engine, chosen_tasks(most=MOST_AT_ONCE), actor=actor, came_from=came_from)
    except EngineError as error:
        flash(say(error), "error")
        return redirect(came_from, code=303)
    return redirect(url_for("bulk.show", act_id=act), code=303)


@blueprint.get("/<int:act_id>")
def show(act_id: int) -> str:
    """Show an act: before it is carried out with its form, afterwards with what became of each row."""
    page, is_left = _look(act_id)
    record_view(current_engine(), actor=require_actor(), subject="bulk_act", of=str(act_id))
    return _render(page, is_left=is_left)


@blueprint.post("/<int:act_id>")
def order(act_id: int) -> ResponseReturnValue:
    """Take the answers and complete the rows; many of them beside the request."""
    engine, actor, page = current_engine(), require_actor(), _page(act_id)
    values = typed_values(page.form, request.form)
    try:
        is_queued = order_bulk(
            engine,
            act_id,
            values,
            actor=actor,
            prefill=prefiller(engine, actor),
            by_worker=page.chosen > AT_ONCE,
        )
    except InvalidForm as error:
        problems = {key: problem.say(language()) for key, problem in error.params["problems"].items()}
        return _render(page, values, problems=problems, refusal=say(error)), 422
    except NotFound:
        raise
    except EngineError as error:
        flash(say(error), "error")
    else:
        if not is_queued:
            _carry_out(engine, page, actor)
    return redirect(url_for("bulk.show", act_id=act_id), code=303)


@blueprint.post("/<int:act_id>/resume")
def resume(act_id: int) -> ResponseReturnValue:
    """Go on with an act that was interrupted."""
    engine, actor = current_engine(), require_actor()
    page, is_left = _look(act_id)
    if is_left:
        _carry_out(engine, page, actor)
    return redirect(url_for("bulk.show", act_id=act_id), code=303)


@blueprint.post("/<int:act_id>/undo")
def undo(act_id: int) -> ResponseReturnValue:
    """Take the completed rows back on which nothing was built."""
    try:
        counts = undo_bulk(current_engine(), act_id, actor=require_actor())
    except NotFound:
        raise
    except EngineError as error:
        flash(say(error), "error")
    else:
        undone, kept = counts.get(BulkRowStatus.UNDONE, 0), counts.get(BulkRowStatus.KEPT, 0)
        flash(_("已撤回 %(undone)s 项，未能撤回 %(kept)s 项。", undone=undone, kept=kept), "success")
    return redirect(url_for("bulk.show", act_id=act_id), code=303)


@blueprint.get("/<int:act_id>/progress")
def progress(act_id: int) -> ResponseReturnValue:
    """Say how far a running act is."""
    page = _page(act_id)
    return {"running": page.status == BulkStatus.RUNNING, "done": page.settled, "rows": page.chosen}


def _carry_out(engine: Engine, page: BulkPage, actor: Actor) -> None:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    running = _running()
    running.add(page.id)
    if page.chosen <= AT_ONCE:
        _work(app, engine, page.id, actor, running)
        return
    threading.Thread(
        target=_work, args=(app, engine, page.id, actor, running), name=f"bulk-{page.id}", daemon=True
    ).start()


def _work(app: Flask, engine: Engine, act_id: int, actor: Actor, running: set[int]) -> None:
    """Complete the rows beside the request; what a crash leaves is gone on with from the act's page."""
    try:
        carry_out(engine, act_id, actor=actor, prefill=prefiller(engine, actor))
    except Exception:  # the edge of a thread: nobody above would hear of it
        app.logger.exception("bulk act %s stopped", act_id)
    finally:
        running.discard(act_id)


def _running() -> set[int]:
    found = current_app.extensions.setdefault(_RUNNING, set())
    assert isinstance(found, set)
    return found


def _look(act_id: int) -> tuple[BulkPage, bool]:
    """Return the act, and whether it is under way with nobody at it; a worker comes back to its own by itself.

    Who is at it is asked first: an act that ends between the two questions is then seen as ended.
    """
    is_ours = act_id in _running()
    page = _page(act_id)
    is_a_workers = current_engine().store.is_shared and page.chosen > AT_ONCE
    return page, page.status == BulkStatus.RUNNING and not is_ours and not is_a_workers


def _page(act_id: int) -> BulkPage:
    engine = current_engine()
    with engine.store.reading() as session:
        return bulk_page(
            session,
            require_actor(),
            act_id,
            Present.of(engine.clock),
            deployed_of=engine.deployed,
            undo_within=UNDO_WITHIN,
        )


def _known_of_some(page: BulkPage) -> list[Mapping[str, Any]]:
    """What the forms of the first rows would open with."""
    pending = [row.task_id for row in page.rows if row.status == BulkRowStatus.PENDING][:LOOKED_AT]
    known = prefiller(current_engine(), require_actor())(pending)
    return [known.get(task_id, {}) for task_id in pending]


def _render(
    page: BulkPage,
    values: Mapping[str, Any] | None = None,
    *,
    problems: Mapping[str, str] | None = None,
    refusal: str | None = None,
    is_left: bool = False,
) -> str:
    """Show the act; without *values* the form opens with what is the same for every row."""
    some = _known_of_some(page)
    if values is None:
        first = some[0] if some else {}
        values = {key: value for key, value in first.items() if key not in page.by_row}
    schema, fields, data = drawn(page.form, values, problems or {}, people=people_options(page.form))
    by_row = page.by_row.intersection(*(known.keys() for known in some)) if some else frozenset()
    return render_template(
        "bulk/show.html",
        page=page,
        fields=_with_own(fields, by_row),
        form_data={**data, "schema": _schema_with_own(schema, by_row)},
        refusal=refusal,
        is_interrupted=is_left,
        back_url=local_target(page.came_from, url_for("inbox.index")),
    )


def _with_own(fields: tuple[ShownField, ...], by_row: frozenset[str]) -> tuple[ShownField, ...]:
    """Fields that each row fills for itself may be left blank, and say so."""
    return tuple(field.left_to_rows(_hint()) if field.key in by_row else field for field in fields)


def _schema_with_own(schema: dict[str, Any], by_row: frozenset[str]) -> dict[str, Any]:
    for component in schema["components"]:
        if component.get("key") in by_row:
            component["description"] = _hint()
            component["validate"] = {**component.get("validate", {}), "required": False}
    return schema


def _hint() -> str:
    return _("留空：各行按自己的资料填写。")
