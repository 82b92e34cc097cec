"""Check comments and files of renewals against what the history committed to when they were added."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from engine.domain.chain import ChainRow, instant_text
from engine.domain.commitment import commit_to_text
from engine.domain.tampering import Finding, Tampering
from engine.queries.opening import DAMAGED, readable
from engine.store.notes import ATTACHED, COMMENTED, ERASED, Attachment, Comment

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

AT_ONCE = {COMMENTED: 500, ATTACHED: 4}
"""How many comments, and how many files with their contents, are looked up in one statement."""
_EDITED = {COMMENTED: Tampering.COMMENT_EDITED, ATTACHED: Tampering.FILE_EDITED}
_ADDED = {COMMENTED: Tampering.COMMENT_ADDED, ATTACHED: Tampering.FILE_ADDED}
_KINDS: Mapping[str, type[Comment | Attachment]] = {COMMENTED: Comment, ATTACHED: Attachment}
_NUMBER, _HASH = (
    {COMMENTED: "comment_id", ATTACHED: "attachment_id"},
    {COMMENTED: "text_hash", ATTACHED: "sha256"},
)
_LISTED = {COMMENTED: "comments", ATTACHED: "attachments"}


class Promise(NamedTuple):
    """What a row of the history says of what was added with it."""

    digest: str
    at: str
    by: str
    instance_id: int
    task_id: int | None


class NoteEvidence:
    """Looks comments and files up, some at a time; keeps the first fault.

    What was erased lawfully says so itself in a later row: a note that is gone is a fault only when none does.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.checked = 0
        self._waiting: dict[str, dict[int, tuple[int, Promise]]] = {COMMENTED: {}, ATTACHED: {}}
        self._vouched: dict[str, set[int]] = {COMMENTED: set(), ATTACHED: set()}
        self._suspects: dict[tuple[str, int], Finding] = {}
        self._added: Finding | None = None

    @property
    def fault(self) -> Finding | None:
        """The first thing that is wrong, if anything is."""
        return next(iter(self._suspects.values()), self._added)

    def note(self, row: ChainRow) -> None:
        """Remember what a row of the history says of a comment or a file, if it does."""
        if row.fields is None or row.action not in (COMMENTED, ATTACHED, ERASED):
            return
        at, by, _, instance_id, task_id, *_, payload = row.fields
        told: Any = payload if isinstance(payload, dict) else {}
        if row.action == ERASED:
            self._forget(told)
            return
        number, digest = told.get(_NUMBER[row.action]), told.get(_HASH[row.action])
        if isinstance(number, int) and isinstance(digest, str):
            promise = Promise(digest, at, by, instance_id, task_id)
            self._waiting[row.action][number] = row.seq, promise
            self._vouched[row.action].add(number)
            if len(self._waiting[row.action]) >= AT_ONCE[row.action]:
                self._look(row.action)

    def look(self) -> None:
        """Compare what was noted with what is stored."""
        for action in _KINDS:
            self._look(action)

    def finish(self) -> None:
        """Look for comments and files that no row of the history speaks of; call after the last row."""
        self.look()
        for action, kind in _KINDS.items():
            for number, instance_id in self.session.execute(
                select(kind.id, kind.instance_id).order_by(kind.id)
            ):
                if number not in self._vouched[action]:
                    self._added = Finding(_ADDED[action], other=instance_id, detail=str(number))
                    return

    def _forget(self, told: Mapping[str, Any]) -> None:
        self.look()
        for action, name in _LISTED.items():
            for number in told.get(name, ()):
                self._vouched[action].discard(number)
                self._suspects.pop((action, number), None)

    def _look(self, action: str) -> None:
        waiting = self._waiting[action]
        found = readable(list(waiting), partial(self._stored, action))
        self.checked += len(waiting)
        for number, (seq, promised) in waiting.items():
            if found.get(number) != promised:
                finding = Finding(_EDITED[action], seq, seq, other=promised.instance_id, detail=str(number))
                self._suspects[action, number] = finding
        waiting.clear()

    def _stored(self, action: str, numbers: Collection[int]) -> dict[int, Promise]:
        """Return the notes as they are now; one that cannot be opened any more is left out."""
        rows: Sequence[Comment | Attachment] = (
            self.session.scalars(select(Comment).where(Comment.id.in_(numbers))).all()
            if action == COMMENTED
            else self.session.scalars(select(Attachment).where(Attachment.id.in_(numbers))).all()
        )
        found = {}
        for row in rows:
            digest = _digest(row)
            if digest is not None:
                at = instant_text(row.created_at)
                found[row.id] = Promise(digest, at, row.created_by, row.instance_id, row.task_id)
            self.session.expunge(row)
        return found


def _digest(row: Comment | Attachment) -> str | None:
    """The hash of what is stored; None when it cannot be opened."""
    try:
        if isinstance(row, Comment):
            return commit_to_text(row.salt, number=row.id, text=row.text)
        return hashlib.sha256(row.content).hexdigest()
    except DAMAGED:
        return None
