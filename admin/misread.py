"""Conditions of a list that cannot be read: named to the person, and remembered, so that nothing is done with it."""

from __future__ import annotations

from datetime import date

from flask import flash, g
from flask_babel import gettext as _

from admin.i18n import language
from engine.api import Label, search_fault


def misread(sentence: str) -> None:
    """Say what is wrong with a condition, and remember that the list lacks it."""
    g.is_misread = True
    flash(sentence, "warning")


def is_misread() -> bool:
    """Whether a condition of this request could not be read: its list is not the one that was asked for."""
    return bool(g.get("is_misread", False))


_BACKWARDS = Label("止不能早于起", "it must not end before it begins")


def backwards(first: date | None, last: date | None) -> Label | None:
    """Return why the days from *first* to *last* are none, None where they are some."""
    return _BACKWARDS if first is not None and last is not None and last < first else None


def check_period(name: str, first: date | None, last: date | None) -> None:
    """Name a period, called *name*, that ends before it begins."""
    if (why := backwards(first, last)) is not None:
        text = f"{first} – {last}"
        misread(_("%(name)s“%(text)s”：%(why)s。", name=name, text=text, why=why.say(language())))


def check_search(text: str) -> None:
    """Name a search that can find nothing."""
    if (why := search_fault(text)) is not None:
        misread(_("查找“%(text)s”：%(why)s。", text=text[:20], why=why.say(language())))
