"""Whether a customer's number is the customer's own: judged whenever somebody enters one (domain.md §7 case 25)."""

from __future__ import annotations

from typing import Any

from engine.domain.lists.across import SHARED_BY
from engine.services.carrying import carry_stops, record_carried
from engine.services.context import StepScope
from engine.store.people import phones_of_staff
from engine.store.renewals import Customer, count_with_phone, marked_otherwise, open_renewals_of
from engine.store.same_customer import same_customers

DOUBT = "phone_doubtful"


def correct_number(scope: StepScope, customer: Customer, phone: str, *, source: str) -> None:
    """Give *customer* another number; both the one that is left and the new one are judged anew."""
    former = customer.phone
    scope.change_fact("phone", former or "", phone, source=source)
    customer.phone = phone
    judge_numbers(scope, former, phone, source=source)
    record_carried(  # by the number it may turn out to be one who wants to be left alone
        scope.tx,
        carry_stops(same_customers(scope.tx, customer)),
        customer_id=customer.id,
        renewal_id=scope.renewal.id,
        actor=scope.actor,
        now=scope.now,
        source=source,
    )


def judge_numbers(scope: StepScope, *phones: str | None, source: str) -> None:
    """Mark whoever has one of *phones*: doubtful when it is a colleague's own or of more than three customers.

    Else the mark is taken back. Each change is told in the open renewals of the customer whom it is about.
    """
    given = [phone for phone in phones if phone]
    scope.tx.flush()  # numbers are found by their indexes, which are made with the rows
    colleagues = phones_of_staff(scope.tx, given)
    for phone in given:
        is_doubtful = phone in colleagues or count_with_phone(scope.tx, phone) > SHARED_BY
        for holder in marked_otherwise(scope.tx, phone, is_doubtful):
            holder.phone_doubtful = is_doubtful
            _tell(scope, holder, source=source)


def _tell(scope: StepScope, holder: Customer, *, source: str) -> None:
    change: dict[str, Any] = {
        "field": DOUBT,
        "from": not holder.phone_doubtful,
        "to": holder.phone_doubtful,
        "source": source,
    }
    for renewal_id in open_renewals_of(scope.tx, holder.id):
        here = scope.told_on if renewal_id == scope.renewal.id else {}
        scope.tx.record(
            "fact_changed",
            at=scope.now,
            actor=scope.actor.name,
            instance_id=renewal_id,
            **change,
            **here,
        )
