"""A checkpoint: what the history was at one moment, signed, to be kept where the database's owner cannot write."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from engine.domain.chain import Chain
from engine.domain.merkle import MerkleTree

FORMAT = "renewals-history-checkpoint-1"
FIRST = "0" * 64
"""What the first checkpoint of a folder names as the digest of the one before it."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


class NotACheckpoint(ValueError):
    """The bytes are not what :meth:`Checkpoint.encode` writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Rows 1 to *rows* of the history end with the hash *head* and have the Merkle root *root*.

    ``peaks`` lets the next checkpoint go on from here without reading those rows again; ``previous`` is the
    SHA-256 of the checkpoint file before this one; ``key`` the public key, ``signature`` over :meth:`signed`.
    """

    number: int
    at: str
    rows: int
    head: str
    root: str
    peaks: tuple[str, ...]
    previous: str
    key: str
    signature: str = ""
    format: str = FORMAT

    def signed(self) -> bytes:
        """Return the bytes that are signed: canonical JSON of everything but the signature."""
        return _canonical({name: value for name, value in asdict(self).items() if name != "signature"})

    def encode(self) -> bytes:
        """Return the file's content: canonical JSON on one line."""
        return _canonical(asdict(self)) + b"\n"

    @property
    def digest(self) -> str:
        """SHA-256 of the file, by which the next checkpoint names this one."""
        return hashlib.sha256(self.encode()).hexdigest()

    def chain(self) -> Chain:
        """Return the chain as it was walked up to here, to be walked on."""
        return Chain(self.head, MerkleTree(self.rows, map(bytes.fromhex, self.peaks)))

    def matches(self, chain: Chain) -> bool:
        """Whether *chain*, of the same length, is the one that was signed."""
        return self.head == chain.head and self.root == chain.tree.root().hex()


def checkpoint_of(chain: Chain, *, number: int, at: str, previous: str, key: str) -> Checkpoint:
    """Return the checkpoint over *chain*, not signed yet."""
    return Checkpoint(
        number=number,
        at=at,
        rows=chain.size,
        head=chain.head,
        root=chain.tree.root().hex(),
        peaks=tuple(peak.hex() for peak in chain.tree.peaks),
        previous=previous,
        key=key,
    )


def decode(content: bytes) -> Checkpoint:
    """Read a checkpoint file.

    Raises:
        NotACheckpoint: it is not, to the byte, what was written.
    """
    try:
        found = orjson.loads(content)
        made = Checkpoint(**{**found, "peaks": tuple(found["peaks"])})
    except (ValueError, TypeError, KeyError) as error:
        raise NotACheckpoint from error
    if not _is_sound(made) or made.encode() != content:
        raise NotACheckpoint
    return made


def _is_sound(made: Checkpoint) -> bool:
    texts = (made.at, made.key, made.signature)
    digests = (made.head, made.root, made.previous, *made.peaks)
    return (
        made.format == FORMAT
        and all(type(count) is int and count > 0 for count in (made.number, made.rows))
        and all(isinstance(text, str) for text in (*texts, *digests))
        and all(_DIGEST.fullmatch(digest) for digest in digests)
        and len(made.peaks) == made.rows.bit_count()
        and MerkleTree(made.rows, map(bytes.fromhex, made.peaks)).root().hex() == made.root
    )


def _canonical(value: Mapping[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
