"""People change: hand-overs with their rows, and what people owe meanwhile."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import BigKey, UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _handovers()
    _deadlines()


def _handovers() -> None:
    op.create_table(
        "handover",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("from_no", sa.String(64), nullable=False),
        sa.Column("role", sa.String(64), nullable=False),
        sa.Column("unit_code", sa.String(64), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("status", sa.String(64), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_by", sa.String(64), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("ended_posts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.create_index(op.f("ix_handover_from_no_status"), "handover", ["from_no", "status"])
    op.create_index(op.f("ix_handover_status_due_at"), "handover", ["status", "due_at"])
    op.create_table(
        "handover_row",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("handover_id", BigKey, nullable=False),
        sa.Column("instance_id", BigKey, nullable=False),
        sa.Column("to_no", sa.String(64), nullable=True),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("seen", sa.String(64), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(64), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["handover_id"], ["handover.id"], name=op.f("fk_handover_row_handover_id_handover")
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_handover_row_instance_id_process_instance"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_row")),
        sa.UniqueConstraint(
            "handover_id", "instance_id", name=op.f("uq_handover_row_handover_id_instance_id")
        ),
    )
    op.create_index(
        op.f("ix_handover_row_handover_id_status_id"), "handover_row", ["handover_id", "status", "id"]
    )


def _deadlines() -> None:
    op.create_table(
        "deadline",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("instance_id", BigKey, nullable=True),
        sa.Column("unit_code", sa.String(64), nullable=True),
        sa.Column("branch_code", sa.String(64), nullable=True),
        sa.Column("owner_no", sa.String(64), nullable=True),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("rung_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("ending", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_deadline_instance_id_process_instance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
    )
    op.create_index(op.f("ix_deadline_instance_id_kind"), "deadline", ["instance_id", "kind"])
    op.create_index(op.f("ix_deadline_settled_at_due_at"), "deadline", ["settled_at", "due_at"])
    op.create_table(
        "deadline_told",
        sa.Column("deadline_id", BigKey, nullable=False),
        sa.Column("employee_no", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["deadline_id"], ["deadline.id"], name=op.f("fk_deadline_told_deadline_id_deadline")
        ),
        sa.PrimaryKeyConstraint("deadline_id", "employee_no", name=op.f("pk_deadline_told")),
    )
    op.create_index(op.f("ix_deadline_told_employee_no"), "deadline_told", ["employee_no"])


def downgrade() -> None:
    op.drop_table("deadline_told")
    op.drop_table("deadline")
    op.drop_table("handover_row")
    op.drop_table("handover")
