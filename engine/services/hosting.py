"""Answers what a running step asks: facts, functions, operations, decisions (engine.spiff.host)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from engine.errors import NotFound
from engine.label import Thing
from engine.services.context import StepScope
from engine.services.facts import fact
from engine.services.operations import CATALOGUE


class RenewalHost:
    """The surroundings of one step of one renewal."""

    def __init__(self, scope: StepScope) -> None:
        self.scope = scope
        self.zone = scope.engine.clock.zone
        self._facts: dict[str, object] = {}
        self.functions: Mapping[str, Callable[..., object]] = {
            "T": partial(_days_from_expiry, scope),  # not bound methods: a host must not hold itself
            "workday": partial(_workday, scope),
            "hours": partial(_hours_from_now, scope),
            "earlier": min,
            "later": max,
            "min": min,
            "max": max,
            "has": lambda value: value is not None,
            "number": _number,
            "lower": lambda text: None if text is None else str(text).lower(),
        }

    def fact(self, name: str) -> object:
        """Return a fact of the renewal; computed once until an operation may have changed it."""
        if name not in self._facts:
            self._facts[name] = fact(self.scope, name)
        return self._facts[name]

    def forget_facts(self) -> None:
        """Read the facts anew at the next need; call after changing what they tell."""
        self._facts.clear()

    def run_operation(self, name: str, element_id: str) -> Mapping[str, object] | None:
        """Carry out an operation of the catalogue and record it.

        Raises:
            NotFound: the catalogue has no such operation.
        """
        operation = CATALOGUE.get(name)
        if operation is None:
            raise NotFound(what=Thing.OPERATION, key=name)
        action_id = self.scope.deployed.process.elements.by_id[element_id].properties.get("action_id")
        result = operation.run(self.scope)
        self.forget_facts()
        self.scope.record(
            "operation_done", subject=element_id, operation=name, element_id=element_id, action_id=action_id
        )
        return result

    def decide(self, decision_id: str, element_id: str, context: Mapping[str, object]) -> object:
        """Evaluate a decision table; facts that a table decides are written to the renewal.

        Raises:
            NotFound: the set holds no such table.
        """
        table = self.scope.deployed.decisions.get(decision_id)
        if table is None:
            raise NotFound(what=Thing.TABLE, key=decision_id)
        result = table.evaluate(context, self.functions)
        self.scope.record("decision_made", subject=decision_id, element_id=element_id, result=_json(result))
        self._absorb(decision_id, result)
        return _json(result)

    def _absorb(self, decision_id: str, result: object) -> None:
        if not isinstance(result, Mapping):
            return
        row = self.scope.renewal
        if decision_id == "key_customer":
            row.is_key = bool(result.get("is_key", result.get("key")))
        elif decision_id == "customer_tier":
            row.tier = str(result["tier"]) if result.get("tier") is not None else None
        elif decision_id == "renewability" and result.get("code") and result.get("renewable") is False:
            row.exclusion_code = str(result["code"])
        self.forget_facts()


def _days_from_expiry(scope: StepScope, days: object) -> date:
    return scope.renewal.expiry_date + timedelta(days=int(str(days)))


def _workday(scope: StepScope, day: object, count: object) -> date | None:
    if not isinstance(day, date):
        return None
    return scope.engine.workdays().add_workdays(day, int(str(count)))


def _hours_from_now(scope: StepScope, count: object) -> datetime:
    return scope.now + timedelta(hours=int(str(count)))


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _json(value: object) -> object:
    """Keep only what the state may hold: text, whole numbers, truth values (facts stay in tables)."""
    if isinstance(value, Mapping):
        return {str(k): _json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_json(v) for v in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)
