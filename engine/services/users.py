"""People who sign in: accounts, passwords, sessions, and what a signed-in person may reach.

Sessions and locks follow real time even while the business clock is virtual; what a person may reach
follows the business date. Rules: threats.md §3 (sessions, growing delay), domain.md §7 case 13 (leavers).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine.bootstrap import Engine
from engine.clock import wall_now
from engine.domain.actor import READING_ROLES, Actor
from engine.domain.codes import WORKING_ROLES, Role
from engine.errors import BadInput, Forbidden, NotFound, SignInRefused, WeakPassword
from engine.store import accounts as stored
from engine.store.people import Post, SignInSession, UserAccount, roles_of_user, user_by_name
from engine.store.session import Tx

FREE_FAILURES = 5
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(hours=1)
SESSION_ABSOLUTE = timedelta(hours=12)
SESSION_IDLE = timedelta(minutes=30)
SEEN_EVERY = timedelta(minutes=1)
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 128
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no signs that look alike

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_hex(16))  # verified for unknown names, so that they take as long


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A live session: who it belongs to and whether an initial password is still in use."""

    actor: Actor
    must_change_password: bool
    started_at: datetime


# --- accounts ----------------------------------------------------------------


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
        Forbidden: only administrators add users.
    """
    _administrators_only(actor, "添加用户")
    name = _usable_name(name)
    wanted = _known_roles(roles)
    now = engine.clock.now()
    initial = password or make_password()
    hashed = _hasher.hash(initial)
    with engine.store.transaction() as tx:
        if user_by_name(tx, name) is not None:
            raise BadInput(what="用户名", value=name, reason="该用户已存在，请换一个名称，或重置其密码。")
        if unit_code is not None and not stored.unit_exists(tx, unit_code):
            raise BadInput(what="机构代码", value=unit_code, reason="没有该机构，请先导入组织机构或核对代码。")
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


def set_roles(engine: Engine, name: str, roles: Iterable[Role | str], *, actor: Actor) -> None:
    """Give *name* exactly *roles*; every session of the person ends at the next request."""
    _administrators_only(actor, "修改角色")
    wanted = _known_roles(roles)
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        account = _account(tx, name)
        before = sorted(roles_of_user(tx, account.id))
        stored.replace_roles(tx, account.id, wanted)
        _end_all(tx, account)
        tx.record(
            "user_roles_changed", at=now, actor=actor.name, subject=name, **{"from": before, "to": sorted(wanted)}
        )


def set_active(engine: Engine, name: str, active: bool, *, actor: Actor) -> None:
    """Close or reopen an account; closing it ends its sessions at the next request."""
    _administrators_only(actor, "停用或启用账号")
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        account = _account(tx, name)
        account.active = active
        if active:
            account.failed_sign_ins, account.locked_until = 0, None
        else:
            _end_all(tx, account)
        tx.record("user_reopened" if active else "user_closed", at=now, actor=actor.name, subject=name)


def set_password(engine: Engine, name: str, *, actor: Actor, password: str | None = None) -> str:
    """Give *name* a new initial password (made up unless given), unlock the account, end its sessions."""
    _administrators_only(actor, "重置密码")
    now = engine.clock.now()
    initial = password or make_password()
    hashed = _hasher.hash(initial)
    with engine.store.transaction() as tx:
        account = _account(tx, name)
        account.password_hash, account.must_change_password = hashed, password is None
        account.failed_sign_ins, account.locked_until = 0, None
        _end_all(tx, account)
        tx.record("password_reset", at=now, actor=actor.name, subject=name)
    return initial


def change_password(engine: Engine, old: str, new: str, *, actor: Actor, keep: str | None = None) -> None:
    """Let *actor* change the own password; all own sessions but the one of token *keep* end.

    Raises:
        SignInRefused: *old* is not the present password (counts as a failure).
        WeakPassword: *new* does not meet the rules.
    """
    check_password(engine, actor.name, old)
    _check_strength(new, actor.name, old)
    hashed = _hasher.hash(new)
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        account = _account(tx, actor.name)
        account.password_hash, account.must_change_password = hashed, False
        _end_all(tx, account, but=_session_id(keep) if keep else None)
        tx.record("password_changed", at=now, actor=actor.name, subject=actor.name)


def make_password() -> str:
    """Return a random password that can be read out: three groups of four, 59 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


