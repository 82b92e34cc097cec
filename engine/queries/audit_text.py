"""What ``renewals audit`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from engine.bootstrap import Engine
from engine.crypto import is_public_key
from engine.errors import BadInput
from engine.label import Label
from engine.queries.verification import Verdict
from engine.store.history import last_seq


def row_count(engine: Engine) -> int:
    """Return about how many rows there are, for a progress bar."""
    with engine.store.reading() as session:
        return last_seq(session)


def public_keys(keys: Sequence[str]) -> Sequence[str]:
    """Return *keys* if all of them are public keys.

    Raises:
        BadInput: one is not.
    """
    for key in keys:
        if not is_public_key(key):
            raise BadInput(
                what="--key",
                value=key,
                reason=Label("公钥为 32 字节的 base64url 文本。", "give 32 bytes as base64url."),
            )
    return keys


def as_json(verdict: Verdict, lang: str) -> dict[str, Any]:
    """Return the verdict as one JSON object."""
    return {
        **asdict(verdict),
        "ok": verdict.is_sound,
        "findings": [{**asdict(found), "message": found.say(lang)} for found in verdict.findings],
        "warnings": [warning.say(lang) for warning in verdict.warnings],
    }


def summary(verdict: Verdict, lang: str) -> str:
    """Return the figures, and what is not proven."""
    return "\n".join([_figures(verdict, lang), *(warning.say(lang) for warning in verdict.warnings)])


def _figures(verdict: Verdict, lang: str) -> str:
    first, last = verdict.first_at or "—", verdict.last_at or "—"
    later = verdict.rows - verdict.witnessed
    if lang == "en":
        return (
            f"{verdict.rows} rows fit the chain (row 1: {first}, row {verdict.rows}: {last}); {verdict.checkpoints} checkpoints witness the first"
            f" {verdict.witnessed}, {later} later rows are not witnessed yet; {verdict.forms} submitted forms"
            f", {verdict.notes} comments and files and {verdict.consents} statements of consent are as given."
            f" Public key {verdict.public_key}"
        )
    return (
        f"{verdict.rows} 行与散列链相符（第 1 行 {first}，第 {verdict.rows} 行 {last}）；"
        f"{verdict.checkpoints} 个检查点证明了前 {verdict.witnessed} 行，"
        f"其后 {later} 行尚无检查点；{verdict.forms} 份提交的表单、"
        f"{verdict.notes} 条备注与附件、{verdict.consents} 条客户同意或撤回与历史相符。公钥 {verdict.public_key}"
    )
