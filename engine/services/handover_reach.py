"""The hand-over that a person may see, and what there may be only once: a confirmation, a hand-over of a person."""

from __future__ import annotations

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import HandoverStatus, Role
from engine.domain.directory import Directory
from engine.errors import BadInput, Conflict, NotFound
from engine.label import Label, Thing
from engine.services.handover_plan import Leaver, may_hand_over
from engine.store.handover import Handover, in_force_for, lock_handover
from engine.store.organisation import directory_on
from engine.store.session import Tx

PERSON = Label("交接人工号", "number of who hands over")
_IN_FORCE = Label(
    "该人员已有一项确认的交接，请等它完成", "a confirmed hand-over of this person is not finished yet"
)


class HandoverOver(Conflict):
    """It was confirmed or dropped already."""

    code = "handover_over"
    zh = "这项交接已确认或已放弃，不能再改。请刷新后查看。"
    en = "This hand-over was confirmed or dropped already and cannot be changed. Reload the page."


def leaver_of(handover: Handover) -> Leaver:
    """Return whose renewals a hand-over is about."""
    return Leaver(handover.from_no, Role(handover.role), handover.unit_code)


def reaches(actor: Actor, directory: Directory, handover: Handover) -> bool:
    """Whether *actor* may see the hand-over: who made it, and whoever may hand these renewals over."""
    return handover.created_by == actor.name or may_hand_over(actor, directory, leaver_of(handover))


def lock_in_reach(tx: Tx, engine: Engine, handover_id: int, actor: Actor) -> Handover:
    """Return the hand-over, locked.

    Raises:
        NotFound: no such hand-over, or this person may not see it; both look the same.
    """
    handover = lock_handover(tx, handover_id)
    directory = directory_on(tx, engine.clock.today())
    if not reaches(actor, directory, handover):
        raise NotFound(what=Thing.HANDOVER, key=handover_id)
    return handover


def lock_preview(tx: Tx, engine: Engine, handover_id: int, actor: Actor) -> Handover:
    """Return a hand-over that is not decided yet, locked.

    Raises:
        NotFound: as :func:`lock_in_reach`. HandoverOver: it was confirmed or dropped.
    """
    handover = lock_in_reach(tx, engine, handover_id, actor)
    if handover.status != HandoverStatus.PREPARED:
        raise HandoverOver
    return handover


def refuse_second(tx: Tx, number: str) -> None:
    """Refuse another hand-over of somebody while a confirmed one is not finished.

    Raises:
        BadInput: there is one.
    """
    if in_force_for(tx, number) is not None:
        raise BadInput(what=PERSON, value=number, reason=_IN_FORCE)
