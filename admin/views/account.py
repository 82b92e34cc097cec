"""One's own account: roles and units of today, a new password."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say
from admin.kept import secret_route
from admin.menu import MenuItem, register_user_link
from admin.security import current_signed_in, current_token
from engine.api import SignInRefused, WeakPassword, change_password, own_units

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


def _page(refusal: str | None = None) -> str:
    engine, actor = current_engine(), require_actor()
    signed_in = current_signed_in()
    with engine.store.reading() as session:
        units = own_units(session, actor, engine.clock.today())
    return render_template(
        "account/index.html",
        units=units,
        refusal=refusal,
        must_change=bool(signed_in and signed_in.must_change_password),
        since=signed_in.started_at if signed_in else None,
    )
