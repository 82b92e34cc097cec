"""The holiday table; administrators edit it through the engine's verbs."""

# ruff: noqa: RUF012 - Flask-Admin is told what to show by class attributes
from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash
from flask_admin.form import BaseForm
from flask_babel import lazy_gettext
from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say
from admin.i18n import language
from admin.records.base import RecordView
from admin.records.filters import CodeFilter
from admin.records.words import GOVERNING, options
from engine.api import DayKind, EngineError, Role, remove_holiday, set_holiday
from engine.tables import Holiday


class HolidayForm(BaseForm):  # type: ignore[misc]
    """One day of the table."""

    day = DateField(lazy_gettext("日期"), validators=[InputRequired()])
    kind = SelectField(
        lazy_gettext("类型"), choices=lambda: [(str(k), k.label.say(language())) for k in DayKind]
    )
    name = StringField(lazy_gettext("名称"), validators=[InputRequired(), Length(max=200)])
    source = StringField(lazy_gettext("依据"), validators=[InputRequired(), Length(max=200)])
    provisional = BooleanField(lazy_gettext("暂定（尚未正式公布）"))


class HolidayRecords(RecordView):
    """Days that are not what their weekday says; every due date is counted over them."""

    group, intro, lead = GOVERNING, lazy_gettext("放假与调休上班日，所有工作日期限以此为准"), "day"
    form = HolidayForm
    create_template = edit_template = "records/form.html"
    column_list = ("day", "kind", "name", "source", "provisional")
    column_details_list = column_list
    column_labels = {
        "day": lazy_gettext("日期"), "kind": lazy_gettext("类型"), "name": lazy_gettext("名称"),
        "source": lazy_gettext("依据"), "provisional": lazy_gettext("暂定"),
    }  # fmt: skip
    codes = {"kind": "day_kind"}
    column_sortable_list = ("day", "kind")
    column_default_sort = [("day", False)]
    column_filters = (CodeFilter(Holiday.kind, lazy_gettext("类型"), options(DayKind)), "day")

    @property
    def can_create(self) -> bool:  # type: ignore[override]
        """Whether the person may edit the table."""
        return Role.ADMIN in require_actor().roles

    can_edit = can_delete = can_create  # type: ignore[assignment]

    def create_model(self, form: Any) -> Any:
        """Add a day."""
        return self._set(form, form.day.data)

    def update_model(self, form: Any, model: Any) -> Any:
        """Change a day; moving it to another date removes it from the old one."""
        old: date = model.day
        kept = self._set(form, form.day.data)
        if kept and form.day.data != old:
            remove_holiday(current_engine(), old, actor=require_actor())
        return kept

    def delete_model(self, model: Any) -> bool:
        """Remove a day."""
        try:
            remove_holiday(current_engine(), model.day, actor=require_actor())
        except EngineError as error:
            flash(say(error), "error")
            return False
        return True

    def _set(self, form: Any, day: date) -> Any:
        try:
            set_holiday(
                current_engine(),
                day,
                kind=form.kind.data,
                name=form.name.data,
                source=form.source.data,
                provisional=form.provisional.data,
                actor=require_actor(),
            )
        except EngineError as error:
            flash(say(error), "error")
            return False
        return self.session().get(Holiday, day)
