"""Let jobs be queued in the database (PostgreSQL): procrastinate's own tables and functions.

The schema is taken from the installed package as it was when this step was written (3.10); a later version's
changes become steps of their own here.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    schema = files("procrastinate.sql").joinpath("schema.sql").read_text(encoding="utf-8")
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(schema)  # by the driver alone: many statements, with % in them


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs,"
        " procrastinate_workers CASCADE"
    )
