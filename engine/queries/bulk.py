"""An act on many tasks as its page shows it, and what each row's form opens with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session

import forms
from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import BulkRowStatus, BulkStatus, Label
from engine.errors import NotFound
from engine.label import Thing
from engine.queries.diagram import DeployedOf
from engine.queries.opened_forms import opened_forms
from engine.queries.present import Present
from engine.queries.scope import renewals_open_to
from engine.queries.task_page import Answer, answers
from engine.queries.vehicles import shown_customer, shown_plate
from engine.store.bulk import BulkAct, BulkRow, counts_of, counts_of_each
from engine.store.renewals import Customer, Renewal, Vehicle

SHOWN_ROWS = 200
SHOWN_ACTS = 30
FAILED = (BulkRowStatus.REFUSED, BulkRowStatus.KEPT)
SETTLED = (BulkRowStatus.DONE, BulkRowStatus.REFUSED)
PER_PERSON = ("today", "now", "actor.")
"""Prefills that are the same for every row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkLine:
    """One row of an act, masked; ``reason`` says why it was left out, refused or kept.

    Of a renewal that has left the person's scope since, ``is_visible`` False, nothing but what became of it is told.
    """

    task_id: int
    renewal_id: int
    is_visible: bool
    plate: str | None
    customer: str | None
    expiry_date: date | None
    status: str
    reason: Label | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkPage:
    """An act, how many rows stand how, and the first rows of each kind, those with a reason first.

    ``undo_until`` is the last moment for an undo, None when there is nothing to undo; ``came_from`` the address of
    the list it was chosen in; ``answers`` what was answered once for all rows, in words, without personal fields.
    """

    id: int
    name: Label
    action_id: str
    status: str
    form: forms.Form
    by_row: frozenset[str]
    created_at: datetime
    counts: Mapping[str, int]
    chosen: int
    settled: int
    rows: tuple[BulkLine, ...]
    answers: tuple[Answer, ...]
    undo_until: datetime | None
    came_from: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkEntry:
    """One act in the list of a person's own."""

    id: int
    name: Label
    action_id: str
    status: str
    created_at: datetime
    counts: Mapping[str, int]


def bulk_page(
    session: Session,
    actor: Actor,
    act_id: int,
    present: Present,
    *,
    deployed_of: DeployedOf,
    undo_within: timedelta,
) -> BulkPage:
    """Return one of *actor*'s own acts.

    Raises:
        NotFound: it does not exist or is somebody else's; both look the same.
    """
    act = session.get(BulkAct, act_id)
    if act is None or act.created_by != actor.name:
        raise NotFound(what=Thing.BULK_ACT, key=act_id)
    form = deployed_of(act.definition_set_id).forms[act.form_id]
    counts = counts_of(session, act_id)
    found = session.execute(
        select(
            BulkRow,
            Renewal.expiry_date,
            Vehicle,
            Customer,
            case((renewals_open_to(actor), 1), else_=0).label("is_visible"),
        )
        .join(Renewal, Renewal.id == BulkRow.instance_id)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(BulkRow.act_id == act_id)
        .order_by(
            case((BulkRow.status.in_(FAILED), 0), (BulkRow.reason_sealed.is_not(None), 1), else_=2),
            BulkRow.id,
        )
        .limit(SHOWN_ROWS)
    ).all()
    left_out = counts.get(BulkRowStatus.EXCEPTED, 0)
    is_undoable = (
        act.status == BulkStatus.DONE
        and not form.one_by_one  # what it says of the customer has no image
        and counts.get(BulkRowStatus.DONE, 0)
        and act.finished_at
    )
    until = act.finished_at + undo_within if is_undoable and act.finished_at else None
    return BulkPage(
        id=act.id,
        name=_title(form),
        action_id=act.action_id,
        status=act.status,
        form=form,
        by_row=fields_by_row(form),
        created_at=act.created_at,
        counts=counts,
        chosen=sum(counts.values()) - left_out,
        settled=sum(counts.get(status, 0) for status in SETTLED),
        rows=tuple(_line(row) for row in found),
        answers=answers(form, act.values or {}) if act.status != BulkStatus.PREPARED else (),
        undo_until=until if until is not None and present.now <= until else None,
        came_from=act.came_from,
    )


def _line(row: Any) -> BulkLine:
    reason, is_visible = row.BulkRow.reason, bool(row.is_visible)
    return BulkLine(
        task_id=row.BulkRow.task_id,
        renewal_id=row.BulkRow.instance_id,
        is_visible=is_visible,
        plate=shown_plate(row.Vehicle.plate) if is_visible else None,
        customer=shown_customer(row.Customer) if is_visible else None,
        expiry_date=row.expiry_date if is_visible else None,
        status=row.BulkRow.status,
        reason=Label(reason["zh"], reason["en"]) if reason else None,
    )


def bulk_list(session: Session, actor: Actor, *, deployed_of: DeployedOf) -> tuple[BulkEntry, ...]:
    """Return *actor*'s last acts, newest first."""
    acts = session.scalars(
        select(BulkAct).where(BulkAct.created_by == actor.name).order_by(BulkAct.id.desc()).limit(SHOWN_ACTS)
    ).all()
    counts = counts_of_each(session, [act.id for act in acts])
    return tuple(
        BulkEntry(
            id=act.id,
            name=_title(deployed_of(act.definition_set_id).forms[act.form_id]),
            action_id=act.action_id,
            status=act.status,
            created_at=act.created_at,
            counts=counts[act.id],
        )
        for act in acts
    )


def _title(form: forms.Form) -> Label:
    return Label(form.title.zh, form.title.en)


def fields_by_row(form: forms.Form) -> frozenset[str]:
    """Return the fields that open with something of each renewal's own; left blank they keep it."""
    return frozenset(
        field.key for field in form.fields if field.prefill and not field.prefill.startswith(PER_PERSON)
    )


def prefiller(engine: Engine, actor: Actor) -> Callable[[Collection[int]], Mapping[int, Mapping[str, Any]]]:
    """Return what says, by the numbers of tasks, what their forms open with; one out of reach is left out."""

    def prefill(task_ids: Collection[int]) -> Mapping[int, Mapping[str, Any]]:
        with engine.store.reading() as session:
            present = Present.of(engine.clock)
            return opened_forms(session, actor, task_ids, present, deployed_of=engine.deployed)

    return prefill
