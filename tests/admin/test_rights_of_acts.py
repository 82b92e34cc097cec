"""docs/rights.md says which role may do which act in its scope; each is tried by every role, inside and outside.

An act is granted when it gets further than “not found” and “not allowed”: what it then says of its values, of
another's haste or of the task's state is not a matter of rights.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import click
import pytest

from engine import api
from engine.cli import main
from engine.domain.codes import Role
from engine.errors import EngineError, Forbidden, NotFound
from engine.tables import Deadline, DeadlineTold, LedgerCopy, Renewal
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv
from tests.support import databases
from tests.support.console import PEOPLE, TODAY, copy_book, open_book, renewal_of, task_of
from tests.support.files import PDF
from tests.support.org import write_org

pytestmark = pytest.mark.one_database

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "rights.md"
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \|(.*)\|$", re.M)
COMMAND = re.compile(r"^\| `renewals ([^`]+)` \| ([^|]+) \|", re.M)
INSIDE = {role: name for name, role in PEOPLE.items() if name != "AG009"}
OUTSIDE = {
    "channel": ("CCW", "PC330102"),
    "specialist": ("SPW", "PC330102"),
    "trainer": ("TRW", "ZC02"),
    "supervisor": ("SUW", "ZC02-1"),
    "agent": ("AG009", None),
    "process_owner": ("POW", "PC330102"),
    "approver": ("APW", "PC330102"),
    "auditor": ("AUW", "PC330102"),
    "admin": ("ADW", "PC330102"),
}
CAR = 8
"""Agent AG001, specialist SP01, workplace ZC01; in key tracking with tasks of several roles."""

BAND = {"low": "2800", "mid": "3000", "high": "3200"}

NOT_OF_OURS = "本机构下属"
"""How a form says of a number typed into it that its owner is none of the actor's people."""

Act = Callable[[api.Engine, api.Actor], object]


def _task(engine: api.Engine) -> int:
    return task_of(engine, CAR, "chase_policy").id


def _read(page: Callable[..., object]) -> Act:
    def read(engine: api.Engine, actor: api.Actor) -> object:
        with engine.store.reading() as session:
            return page(session, engine, actor)

    return read


def _ours(engine: api.Engine) -> int:
    return renewal_of(engine, CAR)


ACTS: Mapping[str, Act] = {
    "claim_task": lambda e, a: api.claim_task(e, _task(e), actor=a),
    "save_draft": lambda e, a: api.save_draft(e, _task(e), {"note": "先记下"}, actor=a),
    "complete_task": lambda e, a: api.complete_task(e, _task(e), {}, actor=a),
    "put_off_task": lambda e, a: api.put_off_task(e, _task(e), TODAY + timedelta(days=1), reason="", actor=a),
    "delegate_task": lambda e, a: api.delegate_task(e, _task(e), "SP99", note="", actor=a),
    "urge_task": lambda e, a: api.urge_task(e, _task(e), actor=a),
    "add_comment": lambda e, a: api.add_comment(e, _ours(e), "客户下周在家", actor=a),
    "attach_file": lambda e, a: api.attach_file(e, _ours(e), "a.pdf", PDF, actor=a),
    "open_file": lambda e, a: api.open_file(e, _file(e), actor=a),
    "write_letters": lambda e, a: api.write_letters(e, [_ours(e)], actor=a, address=None),
    "reveal": lambda e, a: api.reveal(e, _ours(e), "phone", reason="准备致电客户", actor=a, address=None),
    "request_erasure": lambda e, a: api.request_erasure(e, renewal_of(e, 5), reason="客户来电要求", actor=a),
    "record_consent": lambda e, a: api.record_consent(e, _customer(e), {"kinds": []}, actor=a),
    "see_renewal": _read(
        lambda s, e, a: api.renewal_page(s, a, _ours(e), api.Present.of(e.clock), deployed_of=e.deployed)
    ),
    "see_task": _read(
        lambda s, e, a: api.task_page(s, a, _task(e), api.Present.of(e.clock), deployed_of=e.deployed)
    ),
    "preview_list": lambda e, a: api.preview_list(e, _list(), "l.csv", "standard", actor=a),
    "arrange_absence": lambda e, a: api.arrange_absence(
        e, "AG001", "AG002", first=TODAY, last=TODAY, actor=a
    ),
    "prepare_handover": lambda e, a: api.prepare_handover(
        e, "AG001", kind=api.HandoverKind.LEAVE, last_day=TODAY, actor=a
    ),
    "review_forecast": lambda e, a: api.review_forecast(e, _ours(e), api.band_of(BAND), version=1, actor=a),
    "record_coaching": lambda e, a: api.record_coaching(e, _alarm(e), _NOTHING, actor=a),
    "offer_renewal": lambda e, a: api.offer_renewal(e, _ours(e), actor=a),
    "confirm_copy": lambda e, a: api.confirm_copy(e, _copy(e), actor=a),
    "set_holiday": lambda e, a: api.set_holiday(
        e, TODAY + timedelta(days=40), kind="holiday", name="假", source="通知", actor=a
    ),
    "import_org": lambda e, a: api.import_org(e, write_org(), "org.xlsx", actor=a),
    "add_user": lambda e, a: api.add_user(
        e, f"N-{a.name}", roles=["auditor"], unit_code="PC330101", password=None, actor=a
    ),
    "set_active": lambda e, a: api.set_active(e, "AU01", False, actor=a),
}


