"""Which import batches, and which rows of them, a person may see or act on (domain.md §7 case 45).

A batch concerns the units of its rows: the sub-branch a row names, else the unit of the specialist who
serves its agent. Who reaches one of them sees that the batch exists and its counts, whoever sent it in, a
person or the command line; the rows themselves are seen by those who reach their unit. The senders' own
units see the whole of what they sent, and act on it; so do those who reach every unit it concerns.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session, aliased

from engine.domain.actor import Actor
from engine.store.imports import ImportBatch, ImportRow
from engine.store.people import OrgUnit, Post, UserAccount


def batches_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the WHERE clause over ImportBatch that keeps what concerns or comes from *actor*'s units.

    What came by the command line and concerns no unit at all is seen by those who govern a whole branch.
    """
    if actor.sees_all:
        return true()
    clauses = [_sent_by(actor), _concerns(actor)]
    if actor.may_read_everything_in_units():
        clauses.append(and_(_governs_a_branch(actor), _sent_by_nobody(), ~_concerns_any()))
    return or_(*clauses)


def batches_kept_by(actor: Actor) -> ColumnElement[bool]:
    """Return the WHERE clause over ImportBatch that keeps what is *actor*'s as a whole."""
    if actor.sees_all:
        return true()
    return or_(_sent_by(actor), and_(_concerns(actor), ~_concerns_others(actor)))


def keeps_batch(session: Session, actor: Actor, batch_id: int) -> bool:
    """Whether the whole batch is *actor*'s, to act on it."""
    found = select(ImportBatch.id).where(ImportBatch.id == batch_id, batches_kept_by(actor))
    return session.scalar(found) is not None


def rows_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the WHERE clause over ImportRow of a visible batch; a row of no known unit goes with the whole."""
    if actor.sees_all:
        return true()
    kept = select(ImportBatch.id).where(ImportBatch.id == ImportRow.batch_id, batches_kept_by(actor))
    return or_(ImportRow.unit_code.in_(sorted(actor.unit_codes)), kept.correlate(ImportRow).exists())


def _sent_by(actor: Actor) -> ColumnElement[bool]:
    codes = sorted(actor.unit_codes)
    return or_(
        ImportBatch.created_by == actor.name,
        ImportBatch.created_by.in_(select(UserAccount.name).where(UserAccount.unit_code.in_(codes))),
        ImportBatch.created_by.in_(select(Post.employee_no).where(Post.unit_code.in_(codes))),
    )


def _sent_by_nobody() -> ColumnElement[bool]:
    return and_(
        ~exists().where(UserAccount.name == ImportBatch.created_by),
        ~exists().where(Post.employee_no == ImportBatch.created_by),
    )


def _governs_a_branch(actor: Actor) -> ColumnElement[bool]:
    if not actor.unit_codes:
        return false()
    return exists().where(OrgUnit.code.in_(sorted(actor.unit_codes)), OrgUnit.kind == "branch")


def _concerns(actor: Actor) -> ColumnElement[bool]:
    row = aliased(ImportRow)
    codes = sorted(actor.unit_codes)
    return exists().where(row.batch_id == ImportBatch.id, row.unit_code.in_(codes))


def _concerns_any() -> ColumnElement[bool]:
    row = aliased(ImportRow)
    return exists().where(row.batch_id == ImportBatch.id, row.unit_code.is_not(None))


def _concerns_others(actor: Actor) -> ColumnElement[bool]:
    row = aliased(ImportRow)
    codes = sorted(actor.unit_codes)
    return exists().where(
        row.batch_id == ImportBatch.id, row.unit_code.is_not(None), row.unit_code.not_in(codes)
    )
