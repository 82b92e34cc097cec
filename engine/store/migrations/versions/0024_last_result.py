"""The outcome code of a renewal's latest contact or visit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("renewal", sa.Column("last_result", sa.String(64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("renewal") as batch_op:
        batch_op.drop_column("last_result")