def _file(engine: api.Engine) -> int:
    """A file of the renewal, one for all tries: a renewal takes twenty."""
    with engine.store.reading() as session:
        notes = api.notes_of(session, api.actor_of(engine, "SP01"), _ours(engine))
    if notes is not None and notes.files:
        return notes.files[0].id
    return api.attach_file(engine, _ours(engine), "b.pdf", PDF, actor=api.actor_of(engine, "SP01"))


_NOTHING = api.Coaching(topics=[], method="", coached_on=TODAY, content="")


def _alarm(engine: api.Engine) -> int:
    """An alarm about AG001 of which the own supervisor was told; one for all tries."""
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        alarm = tx.query(Deadline).filter_by(kind="coaching").first()
        if alarm is None:
            alarm = Deadline(kind="coaching", owner_no="AG001", started_at=now, due_at=now, rung_at=now)
            tx.add(alarm)
            tx.write()
            tx.add(DeadlineTold(deadline_id=alarm.id, employee_no="SU01"))
            tx.record("agent_idle", at=now, actor="system", subject="AG001", since=TODAY)
        return alarm.id


def _customer(engine: api.Engine) -> int:
    with engine.store.reading() as session:
        return int(session.get_one(Renewal, _ours(engine)).customer_id or 0)


def _list() -> bytes:
    row = policy(900, TODAY + timedelta(days=50), agent="AG001", sub_branch="PC330101")
    return standard_csv([row])


def _copy(engine: api.Engine) -> int:
    with engine.store.reading() as session:
        return int(session.query(LedgerCopy.id).filter_by(workplace_code="ZC01").first()[0])


def granted() -> dict[str, set[str]]:
    """What the document grants: the roles of each act."""
    found = {}
    for act, cells in ROW.findall(DOCUMENT.read_text(encoding="utf-8")):
        ticks = [cell.strip() == "✓" for cell in cells.split("|")]
        found[act] = {str(role) for role, tick in zip(Role, ticks, strict=True) if tick}
    return found


@pytest.fixture(scope="module")
def shared(prepared_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[api.Engine]:
    """One copy of the book for all acts: none of them needs another's absence."""
    home = copy_book(prepared_book, tmp_path_factory.mktemp("acts") / "book")
    engine = open_book(home)
    for role, (name, unit) in OUTSIDE.items():
        if unit is not None:
            api.add_user(engine, name, roles=[role], unit_code=unit, password=None, actor=api.SYSTEM)
    api.tick(engine)
    yield engine
    engine.store.engine.dispose()
    databases.drop(home)


def goes_further(engine: api.Engine, act: str, who: str) -> bool:
    """Whether *who* gets past the question of rights."""
    try:
        ACTS[act](engine, api.actor_of(engine, who))
    except (Forbidden, NotFound):
        return False
    except EngineError as error:
        return NOT_OF_OURS not in error.say("zh")
    return True


def test_every_act_of_the_document_is_tried_and_no_other() -> None:
    assert set(ACTS) == set(granted())


@pytest.mark.parametrize("act", sorted(ACTS))
def test_inside_its_scope_a_role_may_do_what_the_document_grants(shared: api.Engine, act: str) -> None:
    found = {role for role, name in INSIDE.items() if goes_further(shared, act, name)}

    assert granted()[act] == found


OF_NO_UNIT = frozenset({"add_user", "set_active", "set_holiday", "import_org", "preview_list"})
"""Acts that are about no row of a unit: the role alone decides, rows of others are refused one by one."""


@pytest.mark.parametrize("act", sorted(set(ACTS) - OF_NO_UNIT))
def test_outside_its_scope_no_role_does_anything(shared: api.Engine, act: str) -> None:
    found = {role for role, (name, _) in OUTSIDE.items() if goes_further(shared, act, name)}

    assert set() == found


def commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command that can be called, by its words."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def test_every_command_is_documented_with_whose_rights_it_uses() -> None:
    told = dict(COMMAND.findall(DOCUMENT.read_text(encoding="utf-8")))
    context = click.Context(main)
    known = dict(commands(main))
    joined = {name for name in main.list_commands(context) if name not in main.commands}

    assert set(known) | joined == set(told)
    named = {
        name
        for name, command in known.items()
        if any(option.name in ("user", "by") and option.required for option in command.params)
    }
    assert named == {name for name, whose in told.items() if "所列用户" in whose}


def test_a_command_in_the_name_of_a_user_has_that_users_rights(book: api.Engine) -> None:
    task = task_of(book, CAR, "chase_policy")

    for act in (
        lambda who: api.claim_task(book, task.id, actor=who),
        lambda who: api.complete_task(book, task.id, answers.update_customer(TODAY), actor=who),
    ):
        with pytest.raises((Forbidden, NotFound)):
            act(api.actor_of(book, "AG009"))
    assert "open" == task_of(book, CAR, "chase_policy").status
