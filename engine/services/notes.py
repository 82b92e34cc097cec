"""Add a comment or a file to a renewal, and open a file: within the scope, written down, never changed.

Phones, ID numbers and plates typed into a comment are masked, as in reasons (docs/personal-data.md); text, file
name and file are sealed. The history holds hashes of both.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.attachments import MOST_BYTES, FileKind, kind_of, safe_name
from engine.domain.commitment import commit_to_text, make_salt
from engine.domain.masking import mask_text
from engine.domain.soundness import fault_of
from engine.domain.storable import require_storable
from engine.domain.withheld import file_closed, may_reveal
from engine.errors import BadInput, Conflict, Forbidden, NotFound
from engine.label import Label, Thing
from engine.services.access import sees
from engine.store.instances import lock_instance
from engine.store.notes import ATTACHED, COMMENTED, Attachment, Comment, count_attachments
from engine.store.renewals import Customer, Renewal
from engine.store.same_customer import withheld_of
from engine.store.tasks import UserTask, delegated_to

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LONGEST_COMMENT = 500
MOST_FILES = 20
_COMMENT = Label("备注", "comment")
_FILE = Label("附件", "file")
_LENGTH = Label(f"请填写 1 至 {LONGEST_COMMENT} 个字", f"write 1 to {LONGEST_COMMENT} characters")
_EMPTY = Label("请选择文件", "choose a file")
_LARGE = Label(
    f"文件超过 {MOST_BYTES // 1024 // 1024} MB，请压缩后再上传",
    f"it is larger than {MOST_BYTES // 1024 // 1024} MB: make it smaller",
)
_KIND = Label(
    "只接受 jpg、png 图片和 pdf，请转换后再上传",
    "only jpg and png pictures and pdf are taken: convert it first",
)
_MANY = Label(f"每笔续保最多 {MOST_FILES} 个附件", f"a renewal takes at most {MOST_FILES} files")


class FileClosed(Conflict):
    """A file of the renewal is not opened to this person; ``reason`` says why."""

    code = "file_closed"
    zh = "{reason}"
    en = "{reason}"


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file as it was added; ``name`` is masked and safe to hand to a browser."""

    name: str
    kind: FileKind
    content: bytes


def add_comment(
    engine: Engine, renewal_id: int, text: str, *, actor: Actor, task_id: int | None = None
) -> int:
    """Add a comment to a renewal, or to its task *task_id*; returns its number.

    Raises:
        NotFound: no such renewal in the actor's scope, or no such task of it. Forbidden: the actor only reads.
        BadInput: the text is empty or too long. Unstorable: it cannot be kept by every database.
    """
    require_storable(text, "comment")
    text = mask_text(text.replace("\r\n", "\n").strip())
    now, salt = engine.clock.now(), make_salt()
    with engine.store.transaction() as tx:
        task = _reach(tx, renewal_id, task_id, actor)
        if not 1 <= len(text) <= LONGEST_COMMENT:
            raise BadInput(what=_COMMENT, value=text[:20], reason=_LENGTH)
        comment = Comment(
            instance_id=renewal_id,
            task_id=task_id,
            text=text,
            salt=salt,
            created_by=actor.name,
            created_at=now,
        )
        tx.add(comment)
        tx.write()
        tx.record(
            COMMENTED,
            at=now,
            actor=actor.name,
            instance_id=renewal_id,
            task_id=task_id,
            subject=task.name if task else None,
            comment_id=comment.id,
            action_id=task.action_id if task else None,
            text_hash=commit_to_text(salt, number=comment.id, text=text),
        )
        return comment.id


