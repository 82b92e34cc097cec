"""Keep a renewal that a person reported without a policy of ours to show for it, and until when it may stand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("renewal", sa.Column("reported_policy_no", sa.String(length=64), nullable=True))
    op.add_column("renewal", sa.Column("reported_until", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("renewal", "reported_until")
    op.drop_column("renewal", "reported_policy_no")
