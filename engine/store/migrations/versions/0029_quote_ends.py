"""An actual quote knows the day on which its end is to be told or comes.

Quotes that stand already are looked at on their last valid day, or by the first tick.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

STANDING = sa.text(
    "UPDATE quote SET look_on = valid_until WHERE kind = 'actual' AND is_current AND valid_until IS NOT NULL"
)


def upgrade() -> None:
    op.add_column("quote", sa.Column("look_on", sa.Date(), nullable=True))
    op.execute(STANDING)
    op.create_index(
        op.f("ix_quote_look_on"),
        "quote",
        ["look_on"],
        postgresql_where=sa.text("look_on IS NOT NULL"),
        sqlite_where=sa.text("look_on IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_quote_look_on"), table_name="quote")
    with op.batch_alter_table("quote") as batch_op:
        batch_op.drop_column("look_on")
