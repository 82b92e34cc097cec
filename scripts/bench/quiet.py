"""A host of real facts that writes nothing: for steps of the process alone, without a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.domain.actor import SYSTEM
from engine.services.context import StepScope
from engine.services.hosting import RenewalHost
from engine.services.instances import load_scope
from scripts.bench.house import House


class QuietHost(RenewalHost):
    """Answers facts and decisions from rows read before; operations do nothing."""

    def run_operation(self, name: str, element_id: str) -> Mapping[str, object] | None:
        """Do nothing."""
        return None

    def decide(self, decision_id: str, element_id: str, context: Mapping[str, object]) -> object:
        """Evaluate the table and forget that it was asked."""
        result: Any = self.scope.deployed.decisions[decision_id].evaluate(context, self.functions)
        if isinstance(result, Mapping):
            return {key: _plain(value) for key, value in result.items()}
        return _plain(result)


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | str) else str(value)


class QuietWorld:
    """The facts of one renewal of the book as it stands, read once; a fresh host for each step."""

    def __init__(self, house: House, renewal_id: int) -> None:
        with house.engine.store.transaction() as tx:
            self._scope: StepScope = load_scope(
                tx, house.engine, renewal_id, actor=SYSTEM, now=house.clock.now()
            )
            for name in ("vehicle", "customer", "lines", "covers", "timers", "tasks"):
                getattr(self._scope, name)  # kept in the scope from now on

    def host(self, now: datetime) -> QuietHost:
        """Return a host whose present is *now*."""
        return QuietHost(replace(self._scope, now=now))
