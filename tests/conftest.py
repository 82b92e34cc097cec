"""Shared by the rooms that look at a book of renewals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.api import Engine
from tests.support.console import build_book, copy_book, open_book


@pytest.fixture(scope="session")
def prepared_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small book, built once."""
    home = tmp_path_factory.mktemp("book")
    build_book(home)
    return home


@pytest.fixture(scope="session")
def still_book(prepared_book: Path) -> Iterator[Engine]:
    """The engine on the book itself, for tests that only read; parsed once."""
    engine = open_book(prepared_book)
    yield engine
    engine.store.engine.dispose()


@pytest.fixture
def book(prepared_book: Path, tmp_path: Path) -> Iterator[Engine]:
    """The engine on a copy of the book; the clock stands at 2026-11-24 10:30 Shanghai."""
    engine = open_book(copy_book(prepared_book, tmp_path / "book"))
    yield engine
    engine.store.engine.dispose()
