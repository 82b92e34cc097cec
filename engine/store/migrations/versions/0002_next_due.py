"""Say on the instance itself when the sweep must look at it again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("process_instance", sa.Column("next_due_at", UtcDateTime(), nullable=True))
    op.execute(
        "UPDATE process_instance SET next_due_at = (SELECT MIN(due_at) FROM timer"
        " WHERE timer.instance_id = process_instance.id AND NOT timer.settled)"
        " WHERE id NOT IN (SELECT instance_id FROM incident WHERE status = 'open' AND trigger = 'timer')"
    )
    op.create_index("ix_process_instance_next_due_at", "process_instance", ["next_due_at"])


def downgrade() -> None:
    op.drop_index("ix_process_instance_next_due_at", table_name="process_instance")
    op.drop_column("process_instance", "next_due_at")
