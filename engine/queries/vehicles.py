"""What a list row says about the vehicle and its owner, masked; and the search for one."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select

from engine.domain.masking import mask_name, mask_plate
from engine.domain.vehicle import normalise_plate, normalise_vin
from engine.store.renewals import PolicyLine, Renewal, Vehicle

SHORTEST_SEARCH = 2


def shown_plate(plate: str | None) -> str | None:
    """Return the masked plate, None where there is none yet."""
    return mask_plate(plate) if plate else None


def shown_customer(name: str | None) -> str | None:
    """Return the masked name of the customer, None where the list named nobody."""
    return mask_name(name) if name else None


def matches(text: str) -> ColumnElement[bool] | None:
    """Return the clause over Renewal ⋈ Vehicle that *text* is the beginning of plate, VIN or policy number.

    None when *text* is too short to mean anything.
    """
    if len(text.strip()) < SHORTEST_SEARCH:
        return None
    number = normalise_vin(text)
    lines = select(PolicyLine.renewal_id).where(
        PolicyLine.policy_no.startswith(text.strip(), autoescape=True)
    )
    clauses = [Renewal.vin.startswith(number, autoescape=True), Renewal.id.in_(lines)]
    plate = normalise_plate(text)
    if plate:
        clauses.append(Vehicle.plate.startswith(plate, autoescape=True))
    return or_(*clauses)
