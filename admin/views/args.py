"""Reads the query string of list pages: unusable values are named to the person and left out.

Where something may be done with the whole list, ``admin.misread`` says that a condition is missing from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from flask import request, url_for
from flask_babel import gettext as _

from admin.misread import check_search, misread

Code = TypeVar("Code", bound=StrEnum)
MAX_TEXT = 64


def day_arg(name: str) -> date | None:
    """Return a date of the query string (or of a posted filter); anything but YYYY-MM-DD is named and left out."""
    text = request.values.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        misread(_("日期“%(text)s”无法识别，请按 2026-12-31 的格式填写，或清除该条件。", text=text[:20]))
        return None


def code_arg(name: str, kind: type[Code]) -> Code | None:
    """Return a code of the query string (or of a posted filter); one the list does not hold is named and left out."""
    text = request.values.get(name, "").strip()
    if not text:
        return None
    try:
        return kind(text)
    except ValueError:
        misread(_("没有“%(text)s”这个选项，请重新选择，或清除该条件。", text=text[:20]))
        return None


def text_arg(name: str) -> str:
    """Return a short text of the query string (or of a posted filter)."""
    return request.values.get(name, "").strip()[:MAX_TEXT]


def flag_arg(name: str) -> bool:
    """Whether a flag of the query string is set; anything but 1 and 0 is named and left out."""
    text = request.args.get(name, "").strip()
    if text not in ("", "0", "1"):
        misread(_("没有“%(text)s”这个选项，请重新选择，或清除该条件。", text=text[:20]))
    return text == "1"


def search_arg(name: str) -> str:
    """Return what is searched for; a search that can find nothing is named."""
    text = text_arg(name)
    check_search(text)
    return text


def _is_of_the_router(name: str) -> bool:
    """Whether ``url_for`` would take this parameter for an instruction of ours."""
    return name.startswith("_") or name == "endpoint"


def url_with(**changes: str | None) -> str:
    """Return the address of this page with *changes* to its query string; None removes a value."""
    sent = {name: text for name, text in request.args.items() if not _is_of_the_router(name)}
    args: Mapping[str, str | None] = {**sent, **changes}
    path: Mapping[str, object] = request.view_args or {}
    return url_for(request.endpoint or "home.index", **path, **{k: v for k, v in args.items() if v})
