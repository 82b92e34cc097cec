"""The hidden field that every form carries against forged requests."""

from __future__ import annotations

from flask_wtf.csrf import generate_csrf
from markupsafe import Markup


def csrf_field() -> Markup:
    """Return the field with the token of this session."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())
