"""Signing in and out: passwords are checked, sessions are opened, touched and ended.

Sessions and locks follow real time even while the business clock is virtual (threats.md §3: 12 h absolute,
30 min idle, growing delay, the same answer for unknown users).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2.exceptions import InvalidHashError, VerificationError

from engine.bootstrap import Engine
from engine.clock import wall_now
from engine.domain.actor import Actor
from engine.errors import SignInRefused
from engine.services.passwords import LONGEST_PASSWORD, check_strength
from engine.services.users import account_named, actor_today, end_sessions, hasher
from engine.store import accounts as stored
from engine.store.people import SignInSession, user_by_name
from engine.store.session import Tx

FREE_FAILURES = 5
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(hours=1)
SESSION_ABSOLUTE = timedelta(hours=12)
SESSION_IDLE = timedelta(minutes=30)
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A live session: who it belongs to and whether an initial password is still in use."""

    actor: Actor
    must_change_password: bool
    started_at: datetime


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
        nobody = _nobody()
        hashed = account.password_hash if account else nobody
    right = _verify(hashed, password) and account is not None
    with engine.store.reading() as session:
        actor = actor_today(engine, session, name) if account is not None else None
    with engine.store.transaction() as tx:
        refused = _judge(engine, tx, name, right=right, actor=actor)
        if not refused and right and hasher.check_needs_rehash(hashed):
            account_named(tx, name).password_hash = hasher.hash(password)
            tx.record("password_rehashed", at=engine.clock.now(), actor="system", subject=name)
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
        if account.failed_sign_ins:
            failures = account.failed_sign_ins
            tx.record("sign_in_failures_cleared", at=now, actor=name, subject=name, failures=failures)
        account.failed_sign_ins, account.locked_until = 0, None
        return False
    if not right and not locked:
        account.failed_sign_ins += 1
        account.locked_until = _lock_until(account.failed_sign_ins, real)
    cause = "locked" if locked else "password" if not right else "closed"
    tx.record(
        "sign_in_failed", at=now, actor=name, subject=name, cause=cause, failures=account.failed_sign_ins
    )
    return True


def _lock_until(failures: int, real: datetime) -> datetime | None:
    if failures < FREE_FAILURES:
        return None
    doubled: int = 1 << min(failures - FREE_FAILURES, 10)
    return real + min(LONGEST_LOCK, FIRST_LOCK * doubled)


@cache
def _nobody() -> str:
    """The hash that is verified for unknown names, so that they take as long; made once, not at every start."""
    return hasher.hash(secrets.token_hex(16))


def _verify(hashed: str, password: str) -> bool:
    try:
        return hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def open_session(engine: Engine, actor: Actor, *, address: str | None = None) -> str:
    """Start a session for somebody whose password was just checked; returns its secret token.

    Only a digest of the token is stored.
    """
    token, real, now = secrets.token_urlsafe(32), wall_now(), engine.clock.now()
    with engine.store.transaction() as tx:
        account = account_named(tx, actor.name)
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
        actor = actor_today(engine, session, account.name, account=account)
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


def _is_live(row: SignInSession, real: datetime) -> bool:
    return (
        row.ended_at is None
        and real - row.started_at < SESSION_ABSOLUTE
        and real - row.last_seen_at < SESSION_IDLE
    )


def _session_id(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def change_password(engine: Engine, old: str, new: str, *, actor: Actor, keep: str | None = None) -> None:
    """Let *actor* change the own password; all own sessions but the one of token *keep* end.

    Raises:
        SignInRefused: *old* is not the present password (counts as a failure).
        WeakPassword: *new* does not meet the rules.
    """
    check_password(engine, actor.name, old)
    check_strength(new, actor.name, old)
    hashed = hasher.hash(new)
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        account = account_named(tx, actor.name)
        account.password_hash, account.must_change_password = hashed, False
        end_sessions(tx, account, but=_session_id(keep) if keep else None)
        tx.record("password_changed", at=now, actor=actor.name, subject=actor.name)