def attach_file(
    engine: Engine, renewal_id: int, name: str, content: bytes, *, actor: Actor, task_id: int | None = None
) -> int:
    """Add a picture or a pdf to a renewal, or to its task *task_id*; returns its number.

    Raises:
        NotFound: no such renewal in the actor's scope, or no such task of it. Forbidden: the actor only reads.
        BadInput: it is empty, too large, of another kind, broken, or one too many.
    """
    now = engine.clock.now()
    with (
        engine.store.reading() as session
    ):  # to decode a picture takes a while, in which nobody else may wait
        _reach(session, renewal_id, task_id, actor)
    kind = _accepted(name, content)
    with engine.store.transaction() as tx:
        task = _reach(tx, renewal_id, task_id, actor)
        lock_instance(tx, renewal_id)
        if count_attachments(tx, renewal_id) >= MOST_FILES:
            raise BadInput(what=_FILE, value=mask_text(name)[:40], reason=_MANY)
        digest = hashlib.sha256(content).hexdigest()
        file = Attachment(
            instance_id=renewal_id,
            task_id=task_id,
            name=safe_name(name, kind),
            content=content,
            kind=str(kind),
            size=len(content),
            sha256=digest,
            created_by=actor.name,
            created_at=now,
        )
        tx.add(file)
        tx.write()
        tx.record(
            ATTACHED,
            at=now,
            actor=actor.name,
            instance_id=renewal_id,
            task_id=task_id,
            subject=task.name if task else None,
            attachment_id=file.id,
            action_id=task.action_id if task else None,
            kind=str(kind),
            size=len(content),
            sha256=digest,
        )
        return file.id


def _accepted(name: str, content: bytes) -> FileKind:
    shown = mask_text(name)[:40]
    if not content:
        raise BadInput(what=_FILE, value=shown, reason=_EMPTY)
    if len(content) > MOST_BYTES:
        raise BadInput(what=_FILE, value=shown, reason=_LARGE)
    kind = kind_of(content)
    if kind is None:
        raise BadInput(what=_FILE, value=shown, reason=_KIND)
    fault = fault_of(kind, content)
    if fault is not None:
        raise BadInput(what=_FILE, value=shown, reason=fault)
    return kind


def open_file(engine: Engine, attachment_id: int, *, actor: Actor) -> OpenedFile:
    """Return a file of a renewal in the actor's scope; that it was opened is written down before.

    Its name is masked as the pages mask it: whoever may see a phone or a plate unmasked asks for that, with a reason.

    Raises:
        NotFound: no such file, or its renewal lies outside the scope; both look the same.
        Forbidden: the actor's roles do not work with customers (docs/rights.md).
        FileClosed: the actor is of the life insurer, and the customer withdrew sharing or asked for deletion.
    """
    with engine.store.transaction() as tx:
        file = tx.get(Attachment, attachment_id)
        renewal = tx.get_one(Renewal, file.instance_id) if file is not None else None
        if file is None or renewal is None or not _may_look(tx, renewal, actor):
            raise NotFound(what=Thing.ATTACHMENT, key=attachment_id)
        if not may_reveal(actor):
            raise Forbidden(act=Label("打开附件", "open files"))
        customer = tx.get(Customer, renewal.customer_id) if renewal.customer_id is not None else None
        if (reason := file_closed(actor, withheld_of(tx, customer))) is not None:
            raise FileClosed(reason=reason)
        kind = FileKind(file.kind)
        opened = OpenedFile(mask_text(file.name), kind, file.content)
        tx.record(
            "file_opened",
            at=engine.clock.now(),
            actor=actor.name,
            instance_id=file.instance_id,
            task_id=file.task_id,
            attachment_id=attachment_id,
            kind=file.kind,
        )
        return opened


def _reach(tx: Session, renewal_id: int, task_id: int | None, actor: Actor) -> UserTask | None:
    """Refuse whoever may not write here; return the task that is spoken of."""
    renewal = tx.get(Renewal, renewal_id)
    if renewal is None or not _may_look(tx, renewal, actor):
        raise NotFound(what=Thing.RENEWAL, key=renewal_id)
    if not actor.working_roles:
        raise Forbidden(act=Label("添加备注或附件", "add comments or files"))
    task = tx.get(UserTask, task_id) if task_id is not None else None
    if task_id is not None and (task is None or task.instance_id != renewal_id):
        raise NotFound(what=Thing.TASK, key=task_id)
    return task


def _may_look(tx: Session, renewal: Renewal, actor: Actor) -> bool:
    return sees(actor, renewal) or delegated_to(tx, renewal.id, actor.numbers)
