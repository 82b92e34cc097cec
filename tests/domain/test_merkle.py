"""The tree hashes as RFC 6962 says; the roots are those of its reference implementation."""

from __future__ import annotations

import hashlib

import pytest

from engine.domain.merkle import EMPTY_ROOT, MerkleTree

LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def leaf(data: str) -> bytes:
    return hashlib.sha256(b"\x00" + bytes.fromhex(data)).digest()


def test_roots_are_those_of_the_reference() -> None:
    tree = MerkleTree()
    roots = []

    for data in LEAVES:
        tree.append(leaf(data))
        roots.append(tree.root().hex())

    assert list(ROOTS) == roots


def test_a_tree_grows_on_from_its_peaks() -> None:
    tree = MerkleTree()
    for data in LEAVES[:5]:
        tree.append(leaf(data))

    again = MerkleTree(5, tree.peaks)
    for data in LEAVES[5:]:
        again.append(leaf(data))

    assert ROOTS[-1] == again.root().hex()


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert EMPTY_ROOT == MerkleTree().root()


def test_peaks_must_fit_the_size() -> None:
    with pytest.raises(ValueError, match="has 2 peaks"):
        MerkleTree(5, [b""])
