"""People, units and actions to choose from: codes that nobody knows by heart, offered by name."""

from __future__ import annotations

from typing import Any

from flask import g, has_request_context
from flask_babel import gettext as _

import forms
from admin.actor import require_actor
from admin.context import current_engine
from admin.formatters import show_code, show_diagram_name
from engine.api import (
    OPERATOR_NAME,
    SYSTEM,
    EngineError,
    StaffLine,
    account_names,
    people_for,
    staff_within,
    unit_choices,
)

MOST = 1500
"""More people than that are typed by number: a list that long is no help."""


def staff_options() -> list[tuple[str, str]]:
    """Return (employee number, name with unit and role) of who serves today in the person's scope."""
    if not has_request_context():
        return []  # asked for while the lists are set up
    if not hasattr(g, "staff_options"):
        engine = current_engine()
        with engine.store.reading() as session:
            people = staff_within(session, require_actor(), engine.clock.today(), most=MOST)
        g.staff_options = [_option(one) for one in people]
    return list(g.staff_options)


def _option(one: StaffLine) -> tuple[str, str]:
    return one.number, f"{one.name} {one.number} · {one.unit} · {show_code(one.role, 'role')}"


def people_options(form: forms.Form, renewal_id: int | None = None) -> dict[str, list[tuple[str, str]]]:
    """Return, by field of *form* for a person, whom the check of the form accepts for this renewal, or for many."""
    engine = current_engine()
    with engine.store.reading() as session:
        found = people_for(
            session, require_actor(), form, engine.clock.today(), renewal_id=renewal_id, most=MOST
        )
    return {key: [_option(one) for one in people] for key, people in found.items()}


def actor_options() -> list[tuple[str, str]]:
    """Return (name in the history, shown name) of who may have acted: staff, other accounts, the system."""
    staff = staff_options()
    if not staff:
        return []
    if not hasattr(g, "actor_options"):
        engine, known = current_engine(), {number for number, _label in staff}
        with engine.store.reading() as session:
            accounts = account_names(session, require_actor(), engine.clock.today(), most=MOST)
        others = [(name, f"{shown} {name}") for name, shown in accounts if name not in known]
        g.actor_options = [(SYSTEM.name, _("系统")), (OPERATOR_NAME, _("命令行")), *others, *staff]
    return list(g.actor_options)


def unit_options() -> list[tuple[str, str]]:
    """Return (code, name) of the units of the person's scope."""
    if not has_request_context():
        return []
    if not hasattr(g, "unit_options"):
        engine = current_engine()
        with engine.store.reading() as session:
            g.unit_options = [
                (code, f"{name} {code}")
                for code, name in unit_choices(session, require_actor(), engine.clock.today())
            ]
    return list(g.unit_options)


def action_options() -> list[tuple[str, str]]:
    """Return (action id, names of its tasks) as the newest diagrams have them."""
    if not has_request_context():
        return []
    try:
        tasks: Any = current_engine().latest().process.elements.user_tasks
    except EngineError:
        return []
    names: dict[str, list[str]] = {}
    for task in tasks:
        told = names.setdefault(task.properties.get("action_id", ""), [])
        if task.name not in told:
            told.append(task.name)
    return [
        (action, f"{action} {' / '.join(show_diagram_name(name) for name in told)}")
        for action, told in sorted(names.items())
        if action
    ]
