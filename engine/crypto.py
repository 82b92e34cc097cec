"""Keys derived from the data key, the seal that binds a stored state to its instance, and signatures."""

from __future__ import annotations

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import blake2b

from engine.errors import EngineError

TAG_BYTES = 16
STATE = "instance state"


class StateTampered(EngineError):
    """A stored state was not written by this system, or belongs to another instance."""

    code = "state_tampered"
    zh = "流程实例 {instance} 的存储状态与校验码不符，可能被篡改或密钥不符。实例未改动，请通知系统管理员与审计员。"
    en = "The stored state of instance {instance} does not match its seal. Nothing was changed; tell the auditor."


def derive(key: bytes, purpose: str) -> bytes:
    """Return 32 bytes for one *purpose*, so that no key serves two ends."""
    return blake2b(purpose.encode(), key=key, digest_size=32).digest()


class Seal:
    """A keyed checksum over a state and the instance it belongs to; the key is readable outside the database alone."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key  # asked for at each use: it is read from the database, which may not be there yet

    def close(self, instance_id: int, state: bytes) -> bytes:
        """Return *state* with its tag in front."""
        return self._tag(instance_id, state) + state

    def open(self, instance_id: int, sealed: bytes) -> bytes:
        """Return the state inside *sealed*.

        Raises:
            StateTampered: the tag does not fit the state, the instance or the key.
        """
        tag, state = sealed[:TAG_BYTES], sealed[TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(instance_id, state)):
            raise StateTampered(instance=instance_id)
        return state

    def _tag(self, instance_id: int, state: bytes) -> bytes:
        whole = b"%d|%b" % (instance_id, state)
        return blake2b(whole, key=self._key(), digest_size=TAG_BYTES).digest()


class SigningKey:
    """An Ed25519 key, made from 32 secret bytes."""

    def __init__(self, seed: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = urlsafe_b64encode(self._key.public_key().public_bytes_raw()).decode()
        """The public key as it is printed and given to auditors: 32 bytes, base64url."""

    def sign(self, message: bytes) -> str:
        """Return the signature, base64url."""
        return urlsafe_b64encode(self._key.sign(message)).decode()


def is_public_key(text: str) -> bool:
    """Whether *text* is a public key as :attr:`SigningKey.public` writes it."""
    try:
        return len(urlsafe_b64decode(text)) == 32
    except (binascii.Error, ValueError):
        return False


def is_signed(message: bytes, signature: str, *, by: str) -> bool:
    """Whether *signature* over *message* was made with the key whose public half is *by*."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(by)).verify(
            urlsafe_b64decode(signature), message
        )
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
