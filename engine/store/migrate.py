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
SEALED_SINCE = "0008"
"""The revision that seals personal data; its tables hold clear values before."""
SEALED_TABLES = (
    "customer",
    "vehicle",
    "renewal",
    "person",
    "import_batch",
    "import_row",
    "submission",
    "task_draft",
    "inbound_message",
    "incident",
    "outbox_message",
)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    return config


def upgrade(engine: Engine, master: bytes, *, to: str = "head") -> str:
    """Bring the schema to the newest revision; returns its name. Most starts find it there already.

    All of it is one transaction. *master* opens the data keys: older rows may have to be sealed on the way.
    """
    before = current(engine)
    if before == head():
        return head()
    from alembic import command

    config = _config()
    config.attributes["master"] = master
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("BEGIN IMMEDIATE"))
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        connection.commit()
    if before is not None and before < SEALED_SINCE:
        _wipe(engine)
    return head()


def _wipe(engine: Engine) -> None:
    """Write the tables anew, so that no page keeps what stood in the columns that were sealed."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("VACUUM"))
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            return
        for table in SEALED_TABLES:
            connection.execute(text(f"VACUUM FULL {table}"))


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
