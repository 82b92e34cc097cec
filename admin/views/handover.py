"""A person's renewals go to others: choose whose, look at the split, change rows, confirm; and the record of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from urllib.parse import quote

from flask import Blueprint, Flask, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say, status_of
from admin.formatters import show_code, show_listed
from admin.i18n import language
from admin.menu import MenuItem, register
from admin.records.files import MIMETYPES, Cell, as_xlsx
from admin.views.args import text_arg
from engine.api import (
    POOL,
    Actor,
    BadInput,
    Engine,
    EngineError,
    Forbidden,
    HandoverKind,
    HandoverPage,
    HandoverStatus,
    Label,
    NotFound,
    Present,
    Role,
    carry_out_handover,
    change_rows,
    confirm_handover,
    drop_handover,
    field_label,
    handover_list,
    handover_page,
    handover_progress,
    open_handover,
    prepare_handover,
    record_export,
    record_view,
    roles_over,
    staff_within,
    unit_choices,
)

blueprint = Blueprint("handover", __name__, url_prefix="/org/handovers")
AT_ONCE = 20
"""Rows that are carried out within the request."""
SHEET_ROWS = 5_000
MOST_NAMES = 400
"""More colleagues than this are not offered by name; their number is typed."""
KINDS = (HandoverKind.LEAVE, HandoverKind.MOVE)
register(
    MenuItem(
        endpoint="handover.index",
        label=lazy_gettext("交接"),
        icon="flow",
        order=61,
        roles=frozenset({Role.SUPERVISOR, Role.TRAINER, Role.CHANNEL, Role.ADMIN}),
        family=("handover.",),
    )
)


@blueprint.get("")
def index() -> str:
    """Show the last hand-overs in reach, and the form for another."""
    return _index()


@blueprint.post("")
def prepare() -> ResponseReturnValue:
    """Freeze a proposal of who gets which renewal, and show it."""
    _require_superior()
    sent = request.form
    try:
        number = prepare_handover(
            current_engine(),
            sent.get("employee_no", ""),
            kind=_kind(sent.get("kind", "")),
            last_day=_day(sent.get("last_day", "")),
            role=_role(sent.get("role", "")),
            workplace=sent.get("workplace", "").strip() or None,
            actor=require_actor(),
        )
    except EngineError as error:
        return _index(refusal=say(error)), status_of(error)
    return redirect(url_for("handover.show", handover_id=number), code=303)


def _kind(text: str) -> HandoverKind:
    found = next((kind for kind in KINDS if kind == text), None)
    if found is None:
        raise BadInput(what=_("交接原因"), value=text[:20], reason=_("请选择离职或调动。"))
    return found


def _role(text: str) -> Role | None:
    return next((role for role in Role if role == text), None)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        reason = Label("请按 2026-12-31 的格式填写", "write it like 2026-12-31")
        raise BadInput(what=_("最后在岗日"), value=text[:20], reason=reason) from None


def _require_superior() -> None:
    if not roles_over(require_actor()):
        raise Forbidden(act=_("交接他人的续保"))


def _index(*, refusal: str | None = None) -> str:
    _require_superior()
    engine, actor = current_engine(), require_actor()
    today, roles = engine.clock.today(), roles_over(actor)
    with engine.store.reading() as session:
        entries = handover_list(session, actor, today, roles=roles)
        staff = staff_within(session, actor, today, most=MOST_NAMES)
        units = unit_choices(session, actor, today)
    return render_template(
        "handover/index.html",
        entries=entries,
        staff=[one for one in staff if one.role in roles and one.number != actor.name],
        workplaces=[unit for unit in units if unit[0] and Role.SPECIALIST in roles],
        roles=[role for role in Role if role in roles],
        kinds=KINDS,
        today=today,
        sent=request.form,
        refusal=refusal,
    )


@blueprint.get("/<int:handover_id>")
def show(handover_id: int) -> str:
    """Show a hand-over: before it is confirmed as a preview to be changed, afterwards as the record."""
    page = _page(handover_id)
    record_view(current_engine(), actor=require_actor(), subject="handover", of=str(handover_id))
    return _render(page)


@blueprint.post("/<int:handover_id>/rows")
def change(handover_id: int) -> ResponseReturnValue:
    """Give the ticked rows to somebody else, or to the claim pool."""
    ticked = [int(text) for text in request.form.getlist("row") if text.isdecimal() and len(text) < 19]
    try:
        changed = change_rows(
            current_engine(), handover_id, ticked, request.form.get("to", ""), actor=require_actor()
        )
    except NotFound:
        raise
    except EngineError as error:
        flash(say(error), "error")
    else:
        flash(_("已改 %(n)s 笔，确认前不会生效。", n=changed), "success")
    return redirect(url_for("handover.show", handover_id=handover_id, after=_after() or None), code=303)


@blueprint.post("/<int:handover_id>/confirm")
def confirm(handover_id: int) -> ResponseReturnValue:
    """Confirm what was shown; carry it out now, or on the day after the last one."""
    engine, actor = current_engine(), require_actor()
    page = _page(handover_id)
    try:
        status = confirm_handover(engine, handover_id, actor=actor, by_worker=page.entry.rows > AT_ONCE)
    except NotFound:
        raise
    except EngineError as error:
        flash(say(error), "error")
        return redirect(url_for("handover.show", handover_id=handover_id), code=303)
    if status is HandoverStatus.SCHEDULED:
        flash(_("已确认，最后在岗日之后自动交接。"), "success")
    elif page.entry.rows <= AT_ONCE:
        carry_out_handover(engine, handover_id, actor=actor)
    elif not engine.store.is_shared:
        _beside(engine, handover_id, actor)
    return redirect(url_for("handover.show", handover_id=handover_id), code=303)


@blueprint.post("/<int:handover_id>/drop")
def drop(handover_id: int) -> ResponseReturnValue:
    """Give a preview up, or call off what waits for its day."""
    try:
        drop_handover(current_engine(), handover_id, actor=require_actor())
    except NotFound:
        raise
    except EngineError as error:
        flash(say(error), "error")
        return redirect(url_for("handover.show", handover_id=handover_id), code=303)
    flash(_("已取消，续保与岗位不变。"), "success")
    return redirect(url_for("handover.index"), code=303)


@blueprint.get("/<int:handover_id>/progress")
def progress(handover_id: int) -> ResponseReturnValue:
    """Say how far a hand-over is."""
    engine = current_engine()
    open_handover(engine, handover_id, actor=require_actor())
    with engine.store.reading() as session:
        status, done, rows = handover_progress(session, handover_id)
    return {"running": status == HandoverStatus.RUNNING, "done": done, "rows": rows}


@blueprint.get("/<int:handover_id>/sheet.xlsx")
def sheet(handover_id: int) -> Response:
    """Send the hand-over record as a workbook, masked like the page."""
    engine, actor = current_engine(), require_actor()
    page = _page(handover_id, limit=SHEET_ROWS)
    record_export(
        engine, actor=actor, subject="handover", rows=len(page.rows), kind="xlsx", of=str(handover_id)
    )
    name = quote(f"{_('交接记录')}-{page.entry.whose}-{page.entry.last_day:%Y%m%d}.xlsx")
    return Response(
        as_xlsx(_headers(), _cells(page), title=_("交接记录")),
        content_type=MIMETYPES["xlsx"],
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


def _headers() -> list[str]:
    return [
        _("车牌"),
        _("客户"),
        _("保险到期"),
        _("原责任人"),
        _("接手人"),
        _("现责任人"),
        _("原因"),
        _("最后在岗日"),
        _("分配依据"),
        _("结果"),
        _("说明"),
        _("确认人"),
        _("完成时间"),
    ]


def _cells(page: HandoverPage) -> Iterator[list[Cell]]:
    zone = current_engine().clock.zone
    at = page.finished_at.astimezone(zone).replace(tzinfo=None) if page.finished_at else None
    for row in page.rows:
        yield [
            row.plate or "",
            row.customer or "",
            row.expiry_date,
            page.entry.whose,
            row.to or _("认领池"),
            row.owner or "",
            show_code(page.entry.kind, "handover_kind"),
            page.entry.last_day,
            show_code(row.rule, "split_rule"),
            show_code(row.status, "handover_row_status"),
            row.reason.say(language()) if row.reason else "",
            page.confirmed_by or "",
            at,
        ]


def _after() -> int:
    text = request.values.get("after", "")
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def _page(handover_id: int, *, limit: int | None = None) -> HandoverPage:
    engine = current_engine()
    takers = open_handover(engine, handover_id, actor=require_actor())
    present = Present.of(engine.clock)
    with engine.store.reading() as session:
        if limit is not None:
            return handover_page(session, handover_id, present, takers=takers, limit=limit)
        return handover_page(session, handover_id, present, takers=takers, after=_after())


def _render(page: HandoverPage) -> str:
    entry = page.entry
    return render_template(
        "handover/show.html",
        page=page,
        entry=entry,
        is_preview=entry.status == HandoverStatus.PREPARED,
        may_pool=entry.role == Role.AGENT,
        pool=POOL,
        settled=entry.rows - entry.counts.get("pending", 0),
        after=_after(),
        field_labels=lambda names: show_listed(field_label(name) for name in names),
        next_url=url_for("handover.show", handover_id=entry.id, after=page.after) if page.after else None,
        first_url=url_for("handover.show", handover_id=entry.id) if text_arg("after") else None,
    )


def _beside(engine: Engine, handover_id: int, actor: Actor) -> None:
    """Carry the rows out beside the request; what a crash leaves the ticker goes on with."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    threading.Thread(
        target=_work, args=(app, engine, handover_id, actor), name=f"handover-{handover_id}", daemon=True
    ).start()


def _work(app: Flask, engine: Engine, handover_id: int, actor: Actor) -> None:
    try:
        carry_out_handover(engine, handover_id, actor=actor)
    except Exception:  # the edge of a thread: nobody above would hear of it
        app.logger.exception("hand-over %s stopped", handover_id)
