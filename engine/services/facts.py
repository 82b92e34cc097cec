"""The read-only facts that expressions and decision tables may use.

Facts are read from tables at the moment they are asked for, so a corrected fact is seen at once
(architecture.md §3). ``FACTS`` lists every name and field for the linter and the studio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from engine.domain.codes import DeadlineEnd, Line, Role
from engine.domain.rating import RATING_FIELDS
from engine.domain.stage import days_left
from engine.services.context import StepScope
from engine.services.rating import rating_fact
from engine.store.deadlines import latest_offer
from engine.store.renewals import PolicyLine, doubled_lines
from engine.store.same_customer import cars_of

FACTS: Mapping[str, frozenset[str]] = {
    "renewal": frozenset(
        {
            "expiry_date",
            "days_left",
            "stage",
            "state",
            "is_orphan",
            "is_late",
            "is_key",
            "branch",
            "tier",
            "visits",
            "contacts",
            "failed_visits",
            "last_result",
            "missed_calls",
            "has_quote",
            "quote_owed",
            "has_contact",
            "lines",
            "rounds",
            "duplicate",
            "handover_open",
            "pool_claimed",
            "exclusion_code",
            "do_not_contact",
            "next_contact_date",
            "next_check_date",
            "mend_by",
            "complete_by",
            "resubmit_by",
            "win_back_until",
        }
    ),
    "policy": frozenset(
        {"premium", "ctp_premium", "claims", "ncd", "self_pricing", "cover", "cancelled", "short_term"}
    ),
    "vehicle": frozenset({"price", "use", "energy", "seats", "age_years", "kind"}),
    "customer": frozenset({"cars"}),
    "quote": frozenset({"opens_date", "mid", "change_rate"}),
    "owner": frozenset({"kind", "is_serving"}),
    "loss": frozenset({"reason", "source"}),
    "rating": RATING_FIELDS,
    "today": frozenset(),
}


def fact(scope: StepScope, name: str) -> object:
    """Return the fact called *name* for this renewal, or None."""
    build = _BUILDERS.get(name)
    return build(scope) if build else None


class _Asked(Mapping[str, object]):
    """Facts in hand, and some that are read from tables only when an expression names them."""

    def __init__(self, known: Mapping[str, object], asked: Mapping[str, Callable[[], object]]) -> None:
        self._known, self._asked = dict(known), asked

    def __getitem__(self, name: str) -> object:
        if name not in self._known and name in self._asked:
            self._known[name] = self._asked[name]()
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **self._asked})

    def __len__(self) -> int:
        return len(self._known.keys() | self._asked.keys())


def _renewal(scope: StepScope) -> Mapping[str, object]:
    row = scope.renewal
    known = {
        "expiry_date": row.expiry_date,
        "days_left": days_left(scope.today, row.expiry_date),
        "stage": row.stage,
        "state": row.state,
        "is_orphan": row.is_orphan,
        "is_late": row.is_late,
        "is_key": row.is_key,
        "branch": row.branch_code,
        "tier": row.tier,
        "visits": row.contacts,
        "contacts": row.stage_contacts,
        "failed_visits": row.failed_visits,
        "last_result": row.last_result,
        "missed_calls": row.missed_calls,
        "has_quote": row.has_actual_quote,
        "quote_owed": row.quote_owed,
        "has_contact": row.contacts > 0,
        "lines": row.lines,
        "rounds": row.rounds,
        "exclusion_code": row.exclusion_code,
        "next_contact_date": row.next_contact_date,
        "next_check_date": row.next_check_date,
        "mend_by": row.mend_by,
        "complete_by": row.complete_by,
        "resubmit_by": row.resubmit_by,
        "win_back_until": row.win_back_until,
    }
    return _Asked(
        known,
        {
            "duplicate": lambda: _is_double(scope),
            "handover_open": lambda: is_handing_over(scope),
            "pool_claimed": lambda: _is_claimed(scope),
            "do_not_contact": lambda: _wants_no_contact(scope),
        },
    )


def _wants_no_contact(scope: StepScope) -> bool:
    """Whether the customer asked, in this renewal or another one, not to be contacted (outcome 62, §4.2)."""
    return scope.customer is not None and scope.customer.do_not_contact


def _is_double(scope: StepScope) -> bool:
    """Whether two expiring policies of one kind cover the vehicle at once (domain.md §7 case 6)."""
    return bool(doubled_lines(scope.covers, scope.renewal.expiry_date))


HANDOVER_ACTIONS = frozenset({"K-C2", "K-L2"})


WAITS_FOR_CLAIM = "wait_for_claim"
"""The timer of the hand-over that runs while the renewal is in the claim pool."""


def is_handing_over(scope: StepScope) -> bool:
    """Whether an orphan policy is seen to already.

    Somebody is to route it or take it over, may claim it, or settled already how it is served.

    Source: domain.md §7 case 13.
    """
    if scope.renewal.orphan_route is not None:
        return True
    is_asked = any(task.action_id in HANDOVER_ACTIONS for task in scope.tasks)
    return is_asked or any(timer.element_id == WAITS_FOR_CLAIM for timer in scope.timers)


def _is_claimed(scope: StepScope) -> bool:
    """Whether the last offer in the claim pool ended by a claim."""
    offer = latest_offer(scope.tx, scope.renewal.id)
    return offer is not None and offer.ending == DeadlineEnd.CLAIMED


def _policy(scope: StepScope) -> dict[str, Any]:
    commercial = line_of(scope.lines, Line.COMMERCIAL)
    ctp = line_of(scope.lines, Line.CTP)
    main = commercial or ctp
    return {
        "premium": commercial.premium if commercial else None,
        "ctp_premium": ctp.premium if ctp else None,
        "claims": main.claims if main else None,
        "ncd": commercial.ncd if commercial else None,
        "self_pricing": commercial.self_pricing if commercial else None,
        "cover": _cover(commercial),
        "cancelled": any(line.cancelled for line in scope.lines),
        "short_term": main is not None and _is_short_term(main),
    }


def _cover(commercial: PolicyLine | None) -> str:
    """Cover mix 单交 / 交三 / 主全, as far as the list tells (domain.md §2.1)."""
    if commercial is None:
        return "单交"
    return "主全" if (commercial.premium or 0) >= 2500 else "交三"


def _is_short_term(line: PolicyLine) -> bool:
    """Under 360 days of cover (domain.md §2.4, X06)."""
    return line.start_date is not None and (line.expiry_date - line.start_date).days + 1 < 360


def line_of(lines: list[PolicyLine], kind: Line) -> PolicyLine | None:
    """Return the line of this kind, if the vehicle has one."""
    return next((line for line in lines if line.line == kind), None)


def _vehicle(scope: StepScope) -> dict[str, Any]:
    row = scope.vehicle
    return {
        "price": row.new_car_price,
        "use": row.use,
        "energy": row.energy,
        "seats": row.seats,
        "age_years": _age_years(row.first_registration, scope.today),
        "kind": row.use,
    }


def _age_years(first_registration: date | None, today: date) -> int | None:
    return None if first_registration is None else max(0, (today - first_registration).days // 365)


RECENT = timedelta(days=365)
"""How long after the expiry a car still counts as the customer's (domain.md §4.4)."""


