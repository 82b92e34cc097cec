"""Let one message speak of several renewals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "outbox_about",
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("instance_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["outbox_message.id"], name=op.f("fk_outbox_about_message_id_outbox_message")
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_outbox_about_instance_id_process_instance"),
        ),
        sa.PrimaryKeyConstraint("message_id", "instance_id", name=op.f("pk_outbox_about")),
    )
    op.create_index(op.f("ix_outbox_about_instance_id"), "outbox_about", ["instance_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_outbox_about_instance_id"), table_name="outbox_about")
    op.drop_table("outbox_about")
