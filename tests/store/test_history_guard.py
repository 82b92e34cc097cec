"""The database itself refuses to change the history, and the application's role has no right to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.bootstrap import Engine, build_engine
from engine.queries.verification import verify
from engine.services import checkpoints
from engine.services.clockwork import tick
from engine.settings import load_settings
from tests.support import databases, histories, house

ROLES = Path(__file__).parents[2] / "deploy/postgresql/roles.sql"
CHANGES = (
    "UPDATE history_event SET actor = 'AG001' WHERE seq = 1",
    "UPDATE history_event SET seq = 99 WHERE seq = 1",
    "DELETE FROM history_event WHERE seq = 1",
    "DELETE FROM history_event",
)
COPY = "SELECT {seq}, at, 'AG001', action, payload, hash FROM history_event WHERE seq = 1"
COLUMNS = "history_event (seq, at, actor, action, payload, hash)"


@pytest.fixture
def engine(database: str, tmp_path: Path) -> Iterator[Engine]:
    engine = house.empty_house(databases.create(database, tmp_path / "house"))
    histories.happen(engine, 3)
    yield engine
    engine.store.engine.dispose()
    databases.drop(tmp_path / "house")


def refuse(engine: Engine, statement: str) -> str:
    """Run a statement that must fail; returns what the database said."""
    with pytest.raises(DBAPIError) as refused, engine.store.engine.begin() as connection:
        connection.execute(text(statement))
    return str(refused.value.orig)


@pytest.mark.parametrize("statement", CHANGES)
def test_rows_of_the_history_cannot_be_changed_or_removed(engine: Engine, statement: str) -> None:
    before = [(event.seq, event.hash) for event in histories.rows(engine)]

    assert "历史只能追加 / the history is append-only" in refuse(engine, statement)
    assert before == [(event.seq, event.hash) for event in histories.rows(engine)]


def test_it_cannot_be_emptied(engine: Engine, database: str) -> None:
    statement = "TRUNCATE history_event" if database == "postgresql" else "DELETE FROM history_event"

    assert "append-only" in refuse(engine, statement)


@pytest.mark.parametrize("seq", [1, 99])
def test_sqlite_takes_a_row_at_the_end_only_also_as_a_replacement(
    engine: Engine, database: str, seq: int
) -> None:
    if database == "postgresql":
        pytest.skip("INSERT OR REPLACE is SQLite's")

    said = refuse(engine, f"INSERT OR REPLACE INTO {COLUMNS} {COPY.format(seq=seq)}")

    assert "append-only" in said


def test_postgresql_refuses_a_replacement_also_where_triggers_are_off(engine: Engine, database: str) -> None:
    if database == "sqlite":
        pytest.skip("upserts and session_replication_role are PostgreSQL's")
    upsert = f"INSERT INTO {COLUMNS} {COPY.format(seq=1)} ON CONFLICT (seq) DO UPDATE SET actor = 'AG001'"

    assert "append-only" in refuse(engine, upsert)
    assert "append-only" in refuse(engine, f"SET LOCAL session_replication_role = replica; {CHANGES[0]}")


@pytest.fixture
def as_app(book: Engine, database: str) -> Iterator[Engine]:
    """The engine on the book, connected with the application's role."""
    if database == "sqlite":
        pytest.skip("SQLite has no roles")
    url = book.store.engine.url
    with book.store.engine.begin() as connection:
        connection.exec_driver_sql(ROLES.read_text())
    settings = databases.environment(Path(str(book.settings.sink)).parent)
    settings["RENEWALS_DATABASE_URL"] += "&options=-c%20role%3Drenewals_app"
    engine = build_engine(load_settings(settings))
    assert url.database == engine.store.engine.url.database
    yield engine
    engine.store.engine.dispose()


def test_the_application_works_with_its_role(as_app: Engine) -> None:
    before = len(histories.rows(as_app))
    timer_report = tick(as_app)
    histories.happen(as_app, 2)
    checkpoints.checkpoint_if_due(as_app)

    assert 0 == timer_report.incidents
    assert before + 4 == len(histories.rows(as_app))
    assert verify(as_app).is_sound


@pytest.mark.parametrize("statement", [*CHANGES, "TRUNCATE history_event"])
def test_the_role_has_no_right_to_change_the_history(as_app: Engine, statement: str) -> None:
    assert "permission denied" in refuse(as_app, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER history_event_no_change ON history_event",
        "ALTER TABLE history_event DISABLE TRIGGER ALL",
        "DROP TABLE history_event",
        "CREATE TABLE history_event_2 (seq bigint)",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_the_role_cannot_remove_the_guard(as_app: Engine, statement: str) -> None:
    assert any(word in refuse(as_app, statement) for word in ("permission denied", "must be owner"))
