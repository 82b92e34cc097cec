"""What a list row says about the vehicle and its owner, masked; and the search for one."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from engine.domain.masking import mask_name, mask_plate
from engine.domain.vehicle import normalise_vin
from engine.store.renewals import Customer, PolicyLine, Renewal, Vehicle

SHORTEST_SEARCH = 2


def shown_plate(plate: str | None) -> str | None:
    """Return the masked plate, None where there is none yet."""
    return mask_plate(plate) if plate else None


def shown_customer(customer: Customer | None) -> str | None:
    """Return the masked name of the customer, None where the list named nobody."""
    return mask_name(customer.name) if customer is not None and customer.name else None


def matches(session: Session, text: str) -> ColumnElement[bool] | None:
    """Return the clause over Renewal ⋈ Vehicle that *text* speaks of the renewal.

    It may be the beginning of VIN or policy number; a whole plate, name, phone or ID number; or the last
    four of plate, phone or ID number: these are sealed and found by their blind indexes. None when *text* is
    too short to mean anything; signs alone speak of nothing.
    """
    if text.strip() and not any(sign.isalnum() for sign in text):
        return false()
    if len(text.strip()) < SHORTEST_SEARCH:
        return None
    number = normalise_vin(text)
    lines = select(PolicyLine.renewal_id).where(
        PolicyLine.policy_no.startswith(text.strip(), autoescape=True)
    )
    people = select(Customer.id).where(
        or_(
            Customer.name.is_(session, text),
            Customer.phone.is_(session, text),
            Customer.phone.ends_with(session, text),
            Customer.id_no.is_(session, text),
            Customer.id_no.ends_with(session, text),
        )
    )
    return or_(
        Renewal.vin.startswith(number, autoescape=True),
        Renewal.id.in_(lines),
        Vehicle.plate.is_(session, text),
        Vehicle.plate.ends_with(session, text),
        Renewal.customer_id.in_(people),
    )


def renewals_matching(session: Session, text: str) -> ColumnElement[bool] | None:
    """Return :func:`matches` as a clause over Renewal alone."""
    found = matches(session, text)
    if found is None:
        return None
    return Renewal.id.in_(select(Renewal.id).join(Vehicle, Vehicle.id == Renewal.vehicle_id).where(found))
