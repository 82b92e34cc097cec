"""The console over the small book."""

from __future__ import annotations

import pytest
from flask import Flask

from admin.app import create_app
from engine.api import Engine
from tests.support.console import Browser, signed_in


@pytest.fixture
def app(book: Engine) -> Flask:
    """The console of the book."""
    return create_app(book)


@pytest.fixture
def agent(app: Flask) -> Browser:
    """Agent AG001, signed in."""
    return signed_in(app, "AG001")
