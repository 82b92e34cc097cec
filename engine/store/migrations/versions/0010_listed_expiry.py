"""Remember what a list said of a policy's expiry, so that an older one does not undo an endorsement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("policy_line", sa.Column("listed_expiry", sa.Date(), nullable=True))
    op.execute("UPDATE policy_line SET listed_expiry = expiry_date")


def downgrade() -> None:
    op.drop_column("policy_line", "listed_expiry")
