"""Kept filters of the inbox: save the present one, drop one's own."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say
from admin.targets import back_to_inbox
from admin.views.inbox_filter import exact_wish, filter_args
from engine.api import EngineError, drop_view, save_view

blueprint = Blueprint("saved_views", __name__, url_prefix="/inbox/views")
SEARCH = "q"
"""A search names somebody; it is no part of a view."""


@blueprint.post("")
def save() -> ResponseReturnValue:
    """Keep the filter of the request under a name."""
    back = back_to_inbox()
    try:
        exact_wish()
        query = {name: text for name, text in filter_args(request.form).items() if name != SEARCH}
        shared = request.form.get("shared") == "1"
        save_view(
            current_engine(),
            request.form.get("name", ""),
            query,
            shared=shared,
            replaces=request.form.get("replaces") == "1",
            actor=require_actor(),
        )
    except EngineError as error:
        flash(say(error), "error")
        return redirect(back, code=303)
    flash(_("视图已保存。"), "success")
    return redirect(url_for("inbox.index", **query), code=303)


@blueprint.post("/<int:view_id>/drop")
def drop(view_id: int) -> ResponseReturnValue:
    """Forget one of the own views."""
    drop_view(current_engine(), view_id, actor=require_actor())
    flash(_("视图已删除。"), "success")
    return redirect(back_to_inbox(), code=303)
