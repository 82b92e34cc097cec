"""Let a server lock the history for its next writer and read its last row in one round trip."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return  # SQLite has one writer
    # VOLATILE: the second statement sees what the writer committed for whose lock the first one waited.
    op.execute(
        """CREATE FUNCTION history_tail(writer bigint, OUT seq bigint, OUT hash varchar) LANGUAGE plpgsql VOLATILE AS
        $$ BEGIN
            PERFORM pg_advisory_xact_lock(writer);
            SELECT e.seq, e.hash INTO seq, hash FROM history_event e ORDER BY e.seq DESC LIMIT 1;
        END $$"""
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION history_tail(bigint)")
