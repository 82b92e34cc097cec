"""The migrations lead to the tables that the program maps, and every revision follows another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from engine.store import migrate, schema
from engine.store.session import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path / 'empty.db'}", bytes(32))
    migrate.upgrade(made.engine, bytes(32))
    yield made
    made.engine.dispose()


def test_the_migrations_make_every_mapped_table_and_nothing_else(store: Store) -> None:
    with store.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), schema.metadata)

    assert [] == found


def test_a_second_upgrade_changes_nothing(store: Store) -> None:
    before = set(inspect(store.engine).get_table_names())

    assert migrate.head() == migrate.upgrade(store.engine, bytes(32))
    assert before == set(inspect(store.engine).get_table_names())
