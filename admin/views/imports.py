"""Lists in two steps: upload and look, then confirm; the error file; what a batch did."""

from __future__ import annotations

import csv
import io
from urllib.parse import quote

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from admin.actor import require_actor
from admin.commits import AT_ONCE, current_commits
from admin.context import current_engine
from admin.errors import say, status_of
from admin.i18n import language
from admin.menu import MenuItem, register
from admin.security import MEGABYTE, upload_route
from admin.views.args import code_arg, text_arg, url_with
from engine.api import (
    PROFILES,
    READING_ROLES,
    Actor,
    BatchPage,
    BatchStatus,
    EngineError,
    ExpiryConvention,
    Forbidden,
    ImportReport,
    NotFound,
    Role,
    RowVerdict,
    batch_list,
    batch_page,
    commit_batch,
    discard_batch,
    error_file,
    preview_list,
    record_view,
)

blueprint = Blueprint("imports", __name__, url_prefix="/imports")
READERS = frozenset({Role.CHANNEL, *READING_ROLES})
KINDS = {"pending": lazy_gettext("待续保清单"), "issued": lazy_gettext("新签保单")}
register(
    MenuItem(
        endpoint="imports.index",
        label=lazy_gettext("导入"),
        icon="upload",
        order=40,
        roles=READERS,
        family=("imports.",),
    )
)


@blueprint.get("")
def index() -> str:
    """Show the batches of the person's units and, to the channel department, the upload."""
    return _list_page()


@blueprint.post("")
@upload_route(50 * MEGABYTE)
def upload() -> ResponseReturnValue:
    """Read a list and store it as a batch to be confirmed; a refused file says why and changes nothing."""
    actor = _importer()
    file = request.files.get("file")
    source, kind = request.form.get("source", ""), request.form.get("kind", "")
    if file is None or not file.filename:
        return _list_page(_("请选择要导入的文件。"), source=source, kind=kind), 400
    try:
        batch_id = preview_list(current_engine(), file.read(), file.filename, source, kind=kind, actor=actor)
    except EngineError as error:
        return _list_page(say(error), source=source, kind=kind), status_of(error)
    return redirect(url_for("imports.show", batch_id=batch_id), code=303)


@blueprint.get("/<int:batch_id>")
def show(batch_id: int) -> str:
    """Show a batch: before the confirmation what it would do, afterwards what it did."""
    engine, actor, commits = current_engine(), _reader(), current_commits()
    is_ours = batch_id in commits.running  # asked before the batch is read: it may end in between
    verdict = code_arg("verdict", RowVerdict)
    with engine.store.reading() as session:
        page = batch_page(
            session,
            actor,
            batch_id,
            verdict=str(verdict) if verdict else None,
            code=text_arg("code") or None,
            after=request.args.get("after"),
        )
    record_view(engine, actor=actor, subject="import_batch", batch_id=batch_id)
    refusal = commits.refused.get(batch_id)
    return render_template(
        "imports/batch.html",
        page=page,
        batch=page.batch,
        profile=PROFILES.get(page.batch.source),
        kind=KINDS.get(page.batch.kind, page.batch.kind),
        is_importer=Role.CHANNEL in actor.roles,
        is_running=is_ours or page.is_ordered,
        refusal=say(refusal) if refusal else None,
        verdict=str(verdict) if verdict else None,
        code=text_arg("code") or None,
        lang=language(),
        url_with=url_with,
    )


@blueprint.post("/<int:batch_id>/commit")
def commit(batch_id: int) -> ResponseReturnValue:
    """Carry the batch out; a long one goes on beside the request."""
    engine, actor = current_engine(), _importer()
    page = _page(batch_id, actor)
    if page.batch.read > AT_ONCE and page.batch.status == BatchStatus.PREVIEWED:
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        current_commits().start(app, engine, batch_id, actor)
        return redirect(url_for("imports.show", batch_id=batch_id), code=303)
    try:
        report = commit_batch(engine, batch_id, actor=actor)
    except NotFound:
        raise
    except EngineError as error:
        flash(say(error), "error")
    else:
        flash(_done(page.batch.kind, report), "success")
    return redirect(url_for("imports.show", batch_id=batch_id), code=303)


