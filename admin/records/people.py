"""Lists of people, units and sign-ins; administrators close, reopen and give new initial passwords."""

# ruff: noqa: RUF012 - Flask-Admin is told what to show by class attributes
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, url_for
from flask_admin.actions import action
from flask_admin.form import BaseForm
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from admin.actor import require_actor
from admin.choosing import unit_options
from admin.context import current_engine
from admin.errors import say
from admin.formatters import NOTHING, show_code, show_roles
from admin.i18n import language
from admin.records.base import RecordView
from admin.records.filters import CodeFilter, FlagFilter, StartFilter
from admin.records.words import GOVERNING, options
from engine.api import EngineError, Role, Side, UnitKind, add_user, mask_phone, set_active, set_password
from engine.tables import OrgUnit, Person, UserAccount

MOST_AT_ONCE = 20


def _posts(view: RecordView, row: Any) -> str:
    held = view.companions.posts.get(row.employee_no, ())
    units = view.companions.units
    return _("；").join(f"{show_code(role, 'role')} {units.get(code, code)}" for role, code in held) or _(
        "当前无岗位"
    )


class PersonRecords(RecordView):
    """Staff of both companies, known by employee number."""

    group, intro, lead = GOVERNING, lazy_gettext("两家公司的人员及今天的岗位"), "name"
    column_list = ("employee_no", "name", "posts", "phone")
    column_details_list = column_list
    column_labels = {
        "employee_no": lazy_gettext("工号"), "name": lazy_gettext("姓名"), "posts": lazy_gettext("岗位"),
        "phone": lazy_gettext("手机"),
    }  # fmt: skip
    cells = {
        "employee_no": lambda _view, row: row.employee_no,
        "posts": _posts,
        "phone": lambda _view, row: mask_phone(row.phone) if row.phone else NOTHING,
    }
    column_sortable_list = ("employee_no", "name")
    column_default_sort = [("employee_no", False)]
    column_searchable_list = ("employee_no", "name")
    search_hint = lazy_gettext("工号、姓名")
    column_filters = (StartFilter(Person.employee_no, lazy_gettext("工号")),)


class UnitRecords(RecordView):
    """Units of both trees with their periods, past and future ones too."""

    group, intro, lead = GOVERNING, lazy_gettext("两家公司的机构与生效期"), "name"
    column_list = ("code", "name", "kind", "side", "parent_code", "city", "valid_from", "valid_to")
    column_details_list = (
        "code",
        "name",
        "kind",
        "side",
        "parent_code",
        "province",
        "city",
        "valid_from",
        "valid_to",
    )
    column_labels = {
        "code": lazy_gettext("代码"), "name": lazy_gettext("名称"), "kind": lazy_gettext("类型"),
        "side": lazy_gettext("主体"), "parent_code": lazy_gettext("上级"), "province": lazy_gettext("省份"),
        "city": lazy_gettext("城市"), "valid_from": lazy_gettext("生效"), "valid_to": lazy_gettext("失效"),
    }  # fmt: skip
    codes = {"kind": "unit_kind", "side": "side"}
    column_sortable_list = ("code", "name", "kind", "valid_from", "valid_to")
    column_default_sort = [("code", False), ("valid_from", False)]
    column_searchable_list = ("code", "name")
    search_hint = lazy_gettext("代码、名称")
    column_filters = (
        CodeFilter(OrgUnit.kind, lazy_gettext("类型"), options(UnitKind)),
        CodeFilter(OrgUnit.side, lazy_gettext("主体"), options(Side)),
    )


def _units_to_give() -> list[tuple[str, str]]:
    """Units of the administrator's reach; none at all only from who sees everything."""
    everywhere = [("", _("不限机构"))] if require_actor().sees_all else []
    return [*everywhere, *unit_options()]


