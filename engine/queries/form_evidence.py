"""Check submitted forms against what the history committed to when they were given."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.domain.chain import ChainRow, instant_text
from engine.domain.commitment import commit_to
from engine.domain.tampering import Finding, Tampering
from engine.queries.opening import readable
from engine.store.tasks import Submission, form_without_event, forms_given

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

AT_ONCE = 500
COMPLETED = "task_completed"


class Promise(NamedTuple):
    """What a row of the history says of the form that was given with it."""

    form_hash: str
    at: str
    by: str
    instance_id: int
    form_id: str | None
    action_id: str | None


class FormEvidence:
    """Looks the forms of completed tasks up, some hundred at a time; keeps the first fault."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.checked = 0
        self.fault: Finding | None = None
        self._waiting: dict[int, tuple[int, Promise]] = {}

    def note(self, row: ChainRow) -> None:
        """Remember what a row of the history says of a form, if it does."""
        if row.action != COMPLETED or row.fields is None:
            return
        at, by, _, instance_id, task_id, *_, payload = row.fields
        told: Any = payload if isinstance(payload, dict) else {}
        if isinstance(told.get("form_hash"), str):  # rows of former versions have none
            promise = Promise(
                told["form_hash"], at, by, instance_id, told.get("form_id"), told.get("action_id")
            )
            self._waiting[int(task_id)] = row.seq, promise
        if len(self._waiting) >= AT_ONCE:
            self.look()

    def look(self) -> None:
        """Compare the forms that were noted with what is stored."""
        found = readable(list(self._waiting), self._stored)
        self.checked += len(self._waiting)
        for task_id, (seq, promised) in self._waiting.items():
            if self.fault is None and found.get(task_id) != promised:
                self.fault = Finding(Tampering.FORM_EDITED, seq, seq, other=task_id)
        self._waiting.clear()

    def finish(self) -> None:
        """Look for a form that no row of the history speaks of; call after the last row."""
        self.look()
        added = form_without_event(self.session, COMPLETED)
        if self.fault is None and added is not None:
            self.fault = Finding(Tampering.FORM_ADDED, other=added)

    def _stored(self, task_ids: Collection[int]) -> dict[int, Promise]:
        """Return the forms as they are now."""
        forms = forms_given(self.session, task_ids)
        return {one.task_id: _promise(one, one.salt) for one in forms if one.salt is not None}


def _promise(form: Submission, salt: str) -> Promise:
    """Return what the history must have said when this form was given."""
    digest = commit_to(salt, task_id=form.task_id, form_id=form.form_id, values=form.values)
    at = instant_text(form.submitted_at)
    return Promise(digest, at, form.submitted_by, form.instance_id, form.form_id, form.action_id)
