"""Lists of what the system keeps, for administrators and auditors (Flask-Admin at /admin)."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme
from flask_babel import lazy_gettext

from admin.menu import MenuItem, register
from admin.records.base import READERS, RecordsHome, RecordView
from admin.records.book import ImportRecords, RenewalRecords, TaskRecords
from admin.records.governing import DefinitionRecords, HistoryRecords
from admin.records.holidays import HolidayRecords
from admin.records.people import PersonRecords, UnitRecords, UserRecords
from admin.records.running import IncidentRecords, OutboxRecords, TimerRecords
from engine.api import Engine
from engine.tables import (
    DefinitionSet,
    HistoryEvent,
    Holiday,
    ImportBatch,
    Incident,
    OrgUnit,
    OutboxMessage,
    Person,
    Renewal,
    Timer,
    UserAccount,
    UserTask,
    reading_sessions,
)

_ADDRESSES = {  # endpoints that would clash with pages of the console
    "renewal_records": "renewals",
    "task_records": "tasks",
    "import_records": "imports",
    "history_records": "history",
}
LISTS: tuple[tuple[type[RecordView], type[Any], str, Any], ...] = (
    (RenewalRecords, Renewal, "renewal_records", lazy_gettext("续保")),
    (TaskRecords, UserTask, "task_records", lazy_gettext("任务清单")),
    (ImportRecords, ImportBatch, "import_records", lazy_gettext("导入批次")),
    (TimerRecords, Timer, "timers", lazy_gettext("定时")),
    (IncidentRecords, Incident, "incidents", lazy_gettext("异常")),
    (OutboxRecords, OutboxMessage, "outbox", lazy_gettext("外发通知")),
    (HistoryRecords, HistoryEvent, "history_records", lazy_gettext("历史")),
    (DefinitionRecords, DefinitionSet, "definitions", lazy_gettext("流程版本")),
    (PersonRecords, Person, "people", lazy_gettext("人员")),
    (UnitRecords, OrgUnit, "units", lazy_gettext("机构")),
    (UserRecords, UserAccount, "users", lazy_gettext("用户")),
    (HolidayRecords, Holiday, "holidays", lazy_gettext("假日")),
)


def register_views(app: Flask, engine: Engine) -> None:
    """Add the record lists to *app*, on read-only sessions that end with each request."""
    sessions = reading_sessions(engine)
    app.teardown_appcontext(lambda _error: sessions.remove())
    admin = Admin(
        app,
        name=lazy_gettext("系统记录"),
        theme=Bootstrap4Theme(base_template="ui/base.html", fluid=True),
        index_view=RecordsHome(name=lazy_gettext("系统记录"), url="/admin"),
    )
    for view, model, endpoint, name in LISTS:
        url = f"/admin/{_ADDRESSES.get(endpoint, endpoint)}"
        admin.add_view(view(model, sessions, name=name, endpoint=endpoint, url=url))
    register(
        MenuItem(
            endpoint="admin.index",
            label=lazy_gettext("系统记录"),
            icon="list",
            order=80,
            roles=READERS,
            family=("admin.", *(f"{endpoint}." for _v, _m, endpoint, _n in LISTS)),
        )
    )
    register(
        MenuItem(
            endpoint="definitions.index_view",
            label=lazy_gettext("流程版本"),
            icon="flow",
            order=70,
            roles=DefinitionRecords.readers - READERS,
            family=("definitions.",),
        )
    )
