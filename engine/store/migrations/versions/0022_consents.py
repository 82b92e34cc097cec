"""Consents and what a withdrawal stops, the days of lawful keeping, people of one name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import BigKey, UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("no_messages", "no_sharing"):
        op.add_column("customer", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(op.f("ix_customer_kept_until"), "customer", ["kept_until"])
    op.create_index(op.f("ix_person_name"), "person", ["name"])
    op.create_table(
        "consent",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("customer_id", BigKey, nullable=False),
        sa.Column("instance_id", BigKey, nullable=False),
        sa.Column("task_id", BigKey, nullable=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("said_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("method", sa.String(64), nullable=False),
        sa.Column("wording", sa.String(64), nullable=False),
        sa.Column("evidence_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.String(64), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_consent_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_consent_instance_id_process_instance")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_consent_task_id_user_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_customer_id_id"), "consent", ["customer_id", "id"])


def downgrade() -> None:
    op.drop_table("consent")
    op.drop_index(op.f("ix_person_name"), "person")
    op.drop_index(op.f("ix_customer_kept_until"), "customer")
    for name in ("no_sharing", "no_messages"):
        op.drop_column("customer", name)