class _Ticks(SelectMultipleField):  # type: ignore[misc]
    """Several codes, each with a box of its own."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class UserForm(BaseForm):  # type: ignore[misc]
    """A new sign-in; its password is made up."""

    name = StringField(lazy_gettext("用户名（工号）"), validators=[InputRequired(), Length(max=64)])
    display_name = StringField(lazy_gettext("姓名"), validators=[Length(max=64)])
    roles = _Ticks(
        lazy_gettext("角色"),
        choices=lambda: [(str(r), r.label.say(language())) for r in Role],
        validators=[InputRequired()],
    )
    unit = SelectField(
        lazy_gettext("机构"), choices=_units_to_give, default=lambda: require_actor().unit_code or ""
    )


class UserRecords(RecordView):
    """Sign-ins; what they hold by account, without what posts add."""

    group, intro, lead = GOVERNING, lazy_gettext("登录账号；岗位带来的角色另计"), "display_name"
    column_list = ("name", "display_name", "unit_code", "roles", "active", "locked_until", "created_at")
    column_details_list = (
        "name", "display_name", "unit_code", "roles", "active", "must_change_password", "failed_sign_ins",
        "locked_until", "created_at",
    )  # fmt: skip
    column_labels = {
        "name": lazy_gettext("用户名"), "display_name": lazy_gettext("姓名"), "unit_code": lazy_gettext("机构"),
        "roles": lazy_gettext("角色"), "active": lazy_gettext("启用"),
        "must_change_password": lazy_gettext("仍用初始密码"), "failed_sign_ins": lazy_gettext("连续失败"),
        "locked_until": lazy_gettext("锁定至"), "created_at": lazy_gettext("建立"),
    }  # fmt: skip
    cells = {"roles": lambda view, row: show_roles(view.companions.roles.get(row.id, ())) or NOTHING}
    numbers = frozenset({"failed_sign_ins"})
    column_sortable_list = ("name", "active", "created_at", "locked_until")
    column_default_sort = [("name", False)]
    column_searchable_list = ("name", "display_name")
    search_hint = lazy_gettext("用户名、姓名")
    column_filters = (
        FlagFilter(UserAccount.active, lazy_gettext("启用")),
        CodeFilter(UserAccount.unit_code, lazy_gettext("机构"), unit_options),
    )

    form = UserForm
    create_template = "records/form.html"

    @property
    def can_create(self) -> bool:  # type: ignore[override]
        """Whether the person may add sign-ins."""
        return Role.ADMIN in require_actor().roles

    def create_model(self, form: Any) -> Any:
        """Add a sign-in; the initial password is shown once and stored nowhere in clear."""
        name = (form.name.data or "").strip()
        try:
            initial = add_user(
                current_engine(),
                name,
                roles=form.roles.data,
                unit_code=form.unit.data or None,
                display_name=form.display_name.data or None,
                actor=require_actor(),
            )
        except EngineError as error:
            flash(say(error), "error")
            return False
        flash(_("%(name)s 的初始密码：%(password)s（只显示这一次）", name=name, password=initial), "success")
        return self.session().query(UserAccount).filter_by(name=name).one()

    @action("close", lazy_gettext("停用"), lazy_gettext("确定停用所选账号？对方将立即退出。"))  # type: ignore[untyped-decorator]
    def close(self, ids: list[str]) -> Any:
        """Close the chosen accounts; their sessions end at the next request."""
        return self._each(ids, lambda name: set_active(current_engine(), name, False, actor=require_actor()))

    @action("reopen", lazy_gettext("启用"))  # type: ignore[untyped-decorator]
    def reopen(self, ids: list[str]) -> Any:
        """Reopen the chosen accounts and unlock them."""
        return self._each(ids, lambda name: set_active(current_engine(), name, True, actor=require_actor()))

    @action("reset", lazy_gettext("重置密码"), lazy_gettext("确定重置所选账号的密码？新密码只显示一次。"))  # type: ignore[untyped-decorator]
    def reset(self, ids: list[str]) -> Any:
        """Give the chosen accounts new initial passwords, shown once."""
        return self._each(ids, lambda name: set_password(current_engine(), name, actor=require_actor()))

    def _each(self, ids: list[str], act: Callable[[str], str | None]) -> Any:
        for text in ids[:MOST_AT_ONCE]:
            name = self.get_one(text).name
            try:
                told = act(name)
            except EngineError as error:
                flash(say(error), "error")
                continue
            if told:
                flash(
                    _("%(name)s 的新初始密码：%(password)s（只显示这一次）", name=name, password=told),
                    "success",
                )
            else:
                flash(_("%(name)s 已更新。", name=name), "success")
        return redirect(url_for(".index_view"), code=303)
