"""Seal personal data: keys in a table of their own, ciphertext and blind indexes in place of clear columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import context, op

from engine.clock import wall_now
from engine.domain.vehicle import normalise_id_no, normalise_name, normalise_phone, normalise_plate
from engine.store import keyring
from engine.store.base import UtcDateTime
from engine.store.personal import BYTES, JSON, TEXT, Form, context_of
from engine.store.views import VIEWS
from engine.vault import Vault

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BATCH = 500
TAIL = 4


class _Field(NamedTuple):
    """One clear column that becomes a sealed one."""

    name: str
    form: Form = TEXT
    nullable: bool = False
    search: Callable[[str], str | None] | None = None


class _Table(NamedTuple):
    """A table, what names its rows for ever, and its clear columns."""

    name: str
    key: tuple[str, ...]
    fields: tuple[_Field, ...]


_TABLES = (
    _Table(
        "customer",
        ("id",),
        (
            _Field("name", search=normalise_name),
            _Field("id_no", nullable=True, search=normalise_id_no),
            _Field("phone", nullable=True, search=normalise_phone),
        ),
    ),
    _Table("vehicle", ("vin",), (_Field("plate", nullable=True, search=normalise_plate),)),
    _Table("renewal", ("id",), (_Field("exclusion_evidence", nullable=True),)),
    _Table("person", ("employee_no",), (_Field("phone", nullable=True),)),
    _Table("import_batch", ("id",), (_Field("content", BYTES), _Field("details", JSON))),
    _Table("import_row", ("batch_id", "sheet", "row_no"), (_Field("raw", JSON), _Field("problems", JSON))),
    _Table("submission", ("task_id",), (_Field("values", JSON),)),
    _Table("task_draft", ("task_id", "user_name"), (_Field("values", JSON),)),
    _Table("inbound_message", ("id",), (_Field("data", JSON),)),
    _Table("incident", ("id",), (_Field("message"), _Field("submitted", JSON, nullable=True))),
    _Table("outbox_message", ("key",), (_Field("recipient"), _Field("text"))),
)
_CLEAR_INDEXES = {
    "customer": ("ix_customer_id_no", "ix_customer_phone"),
    "vehicle": ("ix_vehicle_plate",),
}
_CLEAR_TYPES: Mapping[Form, Any] = {BYTES: sa.LargeBinary(), JSON: sa.JSON(), TEXT: sa.Text()}


def upgrade() -> None:
    op.create_table(
        "data_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_key")),
    )
    connection = op.get_bind()
    master: bytes = context.config.attributes["master"]
    keyring.ensure(connection, master, wall_now())
    vault = Vault(lambda: keyring.read(connection, master))
    op.execute("DROP VIEW v_outbox")
    for table in _TABLES:
        _add_columns(table)
        _seal_rows(connection, vault, table)
        _drop_clear(table)
    op.execute(f"CREATE VIEW v_outbox AS {VIEWS['v_outbox']}")


def _add_columns(table: _Table) -> None:
    empty = sa.text("''::bytea" if op.get_bind().dialect.name == "postgresql" else "x''")
    for field in table.fields:
        default = (
            None if field.nullable else empty
        )  # a new column must say something until the rows are sealed
        op.add_column(
            table.name,
            sa.Column(
                f"{field.name}_sealed", sa.LargeBinary(), nullable=field.nullable, server_default=default
            ),
        )
        for suffix in _suffixes(field):
            op.add_column(table.name, sa.Column(f"{field.name}_{suffix}", sa.LargeBinary(), nullable=True))
    if table.name == "outbox_message":
        op.add_column(
            table.name,
            sa.Column("recipient_masked", sa.String(length=64), nullable=False, server_default="****"),
        )
        op.add_column(table.name, sa.Column("agent_no", sa.String(length=64), nullable=True))
        op.execute("UPDATE outbox_message SET agent_no = recipient WHERE template = 'agent_new_list'")


def _suffixes(field: _Field) -> tuple[str, ...]:
    if field.search is None:
        return ()
    return ("index",) if field.name == "name" else ("index", "tail")


def _seal_rows(connection: sa.Connection, vault: Vault, table: _Table) -> None:
    clear = sa.table(
        table.name,
        sa.column("id"),
        *(sa.column(name) for name in table.key if name != "id"),
        *(sa.column(field.name, _CLEAR_TYPES[field.form]) for field in table.fields),
    )
    last: Any = None
    while True:
        query = sa.select(clear).order_by(clear.c.id).limit(BATCH)
        rows = connection.execute(query if last is None else query.where(clear.c.id > last)).mappings().all()
        if not rows:
            return
        sealed = [_sealed(vault, table, row) for row in rows]
        names = [name for name in sealed[0] if name != "row_id"]
        target = sa.table(table.name, sa.column("id"), *(sa.column(name) for name in names))
        connection.execute(
            sa.update(target)
            .where(target.c.id == sa.bindparam("row_id"))
            .values({name: sa.bindparam(name) for name in names}),
            sealed,
        )
        last = rows[-1]["id"]


def _sealed(vault: Vault, table: _Table, row: sa.RowMapping) -> dict[str, Any]:
    values: dict[str, Any] = {"row_id": row["id"]}
    for field in table.fields:
        clear = row[field.name]
        place = context_of(table.name, field.name, (row[name] for name in table.key))
        values[f"{field.name}_sealed"] = None if clear is None else vault.seal(field.form.dump(clear), place)
        term = field.search(clear) if field.search is not None and clear is not None else None
        for suffix in _suffixes(field):
            values[f"{field.name}_{suffix}"] = _blind(vault, f"{table.name}.{field.name}", suffix, term)
    if table.name == "outbox_message":
        text = row["recipient"]
        values["recipient_masked"] = f"{text[:3]}****{text[-4:]}" if len(text) > 7 else "****"
    return values


def _blind(vault: Vault, field: str, suffix: str, term: str | None) -> bytes | None:
    if not term or (suffix == "tail" and len(term) < TAIL):
        return None
    return vault.index(field, term) if suffix == "index" else vault.index(f"{field} tail", term[-TAIL:])


def _drop_clear(table: _Table) -> None:
    for name in _CLEAR_INDEXES.get(table.name, ()):
        op.drop_index(name, table_name=table.name)
    for field in table.fields:
        op.drop_column(table.name, field.name)
        for suffix in _suffixes(field):
            column = f"{field.name}_{suffix}"
            op.create_index(f"ix_{table.name}_{column}", table.name, [column])
    if op.get_bind().dialect.name != "postgresql":
        return  # SQLite keeps the defaults: it cannot drop one without making the table anew
    for field in table.fields:
        if not field.nullable:
            op.alter_column(table.name, f"{field.name}_sealed", server_default=None)
    if table.name == "outbox_message":
        op.alter_column(table.name, "recipient_masked", server_default=None)


def downgrade() -> None:
    """There is no way back to clear values; restore a backup."""
    raise NotImplementedError("personal data stays sealed: restore the backup taken before the upgrade")