# --- signing in --------------------------------------------------------------


def check_password(engine: Engine, name: str, password: str) -> Actor:
    """Return the person behind *name* if *password* is right and the account open.

    Takes the same time and gives the same answer for unknown, closed and locked accounts. From the
    fifth failure in a row the account is locked for 30 s, then twice as long each time, up to 1 h.

    Raises:
        SignInRefused: in every other case.
    """
    name, password = name.strip()[:64], password[:LONGEST_PASSWORD]
    with engine.store.reading() as session:
        account = user_by_name(session, name)
        hashed = account.password_hash if account else _NOBODY
    right = _verify(hashed, password) and account is not None
    with engine.store.reading() as session:
        actor = _actor(engine, session, name) if account is not None else None
    with engine.store.transaction() as tx:
        refused = _judge(engine, tx, name, right=right, actor=actor)
        if not refused and right and _hasher.check_needs_rehash(hashed):
            _account(tx, name).password_hash = _hasher.hash(password)
    if refused or actor is None:
        raise SignInRefused
    return actor


def _judge(engine: Engine, tx: Tx, name: str, *, right: bool, actor: Actor | None) -> bool:
    """Count the try on the locked row, record a failure, and say whether it is refused."""
    now, real = engine.clock.now(), wall_now()
    account = stored.lock_account(tx, name)
    if account is None:
        tx.record("sign_in_failed", at=now, actor="anonymous", cause="unknown_name")
        return True
    locked = account.locked_until is not None and account.locked_until > real
    if right and not locked and account.active and actor is not None and actor.roles:
        account.failed_sign_ins, account.locked_until = 0, None
        return False
    if not right and not locked:
        account.failed_sign_ins += 1
        account.locked_until = _lock_until(account.failed_sign_ins, real)
    cause = "locked" if locked else "password" if not right else "closed"
    tx.record("sign_in_failed", at=now, actor=name, subject=name, cause=cause, failures=account.failed_sign_ins)
    return True


def _lock_until(failures: int, real: datetime) -> datetime | None:
    if failures < FREE_FAILURES:
        return None
    return real + min(LONGEST_LOCK, FIRST_LOCK * 2 ** min(failures - FREE_FAILURES, 10))


