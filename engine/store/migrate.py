"""Create and migrate the schema with Alembic, from inside the program.

Alembic is imported only where it works: every command asks whether the schema is current.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

HERE = Path(__file__).parent / "migrations"


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    return config


def upgrade(engine: Engine) -> str:
    """Bring the schema to the newest revision; returns its name. Most starts find it there already."""
    if current(engine) == head():
        return head()
    from alembic import command

    config = _config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    return head()


@cache
def head() -> str:
    """Return the newest revision the program knows: the one that no other follows."""
    files = [path.read_text() for path in (HERE / "versions").glob("[0-9]*.py")]
    known, followed = (
        {found[1] for text in files if (found := re.search(rf'^{name} = "(.+)"$', text, re.MULTILINE))}
        for name in ("revision", "down_revision")
    )
    (newest,) = known - followed
    return newest


def current(engine: Engine) -> str | None:
    """Return the revision the database is at, None for an empty one."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found
