"""The search finds the beginning of a VIN and of a policy number by an index, in every collation."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BEGINNINGS = "varchar_pattern_ops"


def upgrade() -> None:
    op.drop_index(op.f("ix_renewal_vin"), table_name="renewal")
    op.create_index(op.f("ix_renewal_vin"), "renewal", ["vin"], postgresql_ops={"vin": BEGINNINGS})
    op.create_index(
        op.f("ix_policy_line_policy_no"),
        "policy_line",
        ["policy_no"],
        postgresql_ops={"policy_no": BEGINNINGS},
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_policy_line_policy_no"), table_name="policy_line")
    op.drop_index(op.f("ix_renewal_vin"), table_name="renewal")
    op.create_index(op.f("ix_renewal_vin"), "renewal", ["vin"])
