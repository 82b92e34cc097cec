"""One's own account: roles and units of today, a new password."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say, status_of
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

blueprint = Blueprint("account", __name__, url_prefix="/account")
register_user_link(MenuItem(endpoint="account.index", label=lazy_gettext("我的账号"), icon="key", order=10))


@blueprint.get("")
def index() -> str:
    """Show who one is today."""
    return _page()


@blueprint.post("/password")
@secret_route
def password() -> ResponseReturnValue:
    """Change the own password; every other session of the account ends."""
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    if new != again:
        return _page(_("两次输入的新密码不一致。")), 422
    try:
        change_password(current_engine(), old, new, actor=require_actor(), keep=current_token())
    except SignInRefused:
        return _page(_("原密码不正确，密码未修改。")), 422
    except WeakPassword as error:
        return _page(say(error)), 422
    flash(_("密码已修改，其他设备上的登录已退出。"), "success")
    return redirect(url_for("account.index"), code=303)


@blueprint.post("/absences")
def arrange() -> ResponseReturnValue:
    """Let a colleague do the tasks of somebody who is away."""
    sent = request.form
    try:
        arrange_absence(
            current_engine(),
            sent.get("employee_no", "").strip() or require_actor().name,
            sent.get("substitute_no", "").strip(),
            first=_day(sent.get("first", ""), _("开始日期")),
            last=_day(sent.get("last", ""), _("结束日期")),
            actor=require_actor(),
        )
    except EngineError as error:
        return _page(absence_refusal=say(error)), status_of(error)
    flash(_("请假已登记，期间由替办人办理，记录中写明是谁办的。"), "success")
    return redirect(url_for("account.index"), code=303)


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        reason = Label("请按 2026-12-31 的格式填写", "write it like 2026-12-31")
        raise BadInput(what=name, value=text[:20], reason=reason) from None


@blueprint.post("/absences/<int:absence_id>/end")
def end(absence_id: int) -> ResponseReturnValue:
    """Call an absence off, or cut it short."""
    try:
        end_absence(current_engine(), absence_id, actor=require_actor())
    except NotFound:
        raise
    except EngineError as error:
        return _page(absence_refusal=say(error)), status_of(error)
    flash(_("请假已结束，任务只由本人办理。"), "success")
    return redirect(url_for("account.index"), code=303)


def _page(refusal: str | None = None, *, absence_refusal: str | None = None) -> str:
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
        refusal=refusal,
        absences=absences,
        substitutes=substitutes,
        absence_refusal=absence_refusal,
        may_be_away=bool(actor.working_roles),
        today=today,
        sent=request.form,
        must_change=bool(signed_in and signed_in.must_change_password),
        since=signed_in.started_at if signed_in else None,
    )
