"""A Merkle tree as RFC 6962 hashes it, grown leaf by leaf; it keeps its peaks only, so it stays small."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

EMPTY_ROOT = hashlib.sha256(b"").digest()


class MerkleTree:
    """The peaks of a tree over *size* leaves; a leaf comes in as its hash (RFC 6962 §2.1, prefix 0x00)."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks, not {len(self.peaks)}")

    def append(self, leaf_hash: bytes) -> None:
        """Add the next leaf: subtrees of one size are joined, as a carry is in counting."""
        node, carry = leaf_hash, self.size
        while carry & 1:
            node = _join(self.peaks.pop(), node)
            carry >>= 1
        self.peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the Merkle tree hash of all leaves so far."""
        if not self.peaks:
            return EMPTY_ROOT
        *larger, node = self.peaks
        for peak in reversed(larger):
            node = _join(peak, node)
        return node


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
