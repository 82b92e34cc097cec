"""A task may be put off to a later day and handed to a colleague; views, comments and files are kept."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from engine.store.base import BigKey, UtcDateTime

revision = "0017"
down_revision = "0016"
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
    op.create_table(
        "saved_view",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("unit_code", sa.String(64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("owner", "name", name=op.f("uq_saved_view_owner_name")),
    )
    op.create_index(op.f("ix_saved_view_unit_code"), "saved_view", ["unit_code"])
    _own(
        "comment",
        [
            sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
            sa.Column("salt", sa.String(64), nullable=False),
        ],
    )
    _own(
        "attachment",
        [
            sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
            sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
            sa.Column("kind", sa.String(64), nullable=False),
            sa.Column("size", sa.Integer(), nullable=False),
            sa.Column("sha256", sa.String(64), nullable=False),
        ],
    )


def _own(table: str, columns: list[sa.Column[Any]]) -> None:
    """A table of what people add to a renewal or one of its tasks."""
    op.create_table(
        table,
        sa.Column("id", BigKey, nullable=False),
        sa.Column("instance_id", BigKey, nullable=False),
        sa.Column("task_id", BigKey, nullable=True),
        *columns,
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f(f"fk_{table}_instance_id_process_instance")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f(f"fk_{table}_task_id_user_task")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_instance_id_id"), table, ["instance_id", "id"])


def downgrade() -> None:
    op.drop_table("attachment")
    op.drop_table("comment")
    op.drop_table("saved_view")
    op.drop_column("bulk_act", "came_from_sealed")
    for column in ("principal_no", "delegated_by"):
        op.drop_index(op.f(f"ix_user_task_{column}"), "user_task")
    for column in ("principal_no", "delegated_by", "follow_up_at"):
        op.drop_column("user_task", column)
