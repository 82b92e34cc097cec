"""A vehicle that changed hands: the new owner is the renewal's customer, the old one a prospect.

Cover follows the vehicle (保险法 49), what the former owner earned does not: the no-claim count starts anew
(domain.md §3.4, §7 case 34). A customer's wish not to be contacted stays with that customer.
"""

from __future__ import annotations

from datetime import date

from engine.services.carrying import carry_stops, record_carried
from engine.services.context import StepScope
from engine.services.phones import judge_numbers
from engine.services.quoting import refresh_forecast
from engine.services.sharing import follow, tell
from engine.store.renewals import Customer, find_customer
from engine.store.same_customer import same_customers

SOURCE = "G-L4"
PROSPECT = "L603"
"""Loss reason 换新车 (domain.md §4.1): why the former owner is worth a call."""


def change_owner(scope: StepScope, *, name: str, phone: str | None, on: date) -> None:
    """Make the person called *name* the customer of the renewal and forecast anew without the old count."""
    former, vehicle = scope.customer, scope.vehicle
    owner = find_customer(scope.tx, name=name, phone=phone)
    if owner is None:
        owner = Customer(name=name, phone=phone, phone_doubtful=False, do_not_contact=False)
        scope.tx.add(owner)
        scope.tx.flush()  # the renewal refers to its number
    carried = carry_stops(same_customers(scope.tx, owner))
    scope.change_fact("customer", former.name if former else None, name, source=SOURCE)
    if phone:
        scope.change_fact(
            "phone", None, phone, source=SOURCE
        )  # the new owner's first one, not another of the former
    scope.change_fact("transferred_on", vehicle.transferred_on, on, source=SOURCE)
    scope.be_customer_of(owner)
    vehicle.customer_id, vehicle.transferred_on = owner.id, on
    judge_numbers(scope, phone, source=SOURCE)
    if former is not None and former.id != owner.id:
        scope.record("prospect_noted", subject=PROSPECT, customer_id=former.id)
    record_carried(
        scope.tx,
        carried,
        customer_id=owner.id,
        renewal_id=scope.renewal.id,
        actor=scope.actor,
        now=scope.now,
        source=SOURCE,
    )
    if (moved := follow(scope)) is not None:  # the new owner may have said otherwise on sharing
        tell(scope.tx, scope.engine, [moved], now=scope.now)
    refresh_forecast(scope, source=SOURCE)
