"""A renewal knows the node of its expiry of which its agent was told, and the days that people agreed on.

Renewals that are open already are looked at by the first tick: each agent is told once of where they stand.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

NEW_LIST = "60"
LONG_AGO = "2000-01-01"
AGREED = ("next_check_date", "mend_by", "complete_by", "resubmit_by")


def upgrade() -> None:
    op.add_column("renewal", sa.Column("told_node", sa.Integer(), nullable=False, server_default=NEW_LIST))
    op.add_column("renewal", sa.Column("next_node_on", sa.Date(), nullable=True))
    for name in AGREED:
        op.add_column("renewal", sa.Column(name, sa.Date(), nullable=True))
    op.add_column("outbox_about", sa.Column("node", sa.Integer(), nullable=False, server_default=NEW_LIST))
    op.execute(f"UPDATE renewal SET next_node_on = '{LONG_AGO}' WHERE ended_at IS NULL")
    op.create_index(
        op.f("ix_renewal_next_node_on"),
        "renewal",
        ["next_node_on"],
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_renewal_next_node_on"), table_name="renewal")
    op.drop_column("outbox_about", "node")
    for name in reversed(AGREED):
        op.drop_column("renewal", name)
    op.drop_column("renewal", "next_node_on")
    op.drop_column("renewal", "told_node")