def _done(kind: str, report: ImportReport) -> str:
    if kind == "issued":
        return _(
            "已入库：新保单 %(new)s 行，核销续保 %(ended)s 笔，部分续保 %(partial)s 笔，未匹配 %(unmatched)s 行。",
            new=report.new,
            ended=report.renewed,
            partial=report.partial,
            unmatched=report.unmatched,
        )
    return _(
        "已入库：新增 %(new)s 行，变更 %(changed)s 行，启动续保 %(started)s 笔。",
        new=report.new,
        changed=report.changed,
        started=report.started,
    )


@blueprint.post("/<int:batch_id>/discard")
def discard(batch_id: int) -> ResponseReturnValue:
    """Give a batch up; file and rows stay as a record."""
    actor = _importer()
    try:
        discard_batch(current_engine(), batch_id, actor=actor)
    except NotFound:
        raise
    except EngineError as error:
        flash(say(error), "error")
    else:
        flash(_("批次已放弃，未写入任何续保。"), "success")
    return redirect(url_for("imports.show", batch_id=batch_id), code=303)


@blueprint.get("/<int:batch_id>/progress")
def progress(batch_id: int) -> ResponseReturnValue:
    """Say how far a running import is."""
    page = _page(batch_id, _reader())
    return {
        "running": batch_id in current_commits().running,
        "status": page.batch.status,
        "done": page.settled,
        "rows": page.batch.read,
    }


@blueprint.get("/<int:batch_id>/errors")
def errors(batch_id: int) -> ResponseReturnValue:
    """Send the rejected rows in the sender's own layout, each with its reasons."""
    actor = _importer()
    name, content = error_file(current_engine(), batch_id, actor=actor, lang=language())
    return _attachment(name, content)


@blueprint.get("/template/<source>.csv")
def template(source: str) -> ResponseReturnValue:
    """Send an empty list with the headers of a source."""
    _reader()
    profile = PROFILES.get(source)
    if profile is None:
        raise NotFound(what=_("来源"), key=source)
    text = io.StringIO()
    csv.writer(text).writerow(profile.headers)
    return _attachment(f"{profile.name.say(language())}.csv", text.getvalue().encode("utf-8-sig"))


def _list_page(refusal: str | None = None, *, source: str = "standard", kind: str = "pending") -> str:
    engine, actor = current_engine(), _reader()
    status, chosen = code_arg("status", BatchStatus), text_arg("kind")
    with engine.store.reading() as session:
        found = batch_list(
            session,
            actor,
            status=str(status) if status else None,
            kind=chosen if chosen in KINDS else None,
            after=request.args.get("after"),
        )
    return render_template(
        "imports/index.html",
        found=found,
        profiles=PROFILES.values(),
        conventions=_conventions(),
        kinds=KINDS,
        source=source if source in PROFILES else "standard",
        kind=kind if kind in KINDS else "pending",
        refusal=refusal,
        is_importer=Role.CHANNEL in actor.roles,
        status=str(status) if status else None,
        statuses=[(str(s), s.label.say(language())) for s in BatchStatus],
        chosen_kind=chosen,
        lang=language(),
        url_with=url_with,
    )


def _conventions() -> dict[ExpiryConvention, str]:
    """Say how each kind of source means the time of day in an expiry."""
    return {
        ExpiryConvention.DATE_ONLY: _("到期日就是保障的最后一天。"),
        ExpiryConvention.END_OF_DAY: _("24:00 或 23:59:59 指当天；00:00:00 指前一天结束。"),
        ExpiryConvention.MIDNIGHT_AFTER: _("到期时间为次日零时，保障的最后一天是前一天。"),
    }


def _page(batch_id: int, actor: Actor) -> BatchPage:
    with current_engine().store.reading() as session:
        return batch_page(session, actor, batch_id)


def _reader() -> Actor:
    actor = require_actor()
    if not actor.roles & READERS:
        raise Forbidden(act=_("查看导入批次"))
    return actor


def _importer() -> Actor:
    actor = require_actor()
    if Role.CHANNEL not in actor.roles:
        raise Forbidden(act=_("导入清单"))
    return actor


def _attachment(name: str, content: bytes) -> Response:
    return Response(
        content,
        mimetype="application/octet-stream",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"},
    )
