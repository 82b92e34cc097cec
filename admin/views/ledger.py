"""The workplace renewal ledger (职场续保台账): live, as a workbook, and the copies frozen week by week."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say, status_of
from admin.last_look import last_looked_at, look_at
from admin.ledger_cells import columns, head_lines, rate_text, tier_text
from admin.menu import MenuItem, register
from admin.misread import is_misread, misread
from admin.records.files import Cell
from admin.views.args import day_arg, text_arg, url_with
from admin.views.sheets import workbook
from engine.api import (
    LEDGER_READERS,
    Actor,
    BadInput,
    Conflict,
    CopyPage,
    Forbidden,
    LedgerPage,
    LedgerRow,
    LedgerWish,
    Present,
    confirm_copy,
    copy_page,
    ledger_page,
    ledger_sheet,
    month_period,
    record_export,
    record_view,
)

blueprint = Blueprint("ledger", __name__, url_prefix="/ledger")
WORKPLACE = "ledger"
PERIOD_ARGS = ("month", "from", "to")
register(
    MenuItem(
        endpoint="ledger.index",
        label=lazy_gettext("续保台账"),
        icon="list",
        order=34,
        roles=LEDGER_READERS,
        family=("ledger.",),
    )
)


def _reader() -> Actor:
    actor = require_actor()
    if not actor.roles & LEDGER_READERS:
        raise Forbidden(act=_("查看职场续保台账"))
    return actor


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show one page of a workplace's ledger as it is now."""
    engine, actor, wish = current_engine(), _reader(), _wish()
    present = Present.of(engine.clock)
    status = 200
    with engine.store.reading() as session:
        try:
            page = ledger_page(session, actor, wish, present, deployed_of=engine.deployed)
        except BadInput as error:
            flash(say(error), "error")
            status, wish = status_of(error), LedgerWish(workplace=wish.workplace, last_seen=wish.last_seen)
            page = ledger_page(session, actor, wish, present, deployed_of=engine.deployed)
    if page.head is not None and wish.workplace:
        look_at(WORKPLACE, page.head.workplace_code)
    record_view(engine, actor=actor, subject="ledger")
    return _shown(page, wish), status


def _shown(page: LedgerPage, wish: LedgerWish) -> str:
    return render_template(
        "ledger/index.html",
        page=page,
        wish=wish,
        head=page.head,
        rate=rate_text,
        tier=tier_text,
        month=text_arg("month"),
        month_options=[(f"{month:%Y-%m}", f"{month:%Y-%m}") for month in page.months],
        workplace_options=[(one.code, one.name) for one in page.workplaces],
        sheet_url=_sheet_url(page),
        first_url=url_with(after=None) if wish.after else None,
        next_url=url_with(after=page.next_position) if page.next_position else None,
    )


def _sheet_url(page: LedgerPage) -> str | None:
    """The address of the workbook with the same workplace and period."""
    if page.head is None or is_misread():
        return None
    period = {name: text_arg(name) for name in PERIOD_ARGS if text_arg(name)}
    return url_for("ledger.sheet", workplace=page.head.workplace_code, **period)


@blueprint.get("/sheet.xlsx")
def sheet() -> Response:
    """Send the ledger that the page shows, all of its pages, masked."""
    engine, actor, wish = current_engine(), _reader(), _wish()
    if is_misread():
        abort(400)  # a workbook of another period than the one asked for would be taken for it
    with engine.store.reading() as session:
        head, rows = ledger_sheet(session, actor, wish, Present.of(engine.clock), deployed_of=engine.deployed)
    record_export(engine, actor=actor, subject="ledger", rows=len(rows), kind="xlsx")
    name = f"{_('职场续保台账')}-{head.workplace}-{head.day:%Y%m%d}"
    return workbook(name, _headers(), _cells(rows), above=head_lines(head))


def _headers() -> list[str]:
    return [_("序号"), *(name for name, _cell in columns())]


def _cells(rows: Iterable[LedgerRow]) -> Iterable[list[Cell]]:
    shown = [cell for _name, cell in columns()]
    return ([number, *(cell(row) for cell in shown)] for number, row in enumerate(rows, start=1))


def _wish() -> LedgerWish:
    """What the request asks for; a month wins over single days."""
    first, last = day_arg("from"), day_arg("to")
    if (month := _month()) is not None:
        period = month_period(month)
        first, last = period.first, period.last
    return LedgerWish(
        workplace=text_arg("workplace") or None,
        last_seen=last_looked_at(WORKPLACE),
        first=first,
        last=last,
        find=text_arg("find"),
        after=request.args.get("after"),
    )


def _month() -> date | None:
    text = text_arg("month")
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        misread(_("月份“%(text)s”无法识别，请按 2026-12 的格式填写，或清除该条件。", text=text[:20]))
        return None


# Frozen copies ----------------------------------------------------------------------------------------------


@blueprint.get("/copies/<int:copy_id>")
def frozen(copy_id: int) -> str:
    """Show one page of a frozen copy."""
    actor = _reader()
    page = _copy(actor, copy_id)
    record_view(current_engine(), actor=actor, subject="ledger_copy", of=f"{page.head.workplace} {page.week}")
    return render_template(
        "ledger/copy.html",
        page=page,
        head=page.head,
        rate=rate_text,
        tier=tier_text,
        first_url=url_with(after=None) if request.args.get("after") else None,
        next_url=url_with(after=page.next_position) if page.next_position else None,
    )


@blueprint.get("/copies/<int:copy_id>/sheet.xlsx")
def frozen_sheet(copy_id: int) -> Response:
    """Send a frozen copy as a workbook."""
    actor = _reader()
    page = _copy(actor, copy_id, is_whole=True)
    of = f"{page.head.workplace} {page.week}"
    record_export(
        current_engine(), actor=actor, subject="ledger_copy", rows=len(page.rows), kind="xlsx", of=of
    )
    name = f"{_('职场续保台账')}-{page.head.workplace}-{page.week}"
    return workbook(name, _headers(), _cells(page.rows), above=head_lines(page.head, page.week))


@blueprint.post("/copies/<int:copy_id>/confirm")
def confirm(copy_id: int) -> ResponseReturnValue:
    """Take down that the trainer or specialist finds the frozen ledger in order."""
    try:
        confirm_copy(current_engine(), copy_id, actor=_reader())
    except Conflict as error:
        flash(say(error), "error")
    else:
        flash(_("已确认，已记入历史。"), "success")
    return redirect(url_for("ledger.frozen", copy_id=copy_id), code=303)


def _copy(actor: Actor, copy_id: int, *, is_whole: bool = False) -> CopyPage:
    engine = current_engine()
    present = Present.of(engine.clock)
    with engine.store.reading() as session:
        if is_whole:
            return copy_page(session, actor, copy_id, present, limit=None)
        return copy_page(session, actor, copy_id, present, after=request.args.get("after"))
