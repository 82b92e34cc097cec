"""How an orphan policy is served once somebody settled it (K-C2, K-L2)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("renewal", sa.Column("orphan_route", sa.String(64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("renewal") as batch_op:
        batch_op.drop_column("orphan_route")
