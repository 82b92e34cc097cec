"""What is most worth doing first: premium at risk × nearness of the expiry × contacts that are missing.

The weights by days to expiry follow the buckets of domain.md §2.1; the contacts expected by stage follow §1.5
(two and more before expiry). Whole numbers, so that a position in the list is exact on both databases.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import BigInteger, ColumnElement, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from engine.domain.codes import Stage
from engine.store.renewals import Customer, Renewal

NEAR = ((3, 16), (7, 8), (15, 4), (30, 2))
"""(days to expiry at most, weight); further away 1."""
LAPSED = 4
EXPECTED = {Stage.FOLLOW_UP: 1, Stage.KEY_TRACKING: 2, Stage.SUMMARY: 3, Stage.WIN_BACK: 3}
"""Effective contacts a renewal should have had by the stage it is in."""


def missing_contacts(stage: str, contacts: int, *, is_quiet: bool = False) -> int:
    """Return how many contacts a renewal in *stage* still lacks; none when the customer *is_quiet*.

    Quiet is who asked for no more contact (outcome 62, domain.md §4.2): nobody may call.
    """
    if is_quiet:
        return 0
    return max(0, EXPECTED.get(Stage(stage), 0) - contacts) if stage else 0


def nearness(today: date) -> ColumnElement[int]:
    """Return the weight of a renewal's days to expiry on *today*."""
    steps = [(Renewal.expiry_date < today, LAPSED)]
    steps += [(Renewal.expiry_date <= today + timedelta(days=days), weight) for days, weight in NEAR]
    return case(*steps, else_=1)


def is_contactable() -> ColumnElement[bool]:
    """Return, over Renewal, whether the customer may be contacted: none of record counts as yes."""
    quiet = aliased(Customer)  # not the statement's own, which may not name customers at all
    asked = select(quiet.id).where(quiet.do_not_contact.is_(True))
    return or_(Renewal.customer_id.is_(None), Renewal.customer_id.not_in(asked))


def risk(today: date) -> ColumnElement[int]:
    """Return the rank of a renewal on *today*, the highest first; one without a known premium counts a yuan."""
    premium = func.coalesce(cast(Renewal.premium, BigInteger), cast(Renewal.ctp_premium, BigInteger), 0)
    lacking = case(
        *(
            (
                (Renewal.stage == stage) & (Renewal.contacts < count) & is_contactable(),
                count - Renewal.contacts,
            )
            for stage, count in EXPECTED.items()
        ),
        else_=0,
    )
    return (premium + 1) * nearness(today) * (lacking + 1)
