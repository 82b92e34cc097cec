"""Quotes in versions, the days a renewal goes by, sold vehicles, requests for deletion, colleagues' numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import BigKey, Money, UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("renewal", sa.Column("quote_owed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("renewal", sa.Column("next_contact_date", sa.Date(), nullable=True))
    op.add_column("renewal", sa.Column("win_back_until", sa.Date(), nullable=True))
    op.add_column("vehicle", sa.Column("transferred_on", sa.Date(), nullable=True))
    op.add_column(
        "policy_line", sa.Column("other_channel", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "renewal", sa.Column("is_channel_leak", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("customer", sa.Column("erasure_asked_on", sa.Date(), nullable=True))
    op.add_column("customer", sa.Column("kept_until", sa.Date(), nullable=True))
    op.add_column("person", sa.Column("phone_index", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("ix_person_phone_index"), "person", ["phone_index"])
    op.create_table(
        "quote",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("renewal_id", BigKey, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        *(
            sa.Column(name, Money(), nullable=True)
            for name in ("low", "mid", "high", "ctp", "commercial", "tax_low", "tax_high")
        ),
        sa.Column("grade", sa.String(64), nullable=True),
        sa.Column("change_rate", Money(), nullable=True),
        sa.Column("quote_no", sa.String(64), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("difference", Money(), nullable=True),
        sa.Column("difference_cause", sa.String(64), nullable=True),
        sa.Column("stale_since", UtcDateTime(), nullable=True),
        sa.Column("tables_digest", sa.String(64), nullable=True),
        sa.Column("asks", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("basis", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["renewal_id"], ["renewal.id"], name=op.f("fk_quote_renewal_id_renewal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote")),
    )
    op.create_index("ix_quote_current", "quote", ["renewal_id", "kind", "is_current"])
    op.create_index("ix_quote_tables", "quote", ["tables_digest", "renewal_id"])


def downgrade() -> None:
    op.drop_table("quote")
    op.drop_column("renewal", "is_channel_leak")
    op.drop_column("policy_line", "other_channel")
    op.drop_column("customer", "kept_until")
    op.drop_column("customer", "erasure_asked_on")
    op.drop_index(op.f("ix_person_phone_index"), "person")
    op.drop_column("person", "phone_index")
    op.drop_column("vehicle", "transferred_on")
    op.drop_column("renewal", "win_back_until")
    op.drop_column("renewal", "next_contact_date")
    op.drop_column("renewal", "quote_owed")
