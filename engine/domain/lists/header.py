"""Where the header of a sheet stands, which column is which, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.domain.lists.cells import as_text, clean
from engine.domain.lists.model import Cell, SheetLayout
from engine.domain.lists.profiles import Field, Profile, bare_key, header_key
from engine.domain.lists.source import HEADER_DEPTH, MAX_COLUMNS, Refused, Row, Sheet

_RESERVED = frozenset({"typename"})
"""Keys the process engine's serialiser gives a meaning of its own; they must not enter as data."""

_LEAST_MATCH = 2
"""Headers a row must share with the profile to be taken for its header."""


@dataclass(frozen=True, slots=True)
class Header:
    """A sheet's header: its layout, the column index of each field read, and the columns nobody knows."""

    layout: SheetLayout
    places: Mapping[Field, int]
    unknown: tuple[str, ...]
    key: tuple[Cell, ...]

    def missing(self, profile: Profile) -> list[str]:
        """Return the required headers the sheet lacks, in the profile's words."""
        lacking = [profile.header_of(field) for field in profile.required if field not in self.places]
        if profile.any_of and not any(field in self.places for field in profile.any_of):
            lacking.append("/".join(profile.header_of(field) for field in profile.any_of))
        return lacking


def known_headers(cells: Sequence[Cell], profile: Profile) -> int:
    """Return how many different columns of the profile a row names."""
    return len({found for cell in cells if (found := _lookup(cell, profile))})


def _lookup(cell: Cell, profile: Profile) -> tuple[Field, int] | tuple[str, str] | None:
    if not isinstance(cell, str) or not 0 < len(cell) <= 60:
        return None
    key = header_key(cell)
    found = profile.aliases.get(key) or profile.aliases.get(bare_key(key))
    if found is None:
        return None
    return found if found[0] is not Field.IGNORED else ("ignored", key)


def find_header(sheet: Sheet, profile: Profile) -> Header | None:
    """Return the header among the first rows, None when no row looks like one.

    The row naming most of the profile's columns is it, the first of several.

    Raises:
        Refused: two columns of one name are read, a name is reserved, or there are too many columns.
    """
    best, row_at = _LEAST_MATCH - 1, None
    for place, (_row_no, cells) in enumerate(sheet.rows[:HEADER_DEPTH]):
        found = known_headers(cells, profile)
        if found > best:
            best, row_at = found, place
    return None if row_at is None else _header(sheet, row_at, profile)


def _header(sheet: Sheet, row_at: int, profile: Profile) -> Header:
    row_no, cells = sheet.rows[row_at]
    if len(cells) > MAX_COLUMNS:
        raise Refused("too_many_columns", limit=MAX_COLUMNS)
    names = [clean(as_text(cell)) for cell in cells]
    places = _places(names, profile)
    unknown = tuple(name for name in names if name and _lookup(name, profile) is None)
    for name in names:
        if name.lower() in _RESERVED or any(ord(char) < 32 or 0xD800 <= ord(char) < 0xE000 for char in name):
            raise Refused("column_reserved", column=name)
    titles = _titles(sheet.rows[:row_at], row_no)
    return Header(SheetLayout(sheet.name, row_no, _unique(names), titles), places, unknown, tuple(cells))


def _places(names: list[str], profile: Profile) -> dict[Field, int]:
    """Return the column of each field; of several names for one the profile's preferred."""
    chosen: dict[Field, tuple[int, int]] = {}
    for place, name in enumerate(names):
        found = _lookup(name, profile)
        if found is None or not isinstance(found[0], Field) or not isinstance(found[1], int):
            continue
        field, preference = found[0], found[1]
        if field in chosen and chosen[field][0] == preference:
            raise Refused("column_twice", column=name)
        if field not in chosen or preference < chosen[field][0]:
            chosen[field] = (preference, place)
    return {field: place for field, (_preference, place) in chosen.items()}


def _unique(names: list[str]) -> tuple[str, ...]:
    """Return headers fit as keys: a nameless column is called by its number, a repeated one counted."""
    seen: dict[str, int] = {}
    unique = []
    for place, name in enumerate(names, 1):
        name = name or f"第{place}列"
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name}({seen[name]})")
    return tuple(unique)


def _titles(rows: Sequence[Row], header_row: int) -> tuple[tuple[str, ...], ...]:
    """Return the rows above the header, empty ones included, so that an error file can repeat them."""
    by_number = {row_no: tuple(map(as_text, cells)) for row_no, cells in rows}
    return tuple(by_number.get(row_no, ()) for row_no in range(max(1, header_row - HEADER_DEPTH), header_row))


def fill_merged(sheet: Sheet, header: Header, fields: frozenset[Field]) -> None:
    """Write the value of a downward merge into the rows it covers, for the columns of *fields*.

    A spreadsheet keeps such a value in the first row alone (vehicle and owner over the rows of both lines).
    """
    columns = {place for field, place in header.places.items() if field in fields}
    by_number = dict(sheet.rows)
    for first, last, column in sheet.merged:
        top = by_number.get(first)
        if first <= header.layout.header_row or column not in columns or top is None or column >= len(top):
            continue
        for row_no in range(first + 1, last + 1):
            cells = by_number.get(row_no)
            if cells is not None:
                cells.extend([""] * (column + 1 - len(cells)))
                cells[column] = cells[column] or top[column]
