"""The edge cases of domain.md §7, each in a test that bears its number, over the small book."""

from __future__ import annotations

import pytest
from flask import Flask

from admin.app import create_app
from engine.api import Engine


@pytest.fixture
def app(book: Engine) -> Flask:
    """The console of the book."""
    return create_app(book)
