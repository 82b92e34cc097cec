"""The organisation: both companies' trees as of today, who serves which workplace, and its import."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request, url_for
from flask import redirect as redirect_to
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say, status_of
from admin.i18n import language
from admin.menu import MenuItem, register
from admin.security import MEGABYTE, upload_route
from engine.api import (
    BadInput,
    EngineError,
    Forbidden,
    OrgFileError,
    OrgProblem,
    Role,
    UnitKind,
    import_org,
    org_page,
    roles_over,
)

blueprint = Blueprint("org", __name__, url_prefix="/org")
READERS = frozenset(Role) - {Role.AGENT, Role.SUPERVISOR}
SHOWN_PROBLEMS = 200
register(
    MenuItem(
        endpoint="org.index",
        label=lazy_gettext("组织"),
        icon="people",
        order=60,
        roles=READERS,
        family=("org.",),
    )
)


@blueprint.get("")
def index() -> str:
    """Show the trees and liaisons as far as the person may see them."""
    return _page()


@blueprint.post("")
@upload_route(50 * MEGABYTE)
def upload() -> ResponseReturnValue:
    """Store an organisation file; a file with problems is refused whole, every problem named."""
    actor = require_actor()
    if Role.ADMIN not in actor.roles:
        raise Forbidden(act=_("导入组织机构"))
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(refusal=_("请选择要导入的文件。")), 400
    try:
        report = import_org(current_engine(), file.read(), file.filename, actor=actor)
    except OrgFileError as error:
        return _page(refusal=say(error), problems=error.problems, file_name=file.filename), 422
    except EngineError as error:
        return _page(refusal=say(error)), status_of(error)
    flash(
        _(
            "组织机构已导入：机构 %(units)s，人员 %(people)s，对接 %(liaisons)s；新增 %(new)s，变更 %(changed)s。",
            units=report.units,
            people=report.people,
            liaisons=report.liaisons,
            new=report.new,
            changed=report.changed,
        ),
        "success",
    )
    for zh, en in report.warnings:
        flash(en if language() == "en" else zh, "warning")
    return redirect_to(url_for("org.index"), code=303)


def _page(
    *, refusal: str | None = None, problems: tuple[OrgProblem, ...] = (), file_name: str | None = None
) -> str:
    engine, actor = current_engine(), require_actor()
    if not actor.roles & READERS:
        raise Forbidden(act=_("查看组织机构"))
    with engine.store.reading() as session:
        page = org_page(session, actor, engine.clock.today())
    return render_template(
        "org/index.html",
        page=page,
        is_admin=Role.ADMIN in actor.roles,
        may_hand_over=bool(roles_over(actor)),
        refusal=refusal,
        problems=problems[:SHOWN_PROBLEMS],
        more_problems=max(0, len(problems) - SHOWN_PROBLEMS),
        file_name=file_name,
        lang=language(),
        kind_label=_kind_label,
    )


def _kind_label(kind: str) -> str:
    try:
        return UnitKind(kind).label.say(language())
    except ValueError:
        raise BadInput(what=_("机构类型"), value=kind, reason=_("请联系系统管理员。")) from None
