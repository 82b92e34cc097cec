"""Find what a person has claimed without reading every open task."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NAME = "ix_user_task_claimed_by_status_due_at"


def upgrade() -> None:
    op.create_index(NAME, "user_task", ["claimed_by", "status", "due_at"])


def downgrade() -> None:
    op.drop_index(NAME, table_name="user_task")
