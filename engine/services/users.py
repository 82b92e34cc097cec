"""Accounts of people who sign in, and what a person may reach on a business date.

The role of a post that has ended is gone even if it was also given to the account (domain.md §7 case 13).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from argon2 import PasswordHasher

from engine.bootstrap import Engine
from engine.clock import wall_now
from engine.domain.actor import READING_ROLES, Actor
from engine.domain.codes import WORKING_ROLES, Role
from engine.domain.reach import units_seen_by
from engine.errors import BadInput, Forbidden, NotFound
from engine.label import Label, Thing, one_of
from engine.services.passwords import check_strength, make_password
from engine.store import accounts as stored
from engine.store.absence import stood_in_for
from engine.store.organisation import directory_on
from engine.store.people import Post, UserAccount, roles_of_user, user_by_name
from engine.store.session import Tx

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

hasher = PasswordHasher()
_TAKEN = Label(
    "该用户已存在，请换一个名称，或重置其密码。",
    "this user exists; choose another name, or reset the password.",
)
_NO_UNIT = Label(
    "没有该机构，请先导入组织机构或核对代码。",
    "there is no such unit; import the organisation first, or check the code.",
)


def add_user(
    engine: Engine,
    name: str,
    *,
    roles: Iterable[Role | str],
    unit_code: str | None,
    password: str | None = None,
    display_name: str | None = None,
    actor: Actor,
) -> str:
    """Add the sign-in *name* and return its initial password, which is stored nowhere in clear.

    Without *password* one is made up and the person is asked to change it.

    Raises:
        BadInput: the name is taken or unusable, a role or the unit is unknown.
        WeakPassword: the given password does not meet the rules.
        Forbidden: only administrators add users.
    """
    _administrators_only(actor, Label("添加用户", "add users"))
    name = _usable_name(name)
    wanted = _known_roles(roles)
    now = engine.clock.now()
    initial = _initial_password(name, password)
    hashed = hasher.hash(initial)
    with engine.store.transaction() as tx:
        _require_reach(engine, tx, actor, {unit_code} if unit_code else set())
        if user_by_name(tx, name) is not None:
            raise BadInput(what=Thing.USER_NAME, value=name, reason=_TAKEN)
        if unit_code is not None and not stored.unit_exists(tx, unit_code):
            raise BadInput(what=Thing.UNIT_CODE, value=unit_code, reason=_NO_UNIT)
        person = stored.person_by_no(tx, name)
        account = UserAccount(
            name=name,
            display_name=display_name or (person.name if person else name),
            unit_code=unit_code,
            password_hash=hashed,
            active=True,
            must_change_password=password is None,
            session_mark=secrets.token_hex(16),
            failed_sign_ins=0,
            created_at=now,
        )
        tx.add(account)
        tx.flush()
        stored.replace_roles(tx, account.id, wanted)
        tx.record("user_added", at=now, actor=actor.name, subject=name, roles=sorted(wanted), unit=unit_code)
    return initial


def sees_nothing(engine: Engine, name: str) -> bool:
    """Whether the sign-in *name* sees no renewal whatever happens: neither a serving person nor a unit is behind it."""
    actor = actor_of(engine, name)
    with engine.store.reading() as session:
        serves = bool(directory_on(session, engine.clock.today()).posts.get(actor.employee_no or name))
    return not serves and not actor.sees_all and not actor.unit_codes


def set_roles(engine: Engine, name: str, roles: Iterable[Role | str], *, actor: Actor) -> None:
    """Give *name* exactly *roles*; every session of the person ends at the next request."""
    _administrators_only(actor, Label("修改角色", "change roles"))
    wanted = _known_roles(roles)
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        account = account_named(tx, name)
        _require_reach(engine, tx, actor, stored.units_of_name(tx, name))
        before = sorted(roles_of_user(tx, account.id))
        stored.replace_roles(tx, account.id, wanted)
        end_sessions(tx, account)
        tx.record(
            "user_roles_changed",
            at=now,
            actor=actor.name,
            subject=name,
            before=before,
            after=sorted(wanted),
        )


def set_active(engine: Engine, name: str, active: bool, *, actor: Actor) -> None:
    """Close or reopen an account; closing it ends its sessions at the next request."""
    _administrators_only(actor, Label("停用或启用账号", "close or reopen accounts"))
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        account = account_named(tx, name)
        _require_reach(engine, tx, actor, stored.units_of_name(tx, name))
        account.active = active
        if active:
            account.failed_sign_ins, account.locked_until = 0, None
        else:
            end_sessions(tx, account)
        tx.record("user_reopened" if active else "user_closed", at=now, actor=actor.name, subject=name)


def set_password(engine: Engine, name: str, *, actor: Actor, password: str | None = None) -> str:
    """Give *name* a new initial password (made up unless given), unlock the account, end its sessions."""
    _administrators_only(actor, Label("重置密码", "reset passwords"))
    now = engine.clock.now()
    initial = _initial_password(name, password)
    hashed = hasher.hash(initial)
    with engine.store.transaction() as tx:
        account = account_named(tx, name)
        _require_reach(engine, tx, actor, stored.units_of_name(tx, name))
        account.password_hash, account.must_change_password = hashed, password is None
        account.failed_sign_ins, account.locked_until = 0, None
        end_sessions(tx, account)
        tx.record("password_reset", at=now, actor=actor.name, subject=name)
    return initial


def _initial_password(name: str, given: str | None) -> str:
    if given is None:
        return make_password()
    check_strength(given, name)
    return given


def actor_of(engine: Engine, name: str) -> Actor:
    """Return who *name* is today: the roles and the organisation units reached.

    Staff of the organisation file are known even before they have a sign-in.

    Raises:
        NotFound: neither an account nor a person has this name.
    """
    with engine.store.reading() as session:
        actor = actor_today(engine, session, name)
    if actor is None:
        raise NotFound(what=Thing.USER, key=name)
    return actor


def actor_today(
    engine: Engine, session: Session, name: str, *, account: UserAccount | None = None
) -> Actor | None:
    """Return who *name* is today, or None if nobody is; *account* is theirs if it was read already."""
    account, person = account or user_by_name(session, name), stored.person_by_no(session, name)
    if account is None and person is None:
        return None
    today = engine.clock.today()
    posts = stored.posts_of(session, name)
    given = roles_of_user(session, account.id) if account else []
    roles = _roles_today(given, posts, today)
    serving = [post for post in posts if _in_force(post, today)]
    home = account.unit_code if account and account.unit_code else None
    codes = {home} if home else set()
    codes |= {post.unit_code for post in serving}
    bases = [base for code in sorted(codes) if (base := stored.base_unit(session, code, today)) is not None]
    at_head = not codes or any(kind == stored.HEAD for _, kind in bases)
    sees_all = at_head and bool(roles & READING_ROLES)
    return Actor(
        name=name,
        display_name=(account.display_name if account else "") or (person.name if person else name),
        employee_no=name if person or roles & set(WORKING_ROLES) else None,
        roles=roles,
        unit_code=home or next((post.unit_code for post in serving), None),
        unit_codes=frozenset()
        if sees_all
        else stored.codes_below(session, (code for code, _ in bases), today),
        sees_all=sees_all,
        stands_in_for=stood_in_for(session, name, today),
    )


def _roles_today(given: Sequence[str], posts: Sequence[Post], today: date) -> frozenset[Role]:
    """Roles given to the account and those of posts in force; the role of a post that ended is gone."""
    held = {Role(post.role) for post in posts if _in_force(post, today)}
    begun = [post for post in posts if post.valid_from <= today]
    ended = {Role(post.role) for post in begun} - held
    return frozenset({Role(role) for role in given} - ended | held)


def _in_force(post: Post, day: date) -> bool:
    return post.valid_from <= day and (post.valid_to is None or day <= post.valid_to)


def end_sessions(tx: Tx, account: UserAccount, *, but: str | None = None) -> None:
    """End the live sessions of *account*, all or all *but* the one with this stored id."""
    real = wall_now()
    for row in stored.live_sessions_of(tx, account.id):
        if row.id != but:
            row.ended_at = real


def account_named(tx: Tx, name: str) -> UserAccount:
    """Return the account *name*, its row locked until the transaction ends."""
    account = stored.lock_account(tx, name)
    if account is None:
        raise NotFound(what=Thing.USER, key=name)
    return account


def _administrators_only(actor: Actor, act: Label) -> None:
    if not actor.is_operator and Role.ADMIN not in actor.roles:
        raise Forbidden(act=act)


def _require_reach(engine: Engine, tx: Tx, actor: Actor, units: Collection[str]) -> None:
    """An administrator of a branch manages the accounts of its units, and makes none above them."""
    if actor.sees_all:
        return
    directory = directory_on(tx, engine.clock.today())
    if not set(units) & units_seen_by(actor, directory):
        raise Forbidden(act=Label("管理本机构以外的账号", "manage accounts outside your own units"))


def _usable_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 64 or any(c.isspace() or not c.isprintable() for c in name):
        raise BadInput(
            what=Thing.USER_NAME,
            value=name[:64],
            reason=Label("请用 1–64 个字符，不含空格。", "use 1–64 characters without spaces."),
        )
    return name


def _known_roles(roles: Iterable[Role | str]) -> set[Role]:
    try:
        return {Role(role) for role in roles}
    except ValueError as error:
        raise BadInput(
            what=Thing.ROLE, value=str(error).split(" ")[0].strip("'"), reason=one_of(Role)
        ) from None
