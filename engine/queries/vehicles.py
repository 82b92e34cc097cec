"""What a list row says about the vehicle and its owner, masked; and the search for one."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, false, or_, select, union_all
from sqlalchemy.orm import Session

from engine.domain.masking import mask_name, mask_plate
from engine.domain.vehicle import normalise_vin
from engine.label import Label
from engine.store.renewals import Customer, PolicyLine, Renewal, Vehicle

SHORTEST_SEARCH = 2
_TOO_SHORT = Label("至少输入两个字", "type at least two characters")
_SIGNS_ALONE = Label("须含文字或数字", "letters or digits are needed")


def shown_plate(plate: str | None) -> str | None:
    """Return the masked plate, None where there is none yet."""
    return mask_plate(plate) if plate else None


def shown_customer(customer: Customer | None) -> str | None:
    """Return the masked name of the customer, None where the list named nobody."""
    return mask_name(customer.name) if customer is not None and customer.name else None


def search_fault(text: str) -> Label | None:
    """Return why a search for *text* finds nothing at all, None where it may find something or nothing was typed."""
    typed = text.strip()
    if not typed:
        return None
    if len(typed) < SHORTEST_SEARCH:
        return _TOO_SHORT
    return None if any(sign.isalnum() for sign in typed) else _SIGNS_ALONE


def renewals_matching(session: Session, text: str) -> ColumnElement[bool] | None:
    """Return the clause over Renewal that *text* speaks of it.

    It may be the beginning of VIN or policy number; a whole plate, name, phone or ID number; or the last
    four of plate, phone or ID number: these are sealed and found by their blind indexes. None when
    nothing was typed. What is too short, or signs alone, speaks of nothing: never of everything, on which somebody
    might act (:func:`search_fault` says why).
    """
    if not text.strip():
        return None
    if search_fault(text) is not None:
        return false()
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
