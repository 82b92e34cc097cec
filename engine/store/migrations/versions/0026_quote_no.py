"""Quotes by their number: one number is one vehicle's."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_quote_quote_no", "quote", ["quote_no"])


def downgrade() -> None:
    op.drop_index("ix_quote_quote_no", "quote")
