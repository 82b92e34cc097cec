"""Who is away from when to when, and who does their tasks meanwhile."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import BigKey, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "absence",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("employee_no", sa.String(64), nullable=False),
        sa.Column("substitute_no", sa.String(64), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_by", sa.String(64), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(op.f("ix_absence_employee_no"), "absence", ["employee_no"])
    op.create_index(op.f("ix_absence_substitute_no"), "absence", ["substitute_no"])


def downgrade() -> None:
    op.drop_table("absence")
