"""The hidden fields that every form carries: against forged requests, and whom it was made for."""

from __future__ import annotations

from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from admin.kept import AUTHOR, TOKEN, author_mark


def csrf_field() -> Markup:
    """Return the fields with the token of this session and, once somebody has signed in, the author's mark."""
    token = _hidden(TOKEN, generate_csrf())
    person = getattr(current_user, "signed_in", None)
    return token + _hidden(AUTHOR, author_mark(person.actor.name)) if person else token


def _hidden(name: str, value: str) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(name, value)
