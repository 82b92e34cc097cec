"""Acts on many tasks at once: what was chosen, what became of each row, and how it was before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import BigKey, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bulk_act",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("form_id", sa.String(64), nullable=False),
        sa.Column("action_id", sa.String(64), nullable=False),
        sa.Column("task_name", sa.String(200), nullable=False),
        sa.Column("definition_set_id", BigKey, nullable=False),
        sa.Column("values_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.String(64), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ordered_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["definition_set_id"],
            ["definition_set.id"],
            name=op.f("fk_bulk_act_definition_set_id_definition_set"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_act")),
    )
    op.create_index(op.f("ix_bulk_act_created_by_id"), "bulk_act", ["created_by", "id"])
    op.create_table(
        "bulk_row",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("act_id", BigKey, nullable=False),
        sa.Column("task_id", BigKey, nullable=False),
        sa.Column("instance_id", BigKey, nullable=False),
        sa.Column("task_version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(64), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("before_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["act_id"], ["bulk_act.id"], name=op.f("fk_bulk_row_act_id_bulk_act")),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_bulk_row_task_id_user_task")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_bulk_row_instance_id_process_instance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_row")),
        sa.UniqueConstraint("act_id", "task_id", name=op.f("uq_bulk_row_act_id_task_id")),
    )
    op.create_index(op.f("ix_bulk_row_act_id_status_id"), "bulk_row", ["act_id", "status", "id"])


def downgrade() -> None:
    op.drop_table("bulk_row")
    op.drop_table("bulk_act")
