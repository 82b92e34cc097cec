"""Weekly frozen copies of the workplace ledgers; the database refuses to change or remove one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import BigKey, UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SAYS = "ledger_copy: 冻结副本不可更改 / a frozen copy is not changed"
# The content may be sealed anew under another key; what it says is bound by the history's hash.
KEPT = "id, workplace_code, workplace, week, period_first, period_last, due_at, frozen_at, row_count, salt"
_SQLITE = {
    "ledger_copy_no_update": f"BEFORE UPDATE OF {KEPT} ON ledger_copy",
    "ledger_copy_no_delete": "BEFORE DELETE ON ledger_copy",
}
_POSTGRESQL = {
    "ledger_copy_no_update": f"BEFORE UPDATE OF {KEPT}",
    "ledger_copy_no_delete": "BEFORE DELETE",
    "ledger_copy_no_truncate": "BEFORE TRUNCATE",
}


def upgrade() -> None:
    op.create_table(
        "ledger_copy",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("workplace_code", sa.String(64), nullable=False),
        sa.Column("workplace", sa.String(200), nullable=False),
        sa.Column("week", sa.String(64), nullable=False),
        sa.Column("period_first", sa.Date(), nullable=False),
        sa.Column("period_last", sa.Date(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("frozen_at", UtcDateTime(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_copy")),
        sa.UniqueConstraint("workplace_code", "week", name=op.f("uq_ledger_copy_workplace_code_week")),
    )
    op.create_table(
        "ledger_confirmation",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("copy_id", BigKey, nullable=False),
        sa.Column("confirmed_by", sa.String(64), nullable=False),
        sa.Column("role", sa.String(64), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["copy_id"], ["ledger_copy.id"], name=op.f("fk_ledger_confirmation_copy_id_ledger_copy")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_confirmation")),
        sa.UniqueConstraint(
            "copy_id", "confirmed_by", name=op.f("uq_ledger_confirmation_copy_id_confirmed_by")
        ),
    )
    op.create_index(
        op.f("ix_renewal_workplace_code_expiry_date"), "renewal", ["workplace_code", "expiry_date"]
    )
    _guard()


def _guard() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name, when in _SQLITE.items():
            op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{SAYS}'); END")
        return
    op.execute(
        f"""CREATE FUNCTION ledger_copy_guard() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{SAYS}' USING ERRCODE = 'insufficient_privilege'; END $$"""
    )
    for name, when in _POSTGRESQL.items():
        op.execute(
            f"CREATE TRIGGER {name} {when} ON ledger_copy FOR EACH STATEMENT"
            " EXECUTE FUNCTION ledger_copy_guard()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in _SQLITE:
            op.execute(f"DROP TRIGGER {name}")
    else:
        for name in _POSTGRESQL:
            op.execute(f"DROP TRIGGER {name} ON ledger_copy")
        op.execute("DROP FUNCTION ledger_copy_guard()")
    op.drop_index(op.f("ix_renewal_workplace_code_expiry_date"), table_name="renewal")
    op.drop_table("ledger_confirmation")
    op.drop_table("ledger_copy")