def _customer(scope: StepScope) -> Mapping[str, object]:
    return _Asked({}, {"cars": lambda: _cars(scope)})


def _cars(scope: StepScope) -> int | None:
    """How many cars the customer has, in whatever rows; None where nobody is known."""
    if scope.customer is None:
        return None
    return cars_of(scope.tx, scope.customer, since=scope.today - RECENT)


def _quote(scope: StepScope) -> dict[str, Any]:
    row = scope.renewal
    before = (row.premium or 0) + (row.ctp_premium or 0)  # a quote is of both lines, without the tax
    change = (row.quote_mid - before) / before if row.quote_mid is not None and before else None
    return {"opens_date": row.quote_opens_date, "mid": row.quote_mid, "change_rate": change}


def _owner(scope: StepScope) -> dict[str, Any]:
    role = scope.renewal.owner_role
    return {"kind": role, "is_serving": role == Role.AGENT}


def _loss(scope: StepScope) -> dict[str, Any]:
    return {"reason": scope.renewal.loss_reason, "source": scope.renewal.loss_source}


_BUILDERS: Mapping[str, Callable[[StepScope], object]] = {
    "renewal": _renewal,
    "policy": _policy,
    "vehicle": _vehicle,
    "customer": _customer,
    "quote": _quote,
    "owner": _owner,
    "loss": _loss,
    "rating": rating_fact,
    "today": lambda scope: scope.today,
}
