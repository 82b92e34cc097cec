"""Who may reach a renewal when a verb is called, and what is written down of refusals, views and exports."""

from __future__ import annotations

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import Role
from engine.store.renewals import Answerable, Renewal


def sees(actor: Actor, renewal: Renewal | Answerable) -> bool:
    """Whether *renewal* lies in *actor*'s scope; the same rule as the lists' (queries/scope.py)."""
    numbers = {
        renewal.owner_no,
        renewal.agent_no,
        renewal.supervisor_no,
        renewal.trainer_no,
        renewal.specialist_no,
    }
    units = {renewal.sub_branch_code, renewal.branch_code, renewal.workplace_code}
    in_units = bool(units & actor.unit_codes)
    opens_units = Role.CHANNEL in actor.roles or actor.may_read_everything_in_units()
    return actor.sees_all or bool(actor.numbers & numbers) or (opens_units and in_units)


def record_refusal(engine: Engine, *, actor: Actor, subject: str, reason: str | None = None) -> None:
    """Write down that *actor* reached for something outside the own rights (*subject*: a page, a row)."""
    with engine.store.transaction() as tx:
        tx.record(
            "access_refused", at=engine.clock.now(), actor=actor.name, subject=subject[:64], reason=reason
        )


def record_export(
    engine: Engine, *, actor: Actor, subject: str, rows: int, kind: str, of: str | None = None
) -> None:
    """Write down that *actor* takes *rows* masked rows of the list *subject* away as a file of *kind*; *of* says which."""
    with engine.store.transaction() as tx:
        tx.record(
            "records_exported",
            at=engine.clock.now(),
            actor=actor.name,
            subject=subject[:64],
            rows=rows,
            kind=kind,
            of=of,
        )


def record_history_taken(engine: Engine, renewal_id: int, *, actor: Actor, rows: int) -> None:
    """Write down that *actor* takes the *rows* of one renewal's history away; call before sending them."""
    with engine.store.transaction() as tx:
        tx.record("history_taken", at=engine.clock.now(), actor=actor.name, instance_id=renewal_id, rows=rows)


def record_view(
    engine: Engine,
    *,
    actor: Actor,
    subject: str,
    renewal_id: int | None = None,
    task_id: int | None = None,
    batch_id: int | None = None,
    of: str | None = None,
) -> None:
    """Write down that *actor* opened the page *subject*; call before answering: what is not logged is not shown.

    *of* says which one of its kind, in figures and names that are no customer's.
    """
    with engine.store.transaction() as tx:
        tx.record(
            "record_viewed",
            at=engine.clock.now(),
            actor=actor.name,
            instance_id=renewal_id,
            task_id=task_id,
            subject=subject[:64],
            roles=sorted(actor.roles),
            unit=actor.unit_code,
            batch_id=batch_id,
            of=of,
            shown="masked",
        )
