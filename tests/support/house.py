"""An engine in a folder of its own: schema, virtual clock, the demonstration's organisation, sign-ins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from engine.bootstrap import Engine, build_engine
from engine.clock import SHANGHAI
from engine.domain.actor import SYSTEM, Actor
from engine.domain.demo_people import demo_org
from engine.services import clockwork, directory, schema, users
from engine.settings import load_settings
from tests.support import databases

START = datetime(2026, 10, 1, 9, tzinfo=SHANGHAI)
PASSWORD = "correct horse 27"


def empty_house(home: Path, start: datetime = START) -> Engine:
    """Return an engine with the schema and the shipped holidays only."""
    engine = _open(home)
    schema.upgrade(engine)
    clockwork.set_clock(engine, start, actor=SYSTEM)
    return engine


def staffed_house(home: Path, start: datetime = START) -> Engine:
    """Return an engine that knows the demonstration's organisation (see engine/domain/demo_people.py)."""
    engine = empty_house(home, start)
    directory.store_org(engine, demo_org(), actor=SYSTEM, source="demo")
    return engine


def _open(home: Path) -> Engine:
    return build_engine(load_settings(databases.environment(home)))


@contextmanager
def opened(home: Path) -> Iterator[Engine]:
    """Open an engine on the copy of a house in *home*; its database is dropped at the end."""
    engine = _open(home)
    yield engine
    engine.store.engine.dispose()
    databases.drop(home)


def sign_in_for(engine: Engine, *names: str) -> None:
    """Give staff of the organisation a sign-in with :data:`PASSWORD`; their roles come from their posts."""
    for name in names:
        actor = users.actor_of(engine, name)
        users.add_user(
            engine, name, roles=actor.roles, unit_code=actor.unit_code, password=PASSWORD, actor=SYSTEM
        )


def actor(engine: Engine, name: str) -> Actor:
    """Return who *name* is today."""
    return users.actor_of(engine, name)
