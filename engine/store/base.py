"""Types and naming shared by all tables.

Instants are aware UTC: ``timestamptz`` on PostgreSQL, fixed-width ISO-8601 text on SQLite, so that
text order is time order. Money is CNY yuan, two decimals.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    Numeric,
    String,
    any_,
    literal,
)
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

BigKey = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant; naive values are refused."""

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use ``timestamptz`` where it exists."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Turn an aware instant into what the database keeps."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: give an aware instant")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC instant."""
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """CNY yuan with two decimals; exact on both databases (text on SQLite)."""

    impl = String(24)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use ``numeric`` where it is exact."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(14, 4))
        return dialect.type_descriptor(String(24))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Keep the digits as they are."""
        if value is None or dialect.name == "postgresql":
            return value
        return format(value, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Give back a Decimal."""
        return None if value is None else Decimal(value)


class Base(DeclarativeBase):
    """Root of all mapped classes."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own protocol
        datetime: UtcDateTime(),
        date: Date(),
        Decimal: Money(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    }


def among(session: Session, column: Any, numbers: Sequence[int]) -> ColumnElement[bool]:
    """Return the clause that *column* is one of *numbers*, which may be thousands.

    PostgreSQL gets them as one array: its driver would have to read a statement of thousands of marks each time.
    """
    if session.get_bind().dialect.name == "postgresql":
        among_them: ColumnElement[bool] = column == any_(literal(list(numbers), ARRAY(BigInteger)))
        return among_them
    within: ColumnElement[bool] = column.in_(numbers)
    return within


PrimaryKey = Annotated[int, mapped_column(BigKey, primary_key=True)]
Code = Annotated[str, mapped_column(String(64))]
Text = Annotated[str, mapped_column(String(2000))]
Short = Annotated[str, mapped_column(String(200))]
