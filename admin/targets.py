"""Where a person may be sent after an act: pages of ours only, never another site (threats.md §5 G)."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException


def local_target(text: str | None, default: str) -> str:
    """Return *text* when it is the address of a page of ours, else *default*."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")) or not text.isprintable():
        return default
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or "\\" in parts.path:
        return default
    try:
        current_app.url_map.bind("").match(parts.path, method="GET")
    except HTTPException:
        return default
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def back_to_inbox() -> str:
    """Return the list that the request says it came from, else the inbox."""
    return local_target(request.form.get("next"), url_for("inbox.index"))
