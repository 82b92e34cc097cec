"""What a view may ask of the running application: the engine, and whether it is open to strangers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import current_app

if TYPE_CHECKING:
    from engine.api import Engine

ENGINE = "renewals_engine"
View = TypeVar("View", bound=Callable[..., Any])


def current_engine() -> Engine:
    """Return the engine of the running application."""
    return cast("Engine", current_app.extensions[ENGINE])


def public(view: View) -> View:
    """Mark *view* as open to everybody; every other page asks for a sign-in."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def is_public(endpoint: str | None) -> bool:
    """Whether the page *endpoint* needs no sign-in: marked ones and files of the look."""
    if endpoint is None:
        return False
    if endpoint == "static" or endpoint.endswith(".static"):
        return True
    return bool(getattr(current_app.view_functions.get(endpoint), "is_public", False))
