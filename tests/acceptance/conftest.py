"""A desk with schema, organisation, people and the shipped processes, copied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.desk import Desk
from tests.support import databases
from tests.support.org import write_org

START = "2026-10-01T09:00"


@pytest.fixture(scope="session")
def prepared(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a desk on which everything but a list is ready."""
    home = databases.create(database, tmp_path_factory.mktemp("prepared"))
    desk = Desk(home)
    desk.run("db", "upgrade")
    desk.run("clock", "set", START)
    desk.run("org", "import", desk.write("org.xlsx", write_org()))
    desk.run("user", "add", "owner", "--role", "process_owner", "--unit", "PC3301")
    desk.run("user", "add", "second", "--role", "approver", "--unit", "PC3301")
    desk.run("deploy", "--by", "owner")
    yield home
    databases.drop(home)


@pytest.fixture
def desk(prepared: Path, tmp_path: Path) -> Iterator[Desk]:
    """A fresh copy of the prepared desk; the clock stands at 2026-10-01 09:00 Shanghai."""
    home = databases.copy(prepared, tmp_path / "desk")
    yield Desk(home)
    databases.drop(home)
