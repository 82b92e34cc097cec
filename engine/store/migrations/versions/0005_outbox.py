"""Give the outbox its states between queued and sent; let an incident be a job's, which has no instance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import BigKey, UtcDateTime
from engine.store.views import VIEWS

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("audience", sa.String(length=64), nullable=False, server_default="staff"),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("sending_by", sa.String(length=64), nullable=True),
        sa.Column("withheld_for", sa.String(length=64), nullable=True),
    ):
        op.add_column("outbox_message", column)
    op.execute("UPDATE outbox_message SET withheld_for = 'renewal_closed' WHERE status = 'withheld'")
    op.create_index("ix_outbox_message_business_key_id", "outbox_message", ["business_key", "id"])
    op.execute("DROP VIEW v_instance")  # SQLite makes the table anew, which a view on it forbids
    with op.batch_alter_table("incident") as incident:
        incident.alter_column("instance_id", existing_type=BigKey, nullable=True)
    op.execute(f"CREATE VIEW v_instance AS {VIEWS['v_instance']}")


def downgrade() -> None:
    op.drop_index("ix_outbox_message_business_key_id", table_name="outbox_message")
    for name in ("audience", "expires_at", "sending_by", "withheld_for"):
        op.drop_column("outbox_message", name)
