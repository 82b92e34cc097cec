"""Comments and files of a renewal as its page and its tasks' pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.masking import mask_text
from engine.domain.withheld import file_closed
from engine.errors import NotFound
from engine.label import Label
from engine.queries.names import actor_names
from engine.queries.scope import find_renewal
from engine.store.notes import attachments_of, newest_comments
from engine.store.renewals import Customer
from engine.store.same_customer import withheld_of

SHOWN = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentLine:
    """One comment; ``at`` is aware UTC."""

    id: int
    who: str
    at: datetime
    text: str
    task_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """One file; ``size`` in bytes, ``sha256`` of the content in hexadecimal; phones and numbers in its name are masked."""

    id: int
    name: str
    kind: str
    size: int
    sha256: str
    who: str
    at: datetime
    task_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """The last comments and all files of a renewal, newest first; ``may_add`` whether the reader may add.

    ``closed`` says why the reader may not open the files, if so.
    """

    comments: tuple[CommentLine, ...]
    files: tuple[FileLine, ...]
    may_add: bool
    closed: Label | None


def notes_of(session: Session, actor: Actor, renewal_id: int) -> Notes | None:
    """Return what was added to a renewal, some six statements; None where it lies outside *actor*'s scope.

    Somebody may look at a task of the own past whose renewal is another's now: the notes are not shown there.
    """
    try:
        renewal = find_renewal(session, actor, renewal_id)
    except NotFound:
        return None
    comments = newest_comments(session, renewal_id, most=SHOWN)
    files = attachments_of(session, renewal_id)
    customer = session.get(Customer, renewal.customer_id) if renewal.customer_id is not None else None
    authors = {row.created_by for row in comments} | {row.created_by for row in files}
    names = actor_names(session, authors)
    return Notes(
        comments=tuple(
            CommentLine(
                id=row.id,
                who=names.get(row.created_by, row.created_by),
                at=row.created_at,
                text=row.text,
                task_id=row.task_id,
            )
            for row in comments
        ),
        files=tuple(
            FileLine(
                id=row.id,
                name=mask_text(row.name),
                kind=row.kind,
                size=row.size,
                sha256=row.sha256,
                who=names.get(row.created_by, row.created_by),
                at=row.created_at,
                task_id=row.task_id,
            )
            for row in files
        ),
        may_add=bool(actor.working_roles),
        closed=file_closed(actor, withheld_of(session, customer)) if files else None,
    )
