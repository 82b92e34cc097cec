"""Say what happened to the row at which the chain breaks: edited, moved, put in, or others taken out."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing

from engine.domain.chain import GENESIS, Chain, ChainRow
from engine.domain.tampering import Finding, Tampering

MOST_RENUMBERED = 10_000
"""How many rows may have been taken out and the later ones renumbered, for us to say so and not «edited»."""
RowsFrom = Callable[[int], Generator[ChainRow]]


def name_break(chain: Chain, row: ChainRow, rows_from: RowsFrom) -> Finding:
    """Return the finding for *row*, which does not continue *chain*; may read the whole history once more."""
    here = chain.size + 1
    if row.seq > here:
        return Finding(Tampering.DELETED, here, row.seq - 1)
    if row.seq < here:
        return Finding(Tampering.INSERTED, row.seq, row.seq, detail=_what(row))
    place, is_copy = _own_place(row, rows_from)
    if is_copy:
        return Finding(Tampering.INSERTED, here, here, detail=_what(row))
    if place is not None and place < here:
        return Finding(Tampering.INSERTED, place, here - 1, detail=_what(row))
    if place is not None:
        return Finding(Tampering.REORDERED, here, here, other=place)
    missing = _missing_before(row, rows_from)
    if missing:
        return Finding(Tampering.DELETED, here, here + missing - 1)
    return Finding(Tampering.EDITED, here, here, detail=_what(row))


def _own_place(row: ChainRow, rows_from: RowsFrom) -> tuple[int | None, bool]:
    """Find where *row* fits, whether it was moved with its hash or only its content was; and if it still stands there.

    Beside its true neighbour may now stand the row that it changed places with; hence the second try.
    """
    before = GENESIS
    with closing(rows_from(1)) as rows:
        for number, other in enumerate(rows, start=1):
            moved, swapped = row.at_place(number), ChainRow(number, row.fields, other.hash)
            if number != row.seq and (moved.fits(before) or moved.fits(other.hash) or swapped.fits(before)):
                return number, other.fields == row.fields
            before = other.hash
    return None, False


def _missing_before(row: ChainRow, rows_from: RowsFrom) -> int:
    """Count the rows that were taken out in front of *row*, if those after it were renumbered to hide it."""
    with closing(rows_from(row.seq + 1)) as rows:
        following = next(rows, None)
    if following is None:
        return 0
    tries = range(1, MOST_RENUMBERED + 1)
    return next((n for n in tries if following.at_place(following.seq + n).fits(row.hash)), 0)


def _what(row: ChainRow) -> str:
    return f"{row.at} {row.action}"
