"""A task may be put off to a later day and handed to a colleague; a bulk act knows the list it came from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import UtcDateTime

revision = "0017"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_task", sa.Column("follow_up_at", UtcDateTime(), nullable=True))
    op.add_column("user_task", sa.Column("delegated_by", sa.String(64), nullable=True))
    op.add_column("user_task", sa.Column("principal_no", sa.String(64), nullable=True))
    for column in ("delegated_by", "principal_no"):
        held = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            op.f(f"ix_user_task_{column}"), "user_task", [column], postgresql_where=held, sqlite_where=held
        )
    op.add_column("bulk_act", sa.Column("came_from_sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("bulk_act", "came_from_sealed")
    for column in ("principal_no", "delegated_by"):
        op.drop_index(op.f(f"ix_user_task_{column}"), "user_task")
    for column in ("principal_no", "delegated_by", "follow_up_at"):
        op.drop_column("user_task", column)
