"""Refuse to change or remove rows of the history, and on SQLite to put one anywhere but at the end.

Submitted forms get the salt with which the history commits to them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SAYS = "history_event: 历史只能追加 / the history is append-only"
_SQLITE = {
    "history_event_no_update": "BEFORE UPDATE ON history_event",
    "history_event_no_delete": "BEFORE DELETE ON history_event",
    # INSERT OR REPLACE would remove a row without firing the trigger above
    "history_event_at_end": """BEFORE INSERT ON history_event
        WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM history_event)""",
}
_POSTGRESQL = {
    "history_event_no_change": "BEFORE UPDATE OR DELETE",
    "history_event_no_truncate": "BEFORE TRUNCATE",
}


def upgrade() -> None:
    op.add_column("submission", sa.Column("salt", sa.String(length=64), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        for name, when in _SQLITE.items():
            op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{SAYS}'); END")
        return
    op.execute(
        f"""CREATE FUNCTION history_event_guard() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{SAYS}' USING ERRCODE = 'insufficient_privilege'; END $$"""
    )
    for name, when in _POSTGRESQL.items():
        op.execute(
            f"CREATE TRIGGER {name} {when} ON history_event FOR EACH STATEMENT "
            "EXECUTE FUNCTION history_event_guard()"
        )
        # also in sessions that switch triggers off, as a restore or a replica does
        op.execute(f"ALTER TABLE history_event ENABLE ALWAYS TRIGGER {name}")


def downgrade() -> None:
    op.drop_column("submission", "salt")
    if op.get_bind().dialect.name == "sqlite":
        for name in _SQLITE:
            op.execute(f"DROP TRIGGER {name}")
        return
    for name in _POSTGRESQL:
        op.execute(f"DROP TRIGGER {name} ON history_event")
    op.execute("DROP FUNCTION history_event_guard()")
