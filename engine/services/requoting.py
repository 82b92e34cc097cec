"""Forecasts anew whatever rests on tariff tables that are no longer the newest (domain.md §3: re-evaluate)."""

from __future__ import annotations

from datetime import datetime

from engine.bootstrap import Deployed, Engine
from engine.domain.actor import SYSTEM, Actor
from engine.errors import NoDefinition
from engine.services.instances import load_scopes
from engine.services.quoting import refresh_forecast
from engine.services.rating import digest_of
from engine.store.instances import lock_open
from engine.store.quotes import current_quotes, forecast_by_other_tables

CHUNK = 200
SOURCE, REQUOTED = "tariff", "forecasts_requoted"


def requote(engine: Engine, *, now: datetime, actor: Actor = SYSTEM) -> int:
    """Bring every open forecast to the tables of the newest set; return how many were looked at.

    A chunk is a transaction of its own, so that a crash loses nothing and the next turn goes on. What the tables say
    as before keeps its version; that it was looked at stands in the history, once a chunk. A process that is through
    asks no more until other tables are deployed.
    """
    newest = _newest(engine)
    if newest is None or engine.quoted_by == digest_of(newest):
        return 0
    digest, done = digest_of(newest), 0
    while True:
        with engine.store.transaction() as tx:
            found = forecast_by_other_tables(tx, digest, limit=CHUNK)
            held = current_quotes(tx, found)
            scopes = load_scopes(tx, engine, lock_open(tx, found), actor=actor, now=now)
            anew = sum(refresh_forecast(scope, source=SOURCE, deployed=newest, held=held) for scope in scopes)
            if scopes:
                tx.record(
                    REQUOTED, at=now, actor=actor.name, looked=len(scopes), made=anew, set=newest.version
                )
        done += len(found)
        if len(found) < CHUNK:
            engine.quoted_by = digest
            return done


def forecasts_are_old(engine: Engine) -> bool:
    """Whether some open forecast rests on other tables than those of the newest set."""
    newest = _newest(engine)
    if newest is None or engine.quoted_by == digest_of(newest):
        return False
    digest = digest_of(newest)
    with engine.store.reading() as session:
        is_old = bool(forecast_by_other_tables(session, digest, limit=1))
    if not is_old:
        engine.quoted_by = digest
    return is_old


def _newest(engine: Engine) -> Deployed | None:
    try:
        return engine.latest()
    except NoDefinition:
        return None
