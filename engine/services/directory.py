"""Import the organisation: units, people, posts and liaisons with their periods (architecture.md §6.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import Role
from engine.domain.masking import mask_name, mask_phone
from engine.domain.orgfile import OrgFile, read_org
from engine.errors import Forbidden
from engine.label import Label
from engine.store.accounts import count_without_account
from engine.store.people import Liaison, OrgUnit, Person, Post, all_rows
from engine.store.session import Tx

SHOWN_AGAIN = 20
"""So many people who serve again are named; more of them mean that it is meant."""


@dataclass(frozen=True, slots=True)
class OrgReport:
    """What an import changed; counts of rows, and soft warnings as sentences (zh, en)."""

    units: int
    people: int
    posts: int
    liaisons: int
    new: int
    changed: int
    unchanged: int
    warnings: tuple[tuple[str, str], ...]
    no_sign_in: int = 0


def import_org(engine: Engine, content: bytes, file_name: str, *, actor: Actor) -> OrgReport:
    """Read and store the organisation; periods not in the file stay as they are.

    Raises:
        OrgFileError: the file has problems; each names sheet, row, column and remedy; nothing is stored.
        Forbidden: only administrators import the organisation.
    """
    if not actor.is_operator and Role.ADMIN not in actor.roles:
        raise Forbidden(act=Label("导入组织机构", "import the organisation"))
    return store_org(engine, read_org(content, file_name), actor=actor, source=file_name)


def store_org(engine: Engine, read: OrgFile, *, actor: Actor, source: str) -> OrgReport:
    """Store units, people, posts and liaisons that were read and checked already."""
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        again = _serving_again(tx, read)
        counts, changes = _store(tx, read)
        report = OrgReport(
            units=len(read.units),
            people=len({post.employee_no for post in read.posts}),
            posts=len(read.posts),
            liaisons=len(read.liaisons),
            new=counts["new"],
            changed=counts["changed"],
            unchanged=counts["unchanged"],
            no_sign_in=count_without_account(tx, {post.employee_no for post in read.posts}),
            warnings=(*((w.say("zh"), w.say("en")) for w in read.warnings), *again),
        )
        tx.record(
            "org_imported",
            at=now,
            actor=actor.name,
            subject=source,
            units=report.units,
            people=report.people,
            liaisons=report.liaisons,
            new=report.new,
            changed=report.changed,
        )
        for subject, table, fields in changes:
            tx.record(
                "org_row_changed", at=now, actor=actor.name, subject=subject[:64], table=table, fields=fields
            )
    return report


def _serving_again(tx: Tx, read: OrgFile) -> list[tuple[str, str]]:
    """Name the people whose post had ended and goes on by this file: a file that lags reopens a leaver's access."""
    ended = {(p.employee_no, p.role, p.unit_code, p.valid_from): p.valid_to for p in all_rows(tx, Post)}
    found = []
    for post in read.posts:
        last = ended.get((post.employee_no, str(post.role), post.unit_code, post.valid_from))
        if last is not None and (post.valid_to is None or post.valid_to > last):
            found.append((post.employee_no, last))
    shown = found[:SHOWN_AGAIN]
    return [
        (
            f"{number} 的岗位此前已于 {last} 结束，本文件使其恢复在岗；如已离职，请在文件中填写失效日期后重新导入。",
            f"the post of {number} had ended on {last} and goes on by this file; if the person left, fill in the "
            "last day and import again.",
        )
        for number, last in shown
    ]


Change = tuple[str, str, dict[str, Any]]
"""Whose row of which table changed, and each field's old and new value, personal ones masked."""


def _store(tx: Tx, read: OrgFile) -> tuple[dict[str, int], list[Change]]:
    changes: list[Change] = []
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    units = {(u.code, u.valid_from): u for u in all_rows(tx, OrgUnit)}
    for unit in read.units:
        _upsert(tx, counts, changes, units.get((unit.code, unit.valid_from)), OrgUnit, _values(unit, _UNIT))
    people = {p.employee_no: p for p in all_rows(tx, Person)}
    for post in read.posts:
        person = {"employee_no": post.employee_no, "name": post.name, "phone": post.phone}
        stored = people.get(post.employee_no)
        if stored is not None and stored.phone and stored.phone_index is None:
            stored.phone = stored.phone  # kept before numbers of colleagues could be looked up
        made = _upsert(tx, counts, changes, stored, Person, person)
        people[post.employee_no] = made
    posts = {(p.employee_no, p.role, p.unit_code, p.valid_from): p for p in all_rows(tx, Post)}
    for post in read.posts:
        key = (post.employee_no, str(post.role), post.unit_code, post.valid_from)
        _upsert(tx, counts, changes, posts.get(key), Post, _values(post, _POST))
    liaisons = {
        (x.workplace_code, x.specialist_no, x.trainer_no, x.valid_from): x for x in all_rows(tx, Liaison)
    }
    for row in read.liaisons:
        place = (row.workplace_code, row.specialist_no, row.trainer_no, row.valid_from)
        _upsert(tx, counts, changes, liaisons.get(place), Liaison, _values(row, _LIAISON))
    return counts, changes


_MASKS = {"name": mask_name, "phone": mask_phone}
_UNIT = ("code", "name", "parent_code", "kind", "side", "province", "city", "valid_from", "valid_to")
_POST = ("employee_no", "role", "unit_code", "manager_no", "valid_from", "valid_to")
_LIAISON = ("workplace_code", "specialist_no", "trainer_no", "valid_from", "valid_to")


def _values(source: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _text(getattr(source, name)) for name in names}


def _text(value: Any) -> Any:
    """Closed lists are stored as their code."""
    return str(value) if isinstance(value, str) else value


def _shown(table: type[Any], name: str, value: Any) -> Any:
    mask = _MASKS.get(name) if table is Person else None
    return mask(value) if mask is not None and value else value


def _upsert(
    tx: Tx,
    counts: dict[str, int],
    changes: list[Change],
    stored: Any,
    table: type[Any],
    values: dict[str, Any],
) -> Any:
    if stored is None:
        stored = table(**values)
        tx.add(stored)
        counts["new"] += 1
        return stored
    changed = [name for name, value in values.items() if getattr(stored, name) != value]
    if changed:
        whose = str(next(iter(values.values())))
        fields = {n: [_shown(table, n, getattr(stored, n)), _shown(table, n, values[n])] for n in changed}
        changes.append((whose, str(table.__tablename__), fields))
    for name in changed:
        setattr(stored, name, values[name])
    counts["changed" if changed else "unchanged"] += 1
    return stored


def report_text(report: OrgReport, lang: str) -> str:
    """Say the report in one line and the warnings below it."""
    if lang == "en":
        head = f"{report.units} units, {report.people} people, {report.liaisons} liaisons; {report.new} new, "
        head += f"{report.changed} changed, {report.unchanged} unchanged."
    else:
        head = f"机构 {report.units}，人员 {report.people}，对接 {report.liaisons}；新增 {report.new}，"
        head += f"变更 {report.changed}，未变 {report.unchanged}。"
    if report.no_sign_in:
        head += "\n" + _without_sign_in(report.no_sign_in).say(lang)
    return "\n".join([head, *(zh if lang != "en" else en for zh, en in report.warnings)])


def _without_sign_in(count: int) -> Label:
    return Label(
        f"{count} 人还没有登录账号；添加：renewals user add 工号 --role 角色 --unit 机构代码。",
        f"{count} people have no sign-in yet; add one: renewals user add NUMBER --role ROLE --unit CODE.",
    )
