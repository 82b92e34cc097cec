"""How values are shown: dates with their weekday, money, codes through their labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import wraps
from typing import Any

from flask import Flask, g
from flask_babel import gettext as _
from jinja2 import pass_context
from jinja2.runtime import Context

from admin.context import current_engine
from admin.i18n import counted, language
from admin.vehicle_words import in_english
from engine.api import (
    NAME_EN,
    OPERATOR_LABEL,
    SYSTEM,
    BatchStatus,
    BulkRowStatus,
    BulkStatus,
    CoachingMethod,
    CoachingTopic,
    CustomerTier,
    DayKind,
    DeadlineKind,
    EngineError,
    HandoverKind,
    HandoverRowStatus,
    HandoverStatus,
    IncidentStatus,
    Label,
    Line,
    MessageName,
    OrphanRoute,
    OutboxStatus,
    QuoteKind,
    RenewalState,
    Role,
    Side,
    SplitRule,
    Stage,
    TaskStatus,
    UnitKind,
    WithheldFor,
    due_day,
)

NOTHING = "—"
TEN_THOUSAND = 10_000
_WEEKDAYS = {
    "zh": ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
    "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
}
_LISTS: dict[str, type[StrEnum]] = {
    "stage": Stage,
    "state": RenewalState,
    "role": Role,
    "tier": CustomerTier,
    "task_status": TaskStatus,
    "line": Line,
    "batch_status": BatchStatus,
    "bulk_status": BulkStatus,
    "bulk_row_status": BulkRowStatus,
    "handover_kind": HandoverKind,
    "handover_status": HandoverStatus,
    "handover_row_status": HandoverRowStatus,
    "split_rule": SplitRule,
    "orphan_route": OrphanRoute,
    "coaching_method": CoachingMethod,
    "coaching_topic": CoachingTopic,
    "deadline_kind": DeadlineKind,
    "outbox_status": OutboxStatus,
    "incident_status": IncidentStatus,
    "message": MessageName,
    "unit_kind": UnitKind,
    "side": Side,
    "day_kind": DayKind,
    "withheld_for": WithheldFor,
    "quote_kind": QuoteKind,
}


def weekday(day: date) -> str:
    """Return the short name of the weekday in the language of the request."""
    return _WEEKDAYS[language()][day.weekday()]


def show_day(day: date | None) -> str:
    """Return ``2026-12-31 周四``."""
    return NOTHING if day is None else f"{day.isoformat()} {weekday(day)}"


def show_moment(moment: datetime | None) -> str:
    """Return ``2026-12-31 周四 08:00`` in the business time zone."""
    if moment is None:
        return NOTHING
    local = moment.astimezone(current_engine().clock.zone)
    return f"{local:%Y-%m-%d} {weekday(local.date())} {local:%H:%M}"


def show_due(moment: datetime | None) -> str:
    """Return the last day on which a task is in time; *moment* is the instant at which that day is over."""
    return show_day(due_day(moment, current_engine().clock.zone))


def local_day(moment: datetime) -> date:
    """Return the business date of an instant."""
    return moment.astimezone(current_engine().clock.zone).date()


def show_clock_time(moment: datetime) -> str:
    """Return ``08:00`` in the business time zone."""
    return f"{moment.astimezone(current_engine().clock.zone):%H:%M}"


def show_day_or_moment(moment: datetime) -> str:
    """Return the day alone where it begins, else day and time."""
    local = moment.astimezone(current_engine().clock.zone)
    return show_moment(moment) if local.hour or local.minute else show_day(local.date())


def show_short_day(day: date | None) -> str:
    """Return ``12-31 周四``, for rows where the year is plain."""
    return NOTHING if day is None else f"{day:%m-%d} {weekday(day)}"


def show_money(amount: Decimal | None) -> str:
    """Return an amount in yuan with its unit, thousands separators and two decimals."""
    return NOTHING if amount is None else _("%(amount)s 元", amount=f"{amount:,.2f}")


def show_change(rate: Decimal | None) -> str:
    """Return how much something rose or fell: ``+12.5%``."""
    return NOTHING if rate is None else f"{rate:+.1%}"


def show_limit(amount: Decimal | None) -> str:
    """Return a sum insured as people say it: ``200 万元``; what is no whole 万 as money."""
    if amount is None or amount % TEN_THOUSAND:
        return show_money(amount)
    if language() == "en":
        return f"CNY {amount:,.0f}"
    return f"{amount // TEN_THOUSAND:,.0f} 万元"


def show_factor(value: Decimal | None) -> str:
    """Return a factor with the decimals it has, two to four: ``0.80``, ``0.8525``."""
    if value is None:
        return NOTHING
    shown = f"{round(value, 4).normalize():f}"
    return shown if len(shown.partition(".")[2]) >= 2 else f"{value:.2f}"


def show_size(size: int) -> str:
    """Return a file's size: ``12 KB``, ``2.4 MB``."""
    return f"{max(1, round(size / 1024)):,} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:,.1f} MB"


