"""An engine in a folder of its own: schema, virtual clock, the demonstration's organisation, sign-ins."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from engine.bootstrap import Engine, build_engine
from engine.clock import SHANGHAI
from engine.domain.actor import SYSTEM, Actor
from engine.domain.demo_people import demo_org
from engine.services import directory, schema, timers, users
from engine.settings import load_settings

START = datetime(2026, 10, 1, 9, tzinfo=SHANGHAI)
PASSWORD = "correct horse 27"


def empty_house(home: Path, start: datetime = START) -> Engine:
    """Return an engine with the schema and the shipped holidays only."""
    settings = load_settings(
        {
            "RENEWALS_DATABASE_URL": f"sqlite:///{home / 'renewals.db'}",
            "RENEWALS_SINK": str(home / "sent.jsonl"),
            "RENEWALS_CLOCK": "virtual",
        }
    )
    engine = build_engine(settings)
    schema.upgrade(engine)
    timers.set_clock(engine, start, actor=SYSTEM)
    return engine


def staffed_house(home: Path, start: datetime = START) -> Engine:
    """Return an engine that knows the demonstration's organisation (see engine/domain/demo_people.py)."""
    engine = empty_house(home, start)
    directory.store_org(engine, demo_org(), actor=SYSTEM, source="demo")
    return engine


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
