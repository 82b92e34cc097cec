"""One renewal's history as an auditor takes it away: the rows as they are stored, with their hashes.

Source: domain.md §5 (what an audit of one renewal must show); docs/audit.md (how a hash is made).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.domain.actor import Actor
from engine.domain.codes import Role
from engine.queries.scope import find_renewal
from engine.store.history_rows import rows_of_renewal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

FORMAT = "renewals-history/1"
COLUMNS = ("at", "actor", "action", "instance_id", "task_id", "subject", "reason", "payload")
"""What is hashed after the row's number, in this order; ``at`` in UTC with microseconds."""


def may_take_history(actor: Actor) -> bool:
    """Whether *actor* checks others' work: auditors and the channel department."""
    return bool(actor.roles & {Role.AUDITOR, Role.CHANNEL})


def history_file(session: Session, actor: Actor, renewal_id: int) -> dict[str, Any]:
    """Return the file as an object: ``rows``, each with its columns, its ``hash``, the one ``before`` it and ``fits``.

    A row stands between others in the book, so ``before`` is the hash of another renewal's row as a rule.
    ``fits`` is False, and the columns are left out, where a row was changed so that it cannot even be read.

    Raises:
        NotFound: the renewal lies outside *actor*'s scope.
    """
    renewal = find_renewal(session, actor, renewal_id)
    rows = [
        {
            "seq": row.seq,
            **(dict(zip(COLUMNS, row.fields, strict=True)) if row.fields is not None else {}),
            "before": before,
            "hash": row.hash,
            "fits": row.fits(before),
        }
        for row, before in rows_of_renewal(session, renewal.id)
    ]
    return {"format": FORMAT, "renewal": renewal.id, "rows": rows}