def show_code(value: str | None, kind: str) -> str:
    """Return the label of a stored code in the language of the request; an unknown code as it is."""
    if not value:
        return NOTHING
    try:
        return str(_LISTS[kind](value).label.say(language()))  # type: ignore[attr-defined]
    except ValueError:
        return value


def show_roles(roles: Iterable[str]) -> str:
    """Return the labels of *roles*, in the order of the code list."""
    held = {str(role) for role in roles}
    return ("、" if language() == "zh" else ", ").join(
        show_code(role, "role") for role in Role if role in held
    )


def show_listed(texts: Iterable[str | Label]) -> str:
    """Return several texts as one, with the sign that the language of the request puts between them."""
    shown = (text.say(language()) if isinstance(text, Label) else text for text in texts)
    return ("、" if language() == "zh" else ", ").join(shown)


def show_days_left(days: int) -> str:
    """Return how far the expiry date is: ``还有 12 天``, ``今天到期``, ``已过期 3 天``."""
    if days > 0:
        return _("还有 1 天") if days == 1 else counted("还有 %(n)s 天", n=days)
    if days == 0:
        return _("今天到期")
    return _("已过期 1 天") if days == -1 else counted("已过期 %(n)s 天", n=-days)


def show_days_late(days: int) -> str:
    """Return how late a task is: ``逾期 3 天``."""
    return _("逾期 1 天") if days == 1 else counted("逾期 %(n)s 天", n=days)


def show_diagram_name(name: str) -> str:
    """Return the name of a diagram element in the language of the request, as the newest diagrams have it."""
    if language() == "zh":
        return name
    if not hasattr(g, "diagram_names"):
        try:
            elements = current_engine().latest().process.elements.by_id.values()
        except EngineError:
            elements = {}.values()
        g.diagram_names = {e.name: e.properties.get(NAME_EN) or e.name for e in elements}
    return str(g.diagram_names.get(name, name))


def show_actor(name: str | None) -> str:
    """Return who acted; the engine and the command line in the language of the request."""
    if not name:
        return NOTHING
    return _NO_PERSON.get(name, name) if language() == "en" else name


_NO_PERSON = {SYSTEM.display_name: "System", OPERATOR_LABEL: "Command line"}


def show_use(text: str) -> str:
    """Return a vehicle's use or energy type, which lists give in Chinese, in the language of the request."""
    return text if language() == "zh" else in_english(text)


def init_formatters(app: Flask) -> None:
    """Give the templates their filters."""
    filters: dict[str, Callable[..., str]] = {
        "day": show_day,
        "short_day": show_short_day,
        "moment": show_moment,
        "local_day": local_day,
        "clock_time": show_clock_time,
        "money": show_money,
        "factor": show_factor,
        "file_size": show_size,
        "change": show_change,
        "day_or_moment": show_day_or_moment,
        "code": show_code,
        "role_names": show_roles,
        "listed": show_listed,
        "days_left": show_days_left,
        "days_late": show_days_late,
        "actor_name": show_actor,
        "due_day": show_due,
        "diagram_name": show_diagram_name,
        "vehicle_word": show_use,
        "limit": show_limit,
    }
    app.jinja_env.filters.update({name: _in_its_request(shown) for name, shown in filters.items()})


def _in_its_request(shown: Callable[..., str]) -> Callable[..., str]:
    """Keep jinja from working *shown* out once for all requests, in the language of the first, when all is constant."""

    @pass_context
    @wraps(shown)
    def in_its_request(_context: Context, *args: Any, **more: Any) -> str:
        return shown(*args, **more)

    return in_its_request
