"""Tell rows of a list by sheet and number, and whose they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BY_UNIT = "ix_import_row_batch_id_unit_code"
_BATCH = sa.table("import_batch", sa.column("id"), sa.column("details", sa.JSON()))
_ROW = sa.table(
    "import_row", sa.column("batch_id"), sa.column("renewal_id"), sa.column("sheet"), sa.column("unit_code")
)
_RENEWAL = sa.table("renewal", sa.column("id"), sa.column("sub_branch_code"))


def upgrade() -> None:
    op.add_column("import_row", sa.Column("sheet", sa.String(length=200), nullable=True))
    op.add_column("import_row", sa.Column("unit_code", sa.String(length=64), nullable=True))
    op.add_column("policy_line", sa.Column("sheet", sa.String(length=200), nullable=True))
    op.create_index(BY_UNIT, "import_row", ["batch_id", "unit_code"])
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    """Rows kept so far are of the one sheet that their batch names, and of their renewal's unit."""
    for batch_id, details in connection.execute(sa.select(_BATCH.c.id, _BATCH.c.details)).all():
        if (details or {}).get("sheet"):
            rows = sa.update(_ROW).where(_ROW.c.batch_id == batch_id)
            connection.execute(rows.values(sheet=details["sheet"]))
    unit = sa.select(_RENEWAL.c.sub_branch_code).where(_RENEWAL.c.id == _ROW.c.renewal_id).scalar_subquery()
    connection.execute(sa.update(_ROW).where(_ROW.c.renewal_id.is_not(None)).values(unit_code=unit))


def downgrade() -> None:
    op.drop_index(BY_UNIT, table_name="import_row")
    op.drop_column("policy_line", "sheet")
    op.drop_column("import_row", "unit_code")
    op.drop_column("import_row", "sheet")
