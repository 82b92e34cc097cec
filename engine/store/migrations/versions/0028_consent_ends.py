"""When the end of a consent was looked at, and an index of those that are still to end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import UtcDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ENDING = "valid_until IS NOT NULL AND end_noted_at IS NULL"


def upgrade() -> None:
    op.add_column("consent", sa.Column("end_noted_at", UtcDateTime(), nullable=True))
    op.create_index(
        "ix_consent_ending",
        "consent",
        ["valid_until"],
        postgresql_where=sa.text(ENDING),
        sqlite_where=sa.text(ENDING),
    )


def downgrade() -> None:
    op.drop_index("ix_consent_ending", "consent")
    with op.batch_alter_table("consent") as batch_op:
        batch_op.drop_column("end_noted_at")
