"""Attributes of mapped classes that are clear in memory and sealed in their columns.

``name = Personal[str](TEXT, key=("id",))`` stands beside the column ``name_sealed``. What is set waits in the
column as :class:`Unsealed` until the flush, when the row's key is known; what is read is opened at the first
access, with the vault of the row's session. The row's key is part of what is authenticated: a value that was
carried to another row or column does not open there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any, Generic, Self, TypeVar, overload

import orjson
from sqlalchemy import ColumnElement, Dialect, LargeBinary, event, false
from sqlalchemy.orm import Session, mapped_column, object_session
from sqlalchemy.types import TypeDecorator

from engine.store.base import Base
from engine.store.keys import KeyBlock
from engine.vault import SealedValueRefused, Vault

T = TypeVar("T")
VAULT = "vault"
"""The name under which a store gives its sessions the vault."""
_LENT = "_vault"
TAIL = 4
_FIELDS: dict[type[Any], tuple[Personal[Any], ...]] = {}


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A value on its way into a column, before its row's key is known."""

    clear: Any


class Sealed(TypeDecorator[bytes]):
    """A column of sealed values; refuses whatever was not sealed."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> bytes | None:
        """Let through what is sealed.

        Raises:
            TypeError: a clear value came by a way that seals nothing; it is not named.
        """
        if value is None or isinstance(value, bytes):
            return value
        raise TypeError(f"{type(value).__name__} in a sealed column: write it through a store's transaction")


SealedBytes = Annotated[bytes, mapped_column(Sealed)]
BlindIndex = Annotated[bytes, mapped_column(LargeBinary, index=True)]


@dataclass(frozen=True, slots=True)
class Form:
    """How values of one kind become bytes and come back."""

    dump: Callable[[Any], bytes]
    load: Callable[[bytes], Any]


TEXT = Form(
    lambda text: text.encode("utf-8", "surrogatepass"), lambda raw: raw.decode("utf-8", "surrogatepass")
)
JSON = Form(lambda value: orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS), orjson.loads)
BYTES = Form(bytes, bytes)


def context_of(table: str, column: str, key: Iterable[Any]) -> bytes:
    """Return what ties a value to its place; unambiguous whatever the parts hold."""
    return orjson.dumps([table, column, *key])


class Personal(Generic[T]):
    """One sealed attribute; with *search* also its blind index ``…_index`` and, if mapped, ``…_tail``.

    *key* names the attributes that tell the row from all others of its table for ever.
    """

    def __init__(
        self, form: Form, *, key: tuple[str, ...], search: Callable[[str], str | None] | None = None
    ) -> None:
        self.form, self.row_key, self.search = form, key, search

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.owner, self.table = owner, str(owner.__tablename__)
        self.name, self.column, self._memo = name, f"{name}_sealed", f"_{name}_opened"
        _FIELDS[owner] = (*_FIELDS.get(owner, ()), self)

    @overload
    def __get__(self, row: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, row: object, owner: type[Any]) -> T: ...
    def __get__(self, row: Any, owner: type[Any]) -> Any:
        if row is None:
            return self
        sealed = getattr(row, self.column)
        if sealed is None:
            return None
        if isinstance(sealed, Unsealed):
            return sealed.clear
        known = row.__dict__.get(self._memo)
        if known is None or known[0] is not sealed:
            known = row.__dict__[self._memo] = (sealed, self._opened(row, sealed))
        return known[1]

    def __set__(self, row: Any, value: T) -> None:
        setattr(row, self.column, None if value is None else Unsealed(value))
        if value is None:
            self._index(row, {"index": None, "tail": None})

    def is_(self, session: Session, text: str) -> ColumnElement[bool]:
        """Return the clause that the whole value is *text*, however it is written."""
        return self.is_among(session, (text,))

    def is_among(self, session: Session, texts: Iterable[str]) -> ColumnElement[bool]:
        """Return the clause that the whole value is one of *texts*."""
        vault: Vault = session.info[VAULT]
        found = {self._whole(vault, term) for text in texts if (term := self._term(text))}
        clause: ColumnElement[bool] = self._mapped("index").in_(found) if found else false()
        return clause

    def ends_with(self, session: Session, text: str) -> ColumnElement[bool]:
        """Return the clause that the value ends with the four characters of *text*."""
        term = self._term(text)
        if term is None or len(term) != TAIL:
            return false()
        clause: ColumnElement[bool] = self._mapped("tail") == self._last(session.info[VAULT], term)
        return clause

    def sealed(self, session: Session, value: T, key: Iterable[Any]) -> bytes:
        """Return *value* as its column keeps it in the row with this *key*; for statements that hold no row."""
        vault: Vault = session.info[VAULT]
        return vault.seal(self.form.dump(value), context_of(self.table, self.name, key))

    def seal(self, vault: Vault, row: Any) -> None:
        """Put a value that waits in *row* into its sealed form, and its indexes beside it."""
        waiting = row.__dict__.get(self.column)
        if not isinstance(waiting, Unsealed):
            return
        sealed = vault.seal(self.form.dump(waiting.clear), self._context(row))
        setattr(row, self.column, sealed)
        row.__dict__[self._memo] = (sealed, waiting.clear)
        if self.search is not None:
            self._index(row, self.indexes(vault, waiting.clear))

    def indexes(self, vault: Vault, text: str) -> Mapping[str, bytes | None]:
        """Return the blind indexes of *text*: of the whole and of its last four characters."""
        term = self._term(text)
        return {
            "index": self._whole(vault, term) if term else None,
            "tail": self._last(vault, term[-TAIL:]) if term and len(term) >= TAIL else None,
        }

    def _index(self, row: Any, values: Mapping[str, bytes | None]) -> None:
        if self.search is None:
            return
        setattr(row, f"{self.name}_index", values["index"])
        if hasattr(self.owner, f"{self.name}_tail"):
            setattr(row, f"{self.name}_tail", values["tail"])

    def _term(self, text: str) -> str | None:
        return self.search(text) or None if self.search is not None else None

    def _whole(self, vault: Vault, term: str) -> bytes:
        return vault.index(f"{self.table}.{self.name}", term)

    def _last(self, vault: Vault, term: str) -> bytes:
        return vault.index(f"{self.table}.{self.name} tail", term)

    def _mapped(self, suffix: str) -> Any:
        return getattr(self.owner, f"{self.name}_{suffix}")

    def _context(self, row: Any) -> bytes:
        return context_of(self.table, self.name, (getattr(row, part) for part in self.row_key))

    def _opened(self, row: Any, sealed: bytes) -> Any:
        session = object_session(row)
        vault: Vault = row.__dict__[_LENT] if session is None else session.info[VAULT]
        clear = vault.open(sealed, self._context(row))
        if clear is None:
            raise SealedValueRefused(place=f"{self.table}.{self.name}", row=row.id)
        return self.form.load(clear)


@event.listens_for(Base, "load", propagate=True)
def _lend_vault(row: Any, context: Any) -> None:
    """Let a row be read after its session has ended, as its other attributes can."""
    if type(row) in _FIELDS:
        row.__dict__[_LENT] = context.session.info.get(VAULT)


def seal_pending(session: Session, _context: object, _rows: object) -> None:
    """Seal what waits in new and changed rows; a row whose number is its key gets it now (``before_flush``)."""
    numbers: dict[type[Any], KeyBlock] = {}
    for row in chain(session.new, session.dirty):
        kind = type(row)
        fields = _FIELDS.get(kind)
        if fields is None:
            continue
        if row.id is None and any(field.row_key == ("id",) for field in fields):
            block = numbers.setdefault(kind, KeyBlock(session, kind, size=1))
            row.id = block.take()
        for field in fields:
            field.seal(session.info[VAULT], row)


def sealed_fields() -> Mapping[type[Any], tuple[Personal[Any], ...]]:
    """Return the sealed attributes of each mapped class."""
    return _FIELDS
