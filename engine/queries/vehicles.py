"""What a list row says about the vehicle and its owner, masked; and the search for one."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, false, or_, select, union_all
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


def renewals_matching(session: Session, text: str) -> ColumnElement[bool] | None:
    """Return the clause over Renewal that *text* speaks of it.

    It may be the beginning of VIN or policy number; a whole plate, name, phone or ID number; or the last
    four of plate, phone or ID number: these are sealed and found by their blind indexes. None when *text* is
    too short to mean anything; signs alone speak of nothing.
    """
    if text.strip() and not any(sign.isalnum() for sign in text):
        return false()
    if len(text.strip()) < SHORTEST_SEARCH:
        return None
    # Each part finds its few rows by an index of its own; joined by OR they would read whole tables.
    parts = (
        select(Renewal.id).where(Renewal.vin.startswith(normalise_vin(text), autoescape=True)),
        select(PolicyLine.renewal_id).where(PolicyLine.policy_no.startswith(text.strip(), autoescape=True)),
        select(Renewal.id).where(Renewal.vehicle_id.in_(_cars(session, text))),
        select(Renewal.id).where(Renewal.customer_id.in_(_people(session, text))),
    )
    return Renewal.id.in_(union_all(*parts))


def _cars(session: Session, text: str) -> Select[int]:
    return select(Vehicle.id).where(
        or_(Vehicle.plate.is_(session, text), Vehicle.plate.ends_with(session, text))
    )


def _people(session: Session, text: str) -> Select[int]:
    return select(Customer.id).where(
        or_(
            Customer.name.is_(session, text),
            Customer.phone.is_(session, text),
            Customer.phone.ends_with(session, text),
            Customer.id_no.is_(session, text),
            Customer.id_no.ends_with(session, text),
        )
    )
