"""Words and cells that several record lists share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from admin.context import current_engine
from admin.formatters import NOTHING
from admin.i18n import language
from admin.records.base import RecordView
from engine.api import OWN_CLOCKS, EngineError
from engine.tables import Renewal

BOOK, RUNNING, GOVERNING = lazy_gettext("业务"), lazy_gettext("运行"), lazy_gettext("管理")


def options(kind: type[StrEnum]) -> Any:
    """Return what lists the codes of *kind* with their labels, asked for at each request."""
    return lambda: [(str(code), code.label.say(language())) for code in kind]  # type: ignore[attr-defined]


def texts(labels: Mapping[str, Any]) -> Callable[[], list[tuple[str, str]]]:
    """Return what lists own codes with their labels, asked for at each request."""
    return lambda: [(code, str(label)) for code, label in labels.items()]


def vehicle(view: RecordView, row: Any) -> str:
    """The masked plate of the renewal a row belongs to."""
    key = row.id if isinstance(row, Renewal) else row.instance_id
    if key is None:
        return NOTHING
    plate, _customer = view.companions.vehicles.get(key, (None, None))
    return plate or _("无车牌")


def customer(view: RecordView, row: Any) -> str:
    """The masked name of a renewal's customer."""
    return view.companions.vehicles.get(row.id, (None, None))[1] or NOTHING


def _renewal_link(row: Any) -> str | None:
    key = row.id if isinstance(row, Renewal) else row.instance_id
    return url_for("renewals.show", renewal_id=key) if key is not None else None


def element(_view: RecordView, row: Any) -> str:
    """The name of the diagram element, in the newest version that knows it."""
    if not row.element_id:
        return NOTHING
    if not hasattr(g, "element_names"):
        try:
            elements = current_engine().latest().process.elements
        except EngineError:
            g.element_names = {}
        else:
            g.element_names = {key: elements.label_of(key).say(language()) for key in elements.by_id}
    own = OWN_CLOCKS.get(row.element_id)
    return str(g.element_names.get(row.element_id) or (own.say(language()) if own else row.element_id))


RENEWAL_LINKS = {"vehicle": _renewal_link}
