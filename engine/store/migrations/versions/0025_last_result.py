"""The latest outcome code of a renewal, calls missed in a row; an index of the customers who want no contact."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("renewal", sa.Column("last_result", sa.String(64), nullable=True))
    op.add_column("renewal", sa.Column("missed_calls", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(
        "ix_customer_do_not_contact",
        "customer",
        ["id"],
        postgresql_where=sa.text("do_not_contact"),
        sqlite_where=sa.text("do_not_contact = 1"),
    )


def downgrade() -> None:
    op.drop_index("ix_customer_do_not_contact", "customer")
    with op.batch_alter_table("renewal") as batch_op:
        batch_op.drop_column("missed_calls")
        batch_op.drop_column("last_result")
