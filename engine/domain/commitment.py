"""A commitment to a submitted form or a frozen ledger: the history holds it instead of what may be personal.

With the salt, anybody can see that the answers are those that were given; without salt and answers, as after
an erasure, it tells nothing of them.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

import orjson


def make_salt() -> str:
    """Return 128 random bits."""
    return secrets.token_hex(16)


def commit_to(salt: str, *, task_id: int, form_id: str, values: Mapping[str, Any]) -> str:
    """Return SHA-256 over the salt and the canonical JSON of task, form and answers, as they are stored."""
    body = orjson.dumps(
        [salt, task_id, form_id, values],
        default=str,
        option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS,
    )
    return hashlib.sha256(body).hexdigest()


def commit_to_text(salt: str, *, number: int, text: str) -> str:
    """Return SHA-256 over the salt, the number of a comment and its text."""
    return hashlib.sha256(orjson.dumps([salt, number, text])).hexdigest()


def commit_to_consent(salt: str, *, number: int, stated: Mapping[str, Any]) -> str:
    """Return SHA-256 over the salt, the number of a statement of consent and all that was stated."""
    body = orjson.dumps([salt, number, stated], default=str, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(body).hexdigest()


def commit_to_copy(salt: str, *, workplace_code: str, week: str, content: Mapping[str, Any]) -> str:
    """Return SHA-256 over the salt and the canonical JSON of a frozen ledger, as it is stored."""
    body = orjson.dumps(
        [salt, workplace_code, week, content],
        default=str,
        option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS,
    )
    return hashlib.sha256(body).hexdigest()
