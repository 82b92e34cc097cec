"""Comments and files of a renewal: add one, open a file."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say
from admin.security import upload_route
from admin.targets import local_target
from engine.api import MOST_BYTES, EngineError, Forbidden, NotFound, add_comment, attach_file, open_file

blueprint = Blueprint("notes", __name__)


@blueprint.post("/renewals/<int:renewal_id>/comments")
def comment(renewal_id: int) -> ResponseReturnValue:
    """Add a comment in the person's own words."""

    def act() -> str:
        text = request.form.get("text", "")
        add_comment(current_engine(), renewal_id, text, actor=require_actor(), task_id=_task())
        return _("备注已添加，不能修改或删除。")

    return _added(renewal_id, act)


@blueprint.post("/renewals/<int:renewal_id>/attachments")
@upload_route(MOST_BYTES)
def attach(renewal_id: int) -> ResponseReturnValue:
    """Add a picture or a pdf."""

    def act() -> str:
        file = request.files.get("file")
        name = file.filename or "" if file else ""
        content = file.read(MOST_BYTES + 1) if file else b""
        attach_file(current_engine(), renewal_id, name, content, actor=require_actor(), task_id=_task())
        return _("附件已添加，加密保存。")

    return _added(renewal_id, act)


@blueprint.get("/attachments/<int:attachment_id>")
def attachment(attachment_id: int) -> Response:
    """Hand a file over to be saved: a browser neither shows it in a page of ours nor runs it."""
    file = open_file(current_engine(), attachment_id, actor=require_actor())
    return Response(
        file.content,
        content_type=file.kind.mimetype,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )


def _task() -> int | None:
    text = request.form.get("task", "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _added(renewal_id: int, act: Callable[[], str]) -> ResponseReturnValue:
    """Do it, say how it went, and show the list again where the person was."""
    try:
        flash(act(), "success")
    except (Forbidden, NotFound):
        raise
    except EngineError as error:
        flash(say(error), "error")
    target = local_target(request.form.get("next"), url_for("renewals.show", renewal_id=renewal_id))
    return redirect(f"{target}#notes", code=303)
