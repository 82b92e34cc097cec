"""Seals personal values field by field with AES-256-GCM and makes the blind indexes that find them again.

A sealed value is ``version | key number | nonce | ciphertext and tag``; what it belongs to (table, column, row)
is authenticated with it, so it opens nowhere else. Source: threats.md §4.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.crypto import derive
from engine.errors import EngineError

VERSION = b"\x01"
PREFIX_BYTES = 5  # version and key number
NONCE_BYTES = 12
INDEX_BYTES = 16
KEY_BYTES = 32


class SealedValueRefused(EngineError):
    """A sealed value does not open where it stands: it was changed, or moved from another row or column."""

    code = "sealed_value_refused"
    zh = "{place}（记录 {row}）的加密内容与其所在位置不符，可能被改动或移自他处。未予显示，请通知系统管理员与审计员。"
    en = "The sealed value of {place} (row {row}) does not belong there: changed or moved. Tell the auditor."


class UnknownKey(EngineError):
    """A value was sealed with a key that the database does not hold."""

    code = "unknown_data_key"
    zh = "加密内容使用的密钥 {key} 不在密钥表 data_key 中，可能只恢复了部分备份。请从同一份备份恢复整个数据库。"
    en = "The key {key} of a sealed value is not in the table data_key. Restore the whole database from one backup."


class WrongMasterKey(EngineError):
    """The master key does not open the data keys."""

    code = "wrong_master_key"
    zh = (
        "RENEWALS_DATA_KEY 打不开数据密钥 {key}：与写入该数据库的主密钥不同。请改回原主密钥；"
        "如已更换主密钥，请把原值设为 RENEWALS_DATA_KEY_OLD 并运行 renewals keys rewrap。"
    )
    en = (
        "RENEWALS_DATA_KEY does not open data key {key}: the database was written under another master key. "
        "Set that one again; after a change of the master, give the old one in RENEWALS_DATA_KEY_OLD "
        "and run renewals keys rewrap."
    )


class NoKeys(EngineError):
    """The database has no data keys yet."""

    code = "no_data_keys"
    zh = "数据库中还没有数据密钥。请先运行 renewals db upgrade。"
    en = "The database holds no data keys yet. Run renewals db upgrade first."


@dataclass(frozen=True, slots=True)
class Keys:
    """The data keys in the clear: those for fields by number, the one of the indexes, the one of the states."""

    fields: Mapping[int, bytes]
    index: bytes
    state: bytes

    @property
    def newest(self) -> int:
        """The number of the key that seals from now on."""
        return max(self.fields)


def prefix_of(key_number: int) -> bytes:
    """Return what every value sealed with this key begins with."""
    return VERSION + key_number.to_bytes(4, "big")


def wrap(master: bytes, key: bytes, label: bytes) -> bytes:
    """Return *key* sealed under the *master*; it opens under the same *label* alone."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(derive(master, "wrap data keys")).encrypt(nonce, key, label)


def unwrap(master: bytes, wrapped: bytes, label: bytes) -> bytes | None:
    """Return the key inside *wrapped*, None when the *master* or the *label* is another."""
    nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
    try:
        return AESGCM(derive(master, "wrap data keys")).decrypt(nonce, sealed, label)
    except InvalidTag:
        return None


class Vault:
    """Seals, opens and indexes with the keys that *load* reads at the first need and at a key it does not know."""

    def __init__(self, load: Callable[[], Keys]) -> None:
        self._load = load
        self._keys: Keys | None = None
        self._ciphers: dict[int, AESGCM] = {}
        self._index_keys: dict[str, bytes] = {}

    @property
    def keys(self) -> Keys:
        """The data keys, read once."""
        return self._keys or self.reload()

    def reload(self) -> Keys:
        """Read the keys anew, e.g. after another one was made."""
        keys = self._load()
        self._ciphers = {number: AESGCM(key) for number, key in keys.fields.items()}
        self._keys = keys
        return keys

    def state_key(self) -> bytes:
        """Return the key of the seal over stored states."""
        return self.keys.state

    def seal(self, clear: bytes, context: bytes) -> bytes:
        """Return *clear* sealed with the newest key for the place that *context* names."""
        number, nonce = self.keys.newest, os.urandom(NONCE_BYTES)
        return prefix_of(number) + nonce + self._ciphers[number].encrypt(nonce, clear, context)

    def open(self, sealed: bytes, context: bytes) -> bytes | None:
        """Return what *sealed* holds, None when it does not belong where *context* says.

        Raises:
            UnknownKey: no key has its number, also after reading the keys anew.
        """
        number = int.from_bytes(sealed[1:PREFIX_BYTES], "big")
        cipher = self._cipher(number)
        start = PREFIX_BYTES + NONCE_BYTES
        try:
            return cipher.decrypt(sealed[PREFIX_BYTES:start], sealed[start:], context)
        except InvalidTag:
            return None

    def index(self, field: str, term: str) -> bytes:
        """Return the blind index of a normalised *term* of *field*; every field has a key of its own."""
        key = self._index_keys.get(field)
        if key is None:
            key = self._index_keys[field] = derive(self.keys.index, field)
        return hmac.digest(key, term.encode(), sha256)[:INDEX_BYTES]

    def _cipher(self, number: int) -> AESGCM:
        if self._keys is None or number not in self._ciphers:
            self.reload()
        try:
            return self._ciphers[number]
        except KeyError:
            raise UnknownKey(key=number) from None
