"""The chain of the history: what one row's hash covers, and walking rows in order (docs/audit.md).

``hash_n = SHA-256(0x00 | canonical JSON of row n | hash_{n-1})``: each hash is at the same time the leaf hash
of row *n* in the Merkle tree that checkpoints sign.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from engine.domain.merkle import MerkleTree

GENESIS = "0" * 64
UNREADABLE = "?"


def instant_text(moment: datetime) -> str:
    """Return an instant as the chain hashes it: UTC, microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def link(previous: str, fields: Sequence[Any]) -> str:
    """Return the hash of the row with these *fields* after the row whose hash is *previous*."""
    body = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(b"\x00" + body + previous.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ChainRow:
    """A row as it is stored: its number, every other column in the order that is hashed, its own hash.

    ``fields`` is None when a column holds what this program never writes.
    """

    seq: int
    fields: tuple[Any, ...] | None
    hash: str

    @property
    def at(self) -> str:
        """When it happened, as stored."""
        return str(self.fields[0]) if self.fields else UNREADABLE

    @property
    def action(self) -> str:
        """What happened."""
        return str(self.fields[2]) if self.fields else UNREADABLE

    def fits(self, previous: str) -> bool:
        """Whether the row's hash is that of its columns after *previous*."""
        if self.fields is None:
            return False
        try:
            return link(previous, (self.seq, *self.fields)) == self.hash
        except (TypeError, UnicodeEncodeError):
            return False  # a value that JSON cannot hold was put there by hand

    def at_place(self, seq: int) -> ChainRow:
        """Return the same row under another number."""
        return replace(self, seq=seq)


class Chain:
    """The part of the history that was walked and found whole: its length, its end and its tree."""

    def __init__(self, head: str = GENESIS, tree: MerkleTree | None = None) -> None:
        self.head = head
        self.tree = tree or MerkleTree()

    @property
    def size(self) -> int:
        """How many rows were walked; also the number of the last one."""
        return self.tree.size

    def accept(self, row: ChainRow) -> bool:
        """Take *row* as the next one if it is; else leave the chain as it was."""
        if row.seq != self.size + 1 or not row.fits(self.head):
            return False
        self.head = row.hash
        self.tree.append(bytes.fromhex(row.hash))
        return True
