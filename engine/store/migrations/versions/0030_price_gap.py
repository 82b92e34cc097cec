"""A form that tells a competitor's price keeps how far it lies off ours; forms given before keep none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Money

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("submission", sa.Column("price_gap", Money(), nullable=True))
    op.add_column("submission", sa.Column("price_gap_to", sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("submission") as batch_op:
        batch_op.drop_column("price_gap_to")
        batch_op.drop_column("price_gap")