def _verify(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


# --- sessions ----------------------------------------------------------------


def open_session(engine: Engine, actor: Actor, *, address: str | None = None) -> str:
    """Start a session for somebody whose password was just checked; returns its secret token.

    Only a digest of the token is stored.
    """
    token, real, now = secrets.token_urlsafe(32), wall_now(), engine.clock.now()
    with engine.store.transaction() as tx:
        account = _account(tx, actor.name)
        tx.add(SignInSession(id=_session_id(token), user_id=account.id, started_at=real, last_seen_at=real))
        tx.record("signed_in", at=now, actor=actor.name, subject=actor.name, address=address)
    return token


def touch_session(engine: Engine, token: str) -> SignedIn | None:
    """Return who a live session belongs to, with the rights of today; None once it is over.

    A session is over 12 h after it began, after 30 min without a request, and when it was ended:
    by signing out, a closed account, changed roles, or a changed password.
    """
    real = wall_now()
    with engine.store.reading() as session:
        found = stored.session_with_account(session, _session_id(token))
        if found is None:
            return None
        row, account = found
        if not account.active or not _is_live(row, real):
            return None
        actor = _actor(engine, session, account.name)
        if actor is None or not actor.roles:
            return None
        stale = real - row.last_seen_at >= SEEN_EVERY
    if stale:
        with engine.store.transaction() as tx:
            again = stored.session_with_account(tx, _session_id(token))
            if again is not None and again[0].ended_at is None:
                again[0].last_seen_at = real
    return SignedIn(actor=actor, must_change_password=account.must_change_password, started_at=row.started_at)


def end_session(engine: Engine, token: str) -> None:
    """End a session; ending it twice is harmless."""
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        found = stored.session_with_account(tx, _session_id(token))
        if found is not None and found[0].ended_at is None:
            found[0].ended_at = wall_now()
            tx.record("signed_out", at=now, actor=found[1].name, subject=found[1].name)


def record_refusal(engine: Engine, *, actor: Actor, subject: str, reason: str | None = None) -> None:
    """Write down that *actor* reached for something outside the own rights (*subject*: a page, a row)."""
    with engine.store.transaction() as tx:
        tx.record(
            "access_refused", at=engine.clock.now(), actor=actor.name, subject=subject[:64], reason=reason
        )


def _is_live(row: SignInSession, real: datetime) -> bool:
    return (
        row.ended_at is None
        and real - row.started_at < SESSION_ABSOLUTE
        and real - row.last_seen_at < SESSION_IDLE
    )


def _end_all(tx: Tx, account: UserAccount, *, but: str | None = None) -> None:
    real = wall_now()
    for row in stored.live_sessions_of(tx, account.id):
        if row.id != but:
            row.ended_at = real


def _session_id(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


# --- rights ------------------------------------------------------------------


def actor_of(engine: Engine, name: str) -> Actor:
    """Return who *name* is today: the roles and the organisation units reached.

    Staff of the organisation file are known even before they have a sign-in.

    Raises:
        NotFound: neither an account nor a person has this name.
    """
    with engine.store.reading() as session:
        actor = _actor(engine, session, name)
    if actor is None:
        raise NotFound(what="用户", key=name)
    return actor


def _actor(engine: Engine, session: stored.Session, name: str) -> Actor | None:
    account, person = user_by_name(session, name), stored.person_by_no(session, name)
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
    return Actor(
        name=name,
        display_name=(account.display_name if account else "") or (person.name if person else name),
        employee_no=name if person or roles & set(WORKING_ROLES) else None,
        roles=roles,
        unit_code=home or next((post.unit_code for post in serving), None),
        unit_codes=stored.codes_below(session, (code for code, _ in bases), today),
        sees_all=bool(roles & READING_ROLES) and (not codes or any(kind == stored.HEAD for _, kind in bases)),
    )


def _roles_today(given: Sequence[str], posts: Sequence[Post], today: date) -> frozenset[Role]:
    """Roles given to the account and those of posts in force; the role of a post that ended is gone."""
    held = {Role(post.role) for post in posts if _in_force(post, today)}
    begun = [post for post in posts if post.valid_from <= today]
    ended = {Role(post.role) for post in begun} - held
    return frozenset({Role(role) for role in given} - ended | held)


def _in_force(post: Post, day: date) -> bool:
    return post.valid_from <= day and (post.valid_to is None or day <= post.valid_to)


# --- rules of names and passwords --------------------------------------------


def _account(tx: Tx, name: str) -> UserAccount:
    account = stored.lock_account(tx, name)
    if account is None:
        raise NotFound(what="用户", key=name)
    return account


def _administrators_only(actor: Actor, act: str) -> None:
    """The engine itself and the operator at the command line hold no roles and see everything."""
    operator = actor.sees_all and not actor.roles
    if not operator and Role.ADMIN not in actor.roles:
        raise Forbidden(act=act)


def _usable_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 64 or any(c.isspace() or not c.isprintable() for c in name):
        raise BadInput(what="用户名", value=name[:64], reason="请用 1–64 个字符，不含空格。")
    return name


def _known_roles(roles: Iterable[Role | str]) -> set[Role]:
    try:
        return {Role(role) for role in roles}
    except ValueError as error:
        known = ", ".join(Role)
        raise BadInput(what="角色", value=str(error).split(" ")[0].strip("'"), reason=f"可用角色：{known}") from None


def _check_strength(new: str, name: str, old: str) -> None:
    if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD:
        raise WeakPassword(
            reason_zh=f"请使用 {SHORTEST_PASSWORD}–{LONGEST_PASSWORD} 个字符。",
            reason_en=f"use {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.",
        )
    if new == old or name.lower() in new.lower() or len(set(new)) < 5:
        raise WeakPassword(
            reason_zh="不能与原密码相同、包含用户名或只用少数几个字符。",
            reason_en="it must differ from the old one, not contain the name, and use at least five different characters.",
        )
