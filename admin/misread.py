"""Conditions of a list that cannot be read: named to the person, and remembered, so that nothing is done with it."""

from __future__ import annotations

from flask import flash, g
from flask_babel import gettext as _

from admin.i18n import language
from engine.api import search_fault


def misread(sentence: str) -> None:
    """Say what is wrong with a condition, and remember that the list lacks it."""
    g.is_misread = True
    flash(sentence, "warning")


def is_misread() -> bool:
    """Whether a condition of this request could not be read: its list is not the one that was asked for."""
    return bool(g.get("is_misread", False))


def check_search(text: str) -> None:
    """Name a search that can find nothing."""
    if (why := search_fault(text)) is not None:
        misread(_("查找“%(text)s”：%(why)s。", text=text[:20], why=why.say(language())))
