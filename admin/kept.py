"""What somebody typed on a page whose session had ended: kept through the sign-in, given back to the author alone.

Every form of ours says, under a seal, who it was made for. A late submission is kept only when it comes from a
page of ours; it travels inside the sign-in page under a second seal, and nothing of it is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from flask import current_app, request
from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

from admin.context import View

AUTHOR, KEPT, OPENED, TOKEN = "typed_by", "kept", "opened", "csrf_token"
LONGEST_WAIT = 24 * 3600  # seconds between the lost submission and the sign-in
LONGEST_OPEN = 7 * 24 * 3600  # seconds a task's form may stand open and still be known as one of ours
MOST = 600_000  # characters of a sealed submission: a sign-in may carry a megabyte
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A submission that came too late: who typed it, where it was going, what it said; never a file."""

    author: str
    target: str
    fields: tuple[tuple[str, str], ...]
    had_files: bool = False


def secret_route(view: View) -> View:
    """Mark *view* as one whose fields are passwords: a late submission of it is not kept."""
    view.is_secret = True  # type: ignore[attr-defined]
    return view


def author_mark(name: str) -> str:
    """Return the seal that says a form was made for *name*."""
    return str(_authors().dumps(name))


def opened_mark(name: str, task_id: int) -> str:
    """Return the seal that says the form of this task was opened by *name*, who might do it then."""
    return str(_openings().dumps([name, task_id]))


def was_opened_by(name: str, task_id: int) -> bool:
    """Whether this request comes from a form of this task that was opened by *name* within a week."""
    line = request.form.get(OPENED, "")
    return bool(_opened(_openings(), line, max_age=LONGEST_OPEN) == [name, task_id])


def late_submission() -> Kept | None:
    """Return what this request wanted to submit, None when it is not a form of ours or its author is unknown."""
    if request.method != "POST" or request.mimetype not in _FORMS or not _comes_from_us():
        return None
    if getattr(current_app.view_functions.get(request.endpoint or ""), "is_secret", False):
        return None
    author = _opened(_authors(), request.form.get(AUTHOR, ""))
    if not isinstance(author, str):
        return None
    return Kept(
        author=author,
        target=request.full_path.rstrip("?"),
        fields=tuple(
            (name, text) for name, text in request.form.items(multi=True) if name not in (AUTHOR, TOKEN)
        ),
        had_files=any(file.filename for file in request.files.values()),
    )


def seal(kept: Kept) -> str | None:
    """Return *kept* as one line for a hidden field; None when it is too long to travel."""
    line = str(_submissions().dumps([kept.author, kept.target, kept.fields, kept.had_files]))
    return line if len(line) <= MOST else None


def unseal(line: str | None) -> Kept | None:
    """Return what `seal` closed, None for anything else or after a day."""
    found = _opened(_submissions(), line or "", max_age=LONGEST_WAIT)
    if not isinstance(found, list):
        return None
    author, target, fields, had_files = found
    return Kept(
        author=author,
        target=target,
        fields=tuple((name, text) for name, text in fields),
        had_files=had_files,
    )


def _comes_from_us() -> bool:
    """Whether the browser says that the form stood on a page of this very address."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return False
    said = request.headers.get("Origin") or request.headers.get("Referer") or ""
    parts = urlsplit(said)
    return f"{parts.scheme}://{parts.netloc}/" == request.host_url


def _authors() -> URLSafeSerializer:
    return URLSafeSerializer(_secret(), salt="typed-by")


def _openings() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(_secret(), salt="task-opened")


def _submissions() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(_secret(), salt="kept-submission")


def _secret() -> str:
    return cast("str", current_app.config["SECRET_KEY"])


def _opened(seals: Any, line: str, **limits: int) -> Any:
    try:
        return seals.loads(line, **limits)
    except BadData:
        return None
