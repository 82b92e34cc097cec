"""Which unit a person last looked at on a page, kept in the session's cookie: a proposal, never a right."""

from __future__ import annotations

from flask import session

_NAME = "looked_at_{}"


def last_looked_at(page: str) -> str | None:
    """Return the code of the unit chosen last on *page*; whether it may be seen is the query's to say."""
    code = session.get(_NAME.format(page))
    return code if isinstance(code, str) else None


def look_at(page: str, code: str) -> None:
    """Remember that the person chose the unit *code* on *page*."""
    if last_looked_at(page) != code:
        session[_NAME.format(page)] = code
