"""One's own account: roles and units of today, a new password."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from admin.actor import require_actor
from admin.context import current_engine
from admin.drawn_again import drawn_again, in_both, keep_said, refusal_in_both, said_before
from admin.errors import status_of
from admin.i18n import language
from admin.kept import secret_route
from admin.menu import MenuItem, register_user_link
from admin.security import current_signed_in, current_token
from engine.api import (
    BadInput,
    EngineError,
    Label,
    NotFound,
    Role,
    SignInRefused,
    WeakPassword,
    absences_of,
    arrange_absence,
    change_password,
    end_absence,
    own_units,
    substitutes_of,
)

PASSWORD, ABSENCE = "password", "absence"
blueprint = Blueprint("account", __name__, url_prefix="/account")
register_user_link(MenuItem(endpoint="account.index", label=lazy_gettext("我的账号"), icon="key", order=10))


@blueprint.get("")
def index() -> str:
    """Show who one is today."""
    return _page()


def _again(**_path: int) -> str:
    """Draw a refused page in the other language, with what it said; passwords are never given back."""
    return _page(said_before())


@blueprint.post("/password")
@drawn_again(_again)
@secret_route
def password() -> ResponseReturnValue:
    """Change the own password; every other session of the account ends."""
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    if new != again:
        return _page({PASSWORD: in_both(lambda: _("两次输入的新密码不一致。"))}), 422
    try:
        change_password(current_engine(), old, new, actor=require_actor(), keep=current_token())
    except SignInRefused:
        return _page({PASSWORD: in_both(lambda: _("原密码不正确，密码未修改。"))}), 422
    except WeakPassword as error:
        return _page({PASSWORD: refusal_in_both(error)}), 422
    flash(_("密码已修改，其他设备上的登录已退出。"), "success")
    return redirect(url_for("account.index"), code=303)


@blueprint.post("/absences")
@drawn_again(_again, form="absence")
def arrange() -> ResponseReturnValue:
    """Let a colleague do the tasks of somebody who is away."""
    sent = request.form
    try:
        arrange_absence(
            current_engine(),
            sent.get("employee_no", "").strip() or require_actor().name,
            sent.get("substitute_no", "").strip(),
            first=_day(sent.get("first", ""), in_both(lambda: _("开始日期"))),
            last=_day(sent.get("last", ""), in_both(lambda: _("结束日期"))),
            actor=require_actor(),
        )
    except EngineError as error:
        return _absence_refused(error)
    flash(_("请假已登记，期间由替办人办理，记录中写明是谁办的。"), "success")
    return redirect(url_for("account.index"), code=303)


def _day(text: str, name: Label) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        reason = Label("请按 2026-12-31 的格式填写", "write it like 2026-12-31")
        raise BadInput(what=name, value=text[:20], reason=reason) from None


@blueprint.post("/absences/<int:absence_id>/end")
@drawn_again(_again, form="absence")
def end(absence_id: int) -> ResponseReturnValue:
    """Call an absence off, or cut it short."""
    try:
        end_absence(current_engine(), absence_id, actor=require_actor())
    except NotFound:
        raise
    except EngineError as error:
        return _absence_refused(error)
    flash(_("请假已结束，任务只由本人办理。"), "success")
    return redirect(url_for("account.index"), code=303)


def _absence_refused(error: EngineError) -> ResponseReturnValue:
    """Show the form with the reason; whoever has no such form gets the page of a refusal."""
    if not require_actor().working_roles:
        raise error
    return _page({ABSENCE: refusal_in_both(error)}), status_of(error)


def _page(said: Mapping[str, Label] = MappingProxyType({})) -> str:
    """Show the page; *said* holds what was refused, by the form it was typed into."""
    keep_said(said)
    engine, actor = current_engine(), require_actor()
    signed_in, today = current_signed_in(), engine.clock.today()
    with engine.store.reading() as session:
        units = own_units(session, actor, today)
        absences = absences_of(session, actor, today)
        substitutes = substitutes_of(session, actor, today)
    return render_template(
        "account/index.html",
        units=units,
        opens_units=Role.CHANNEL in actor.roles or actor.may_read_everything_in_units(),
        refusal=said[PASSWORD].say(language()) if PASSWORD in said else None,
        absences=absences,
        substitutes=substitutes,
        absence_refusal=said[ABSENCE].say(language()) if ABSENCE in said else None,
        may_be_away=bool(actor.working_roles),
        today=today,
        sent=request.form,
        must_change=bool(signed_in and signed_in.must_change_password),
        since=signed_in.started_at if signed_in else None,
    )
