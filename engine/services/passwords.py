"""What a password must be, wherever it is given, and made-up ones."""

from __future__ import annotations

import secrets

from engine.errors import WeakPassword

SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 128
FEWEST_CHARACTERS = 5
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no signs that look alike


def check_strength(new: str, name: str, old: str | None = None) -> None:
    """Accept *new* as a password of the user *name*.

    Raises:
        WeakPassword: it does not meet the rules; they are named.
    """
    if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD:
        raise WeakPassword(
            reason_zh=f"请使用 {SHORTEST_PASSWORD}–{LONGEST_PASSWORD} 个字符。",
            reason_en=f"use {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.",
        )
    if new == old or name.lower() in new.lower() or len(set(new)) < FEWEST_CHARACTERS:
        raise WeakPassword(
            reason_zh="不能与原密码相同、包含用户名或只用少数几个字符，请另选一个。",
            reason_en="it must differ from the old one, not hold the name, and use five different characters.",
        )


def make_password() -> str:
    """Return a random password that can be read out: three groups of four, 59 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
