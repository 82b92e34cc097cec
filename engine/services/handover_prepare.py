"""Freeze a proposal of who gets which renewal of somebody who leaves or moves (domain.md §7 case 13).

Every row keeps a mark of who answered for its renewal when it was proposed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import HandoverKind, HandoverRowStatus, HandoverStatus, Role
from engine.domain.directory import Directory
from engine.domain.handover import split
from engine.errors import BadInput
from engine.label import Label
from engine.services.handover_plan import (
    HANDED_ROLES,
    MOVING_ROLES,
    Leaver,
    cases_of,
    mark_of,
    may_hand_over,
    team_of,
    workplace_of,
)
from engine.services.handover_preview import MOST_ROWS, takers_after
from engine.services.handover_reach import PERSON, leaver_of, refuse_second
from engine.store.handover import Handover, HandoverRow, held_by
from engine.store.organisation import directory_on
from engine.store.session import Tx

if TYPE_CHECKING:
    from engine.store.renewals import Renewal

EARLIEST, LATEST = timedelta(days=30), timedelta(days=90)
"""How far back and ahead of today the last day may lie."""

_PLACE = Label("只交接某职场", "one workplace only")
_WHOLE = Label(
    "只有专员调动时可以只交接一个职场；离职须交接全部，请留空",
    "only a specialist who moves hands over one workplace; whoever leaves hands over everything: leave it blank",
)
_LAST_DAY = Label("最后在岗日", "last day")
_NOBODY = Label("没有这位在职人员，请核对工号", "nobody with this number serves: check it")
_NO_ROLE = Label(
    "该人员不以营销员、业务主任或专员身份在职；组训随组织机构文件的“对接”交接",
    "this person serves as none of agent, supervisor, specialist; a trainer follows the liaisons of the file",
)
_NO_MOVE = Label(
    "业务主任名下的续保随其岗位，调动请导入组织机构文件；离职可在此交接",
    "a supervisor's renewals follow the post: import the organisation for a move; leaving is done here",
)
_NOT_OURS = Label(
    "只能交接本机构下属的续保", "you may hand over the renewals of those below you in your units only"
)
_TOO_FAR = Label("须在今天前 30 天至今天后 90 天之间", "choose a day from 30 days ago to 90 days ahead")
_NONE = Label("名下没有在办续保，无需交接", "no open renewal is this person's: nothing to hand over")
_MANY = Label(
    f"一次最多 {MOST_ROWS} 笔，请按职场分次交接", f"at most {MOST_ROWS} at once: do it by workplace"
)


def prepare_handover(
    engine: Engine,
    employee_no: str,
    *,
    kind: HandoverKind,
    last_day: date,
    role: Role | None = None,
    workplace: str | None = None,
    actor: Actor,
) -> int:
    """Freeze a proposal of who gets which open renewal of *employee_no* (all, or those of *workplace*).

    *last_day* is the last day on which they are that person's. Returns the number of the hand-over.

    Raises:
        BadInput: the person, the day or the choice will not do; it says which and why.
    """
    now, today = engine.clock.now(), engine.clock.today()
    with engine.store.transaction() as tx:
        leaver = _leaver(directory_on(tx, today), employee_no, role, actor)
        _require_day(last_day, today)
        _require_kind(employee_no, leaver, kind, workplace)
        refuse_second(tx, leaver.number)
        renewals = held_by(tx, leaver.number, leaver.role, workplace=workplace, most=MOST_ROWS + 1)
        _require_some(employee_no, len(renewals), kind)
        handover = Handover(
            kind=str(kind),
            from_no=leaver.number,
            role=str(leaver.role),
            unit_code=leaver.unit_code,
            last_day=last_day,
            status=str(HandoverStatus.PREPARED),
            created_by=actor.name,
            created_at=now,
            ended_posts=[],
        )
        tx.add(handover)
        tx.write()
        tx.add_all(_rows(tx, engine, handover, renewals))
        tx.record(
            "handover_prepared",
            at=now,
            actor=actor.name,
            subject=leaver.number,
            handover_id=handover.id,
            kind=str(kind),
            role=str(leaver.role),
            last_day=last_day,
            rows=len(renewals),
        )
        return handover.id


def _leaver(directory: Directory, employee_no: str, role: Role | None, actor: Actor) -> Leaver:
    number = directory.number_of(employee_no.strip())
    if number is None:
        raise BadInput(what=PERSON, value=employee_no[:40], reason=_NOBODY)
    roles = [held for held in HANDED_ROLES if role in (None, held)]
    posts = [(held, post) for held in roles if (post := directory.post_of(number, held))]
    if not posts:
        raise BadInput(what=PERSON, value=employee_no[:40], reason=_NO_ROLE)
    leavers = [Leaver(number, held, post.unit_code) for held, post in posts]
    found = next((one for one in leavers if may_hand_over(actor, directory, one)), None)
    if found is None:
        raise BadInput(what=PERSON, value=employee_no[:40], reason=_NOT_OURS)
    return found


def _require_day(last_day: date, today: date) -> None:
    if not today - EARLIEST <= last_day <= today + LATEST:
        raise BadInput(what=_LAST_DAY, value=last_day, reason=_TOO_FAR)


def _require_kind(typed: str, leaver: Leaver, kind: HandoverKind, workplace: str | None) -> None:
    if kind is not HandoverKind.LEAVE and leaver.role not in MOVING_ROLES:
        raise BadInput(what=PERSON, value=typed, reason=_NO_MOVE)
    if workplace is not None and (kind is HandoverKind.LEAVE or leaver.role is not Role.SPECIALIST):
        raise BadInput(what=_PLACE, value=workplace, reason=_WHOLE)


def _require_some(typed: str, count: int, kind: HandoverKind) -> None:
    """Who leaves may have nothing left to hand over; the posts end all the same."""
    if count > MOST_ROWS:
        raise BadInput(what=PERSON, value=typed, reason=_MANY)
    if not count and kind is not HandoverKind.LEAVE:
        raise BadInput(what=PERSON, value=typed, reason=_NONE)


def _rows(tx: Tx, engine: Engine, handover: Handover, renewals: Sequence[Renewal]) -> Iterator[HandoverRow]:
    """Yield what the split rule proposes for each renewal."""
    leaver = leaver_of(handover)
    directory, takers = takers_after(tx, engine, leaver, handover.last_day)
    proposals = split(
        cases_of(tx, renewals, leaver),
        takers,
        leaver_no=leaver.number,
        team_code=team_of(directory, leaver),
        workplace_code=workplace_of(directory, leaver),
    )
    for row in renewals:
        yield HandoverRow(
            handover_id=handover.id,
            instance_id=row.id,
            to_no=proposals[row.id].to_no,
            rule=str(proposals[row.id].rule),
            seen=mark_of(row),
            changes=[],
            status=str(HandoverRowStatus.PENDING),
        )
