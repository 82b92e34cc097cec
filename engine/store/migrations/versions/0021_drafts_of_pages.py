"""A person who has one task open on two pages keeps a draft of each: drafts are numbered and count their saves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ONE, EACH = "uq_task_draft_task_id_user_name", "uq_task_draft_task_id_user_name_number"


def upgrade() -> None:
    with op.batch_alter_table("task_draft") as batch_op:
        batch_op.add_column(sa.Column("number", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.drop_constraint(ONE, type_="unique")
        batch_op.create_unique_constraint(EACH, ["task_id", "user_name", "number"])
    with op.batch_alter_table("task_draft") as batch_op:
        batch_op.alter_column("number", server_default=None)
        batch_op.alter_column("version", server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM task_draft WHERE number > 0")
    with op.batch_alter_table("task_draft") as batch_op:
        batch_op.drop_constraint(EACH, type_="unique")
        batch_op.create_unique_constraint(ONE, ["task_id", "user_name"])
        batch_op.drop_column("version")
        batch_op.drop_column("number")
