"""Renewals whose customer withdrew sharing with the life insurer, and who served them before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "renewal", sa.Column("is_recalled", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("renewal", sa.Column("recalled_agent_no", sa.String(64), nullable=True))
    op.add_column("renewal", sa.Column("recalled_owner_no", sa.String(64), nullable=True))
    op.create_index(
        "ix_renewal_recalled",
        "renewal",
        ["id"],
        postgresql_where=sa.text("is_recalled"),
        sqlite_where=sa.text("is_recalled = 1"),
    )
    op.create_index(
        "ix_customer_no_sharing",
        "customer",
        ["id"],
        postgresql_where=sa.text("no_sharing"),
        sqlite_where=sa.text("no_sharing = 1"),
    )


def downgrade() -> None:
    op.drop_index("ix_customer_no_sharing", "customer")
    op.drop_index("ix_renewal_recalled", "renewal")
    for name in ("recalled_owner_no", "recalled_agent_no", "is_recalled"):
        op.drop_column("renewal", name)
