"""Check submitted forms against what the history committed to when they were given."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from engine.domain.chain import ChainRow
from engine.domain.commitment import commit_to
from engine.domain.tampering import Finding, Tampering
from engine.store.tasks import forms_given
from engine.vault import SealedValueRefused

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

AT_ONCE = 500
COMPLETED = "task_completed"


class FormEvidence:
    """Looks the forms of completed tasks up, some hundred at a time; keeps the first fault."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.checked = 0
        self.fault: Finding | None = None
        self._waiting: dict[int, tuple[int, str]] = {}

    def note(self, row: ChainRow) -> None:
        """Remember what a row of the history says of a form, if it does."""
        if row.action != COMPLETED or row.fields is None:
            return
        task_id, payload = row.fields[4], row.fields[-1]
        promised: Any = payload.get("form_hash") if isinstance(payload, dict) else None
        if isinstance(promised, str):  # rows of former versions have none
            self._waiting[int(task_id)] = row.seq, promised
        if len(self._waiting) >= AT_ONCE:
            self.look()

    def look(self) -> None:
        """Compare the forms that were noted with what is stored."""
        found = self._stored(self._waiting)
        self.checked += len(self._waiting)
        for task_id, (seq, promised) in self._waiting.items():
            if self.fault is None and found.get(task_id) != promised:
                self.fault = Finding(Tampering.FORM_EDITED, seq, seq, other=task_id)
        self._waiting.clear()

    def _stored(self, task_ids: Collection[int]) -> dict[int, str]:
        """Return the hashes of the forms as they are now; one that cannot be read any more has none."""
        try:
            return {
                one.task_id: commit_to(one.salt, task_id=one.task_id, form_id=one.form_id, values=one.values)
                for one in forms_given(self.session, task_ids)
                if one.salt is not None
            }
        except (ValueError, SealedValueRefused):
            single = len(task_ids) == 1
            return {} if single else {n: h for one in task_ids for n, h in self._stored([one]).items()}
