"""Shared by the rooms that look at a book of renewals, on each of the databases."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.api import Engine
from tests.support import databases, postgres, recording, thrift
from tests.support.console import build_book, copy_book, open_book


def pytest_configure(config: pytest.Config) -> None:
    """Reserve a place for this run's PostgreSQL server, which all workers share."""
    if not hasattr(config, "workerinput"):
        postgres.reserve()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server, after the workers are done."""
    if not hasattr(config, "workerinput") and postgres.HOME in os.environ:
        postgres.release()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what touches a database once on each; browser tests and those marked ``one_database`` on one."""
    if "database" not in metafunc.fixturenames:
        return
    kinds = databases.chosen()
    is_browser = "browser" in metafunc.definition.path.parts
    if is_browser or metafunc.definition.get_closest_marker("one_database") is not None:
        kinds = kinds[:1]
    metafunc.parametrize("database", kinds, scope="session", indirect=True)


@pytest.fixture(scope="session", autouse=True)
def work_is_not_repeated() -> Iterator[None]:
    """Spare the hundreds of engines and consoles of this process what is the same for all."""
    with thrift.practised():
        yield


@pytest.fixture(autouse=True)
def everything_is_recorded() -> Iterator[list[str]]:
    """Fail the test during which the program wrote something that the history does not speak of."""
    with recording.watched() as silent:
        yield silent
    assert [] == sorted(set(silent)), "written without an event in the same transaction"


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database this test runs on: ``sqlite`` or ``postgresql``."""
    return str(request.param)


@pytest.fixture(scope="session")
def prepared_book(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the small book, built once for each database; nobody stays connected to it."""
    home = databases.create(database, tmp_path_factory.mktemp("book"))
    build_book(home)
    yield home
    databases.drop(home)


@pytest.fixture(scope="session")
def still_book(prepared_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine on one copy of the book for all tests that only read; parsed once."""
    home = copy_book(prepared_book, tmp_path_factory.mktemp("still") / "book")
    engine = open_book(home)
    yield engine
    engine.store.engine.dispose()
    databases.drop(home)


@pytest.fixture
def book(prepared_book: Path, tmp_path: Path) -> Iterator[Engine]:
    """The engine on a copy of the book; the clock stands at 2026-11-24 10:30 Shanghai."""
    home = copy_book(prepared_book, tmp_path / "book")
    engine = open_book(home)
    yield engine
    engine.store.engine.dispose()
    databases.drop(home)
