"""What the forms of a renewal tell of its contacts and visits; pure.

Source: domain.md §4.2 (outcome codes, effective contact), §4.6 (what the ledger shows of them).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.domain.price_gap import PriceGap

EFFECTIVE_RESULTS = frozenset(
    {"11", "12", "13", "14", "15", "16", "17", "31", "32", "33", "34", "41", "51", "61", "62"}
)
"""Outcome codes of a contact that reached the customer."""
NO_ANSWER, DEAD_NUMBER, NOT_THE_CUSTOMER = "21", "22", "23"
NOT_CONTACTED = "00"
REFUSED = "61"
DO_NOT_CONTACT = "62"
"""The customer asked for no more contact."""
NOT_RENEWABLE = "71"
CONTACT_FORMS = ("record_contact", "second_visit", "joint_visit", "win_back_contact", "take_over_orphan")
LOSS_FORMS = ("verify_loss", "verify_lapse_reason", "report_lapse_reason", "lapse_reason")
COMPETITOR_FORMS = (*LOSS_FORMS, "final_sweep", "chase_policy", *CONTACT_FORMS)
TOLD_FORMS = tuple(dict.fromkeys((*CONTACT_FORMS, *COMPETITOR_FORMS, "prepare_visit", "update_customer")))
"""The forms that :func:`told_by` and the customer file read."""
_RESULT_KEYS = ("result", "contact_result")
_DAY_KEYS = ("contacted_at", "visited_at", "visited_on", "first_contact_date")
_QUOTE_KEYS = ("ctp_premium", "vessel_tax", "commercial_premium")


@dataclass(frozen=True, slots=True)
class FormGiven:
    """A submitted form as plain values; ``at`` is when it was given in, ``day`` that instant's business date.

    ``by`` is the sign-in name of whoever gave it, ``price_gap`` how far the competitor's price on it lay off ours.
    """

    form_id: str
    values: Mapping[str, Any]
    at: datetime
    day: date
    by: str = ""
    price_gap: PriceGap | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen in a field of a form; its label stands in the form."""

    form_id: str
    key: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One contact or visit: the day it took place, and whether it reached the customer."""

    day: date
    result: Choice
    is_effective: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a renewal's forms tell, the newest answer of each kind; days are business dates, money in yuan."""

    contacts: tuple[Contact, ...] = ()
    visit_date: date | None = None
    visit_channel: Choice | None = None
    competitor: str | None = None
    competitor_price: Decimal | None = None
    price_gap: PriceGap | None = None
    note: str | None = None

    @property
    def effective(self) -> tuple[Contact, ...]:
        """The contacts that reached the customer, by day."""
        return tuple(contact for contact in self.contacts if contact.is_effective)

    @property
    def first_day(self) -> date | None:
        """The day on which the customer was first reached."""
        return min((contact.day for contact in self.effective), default=None)

    @property
    def last_day(self) -> date | None:
        """The day on which the customer was last reached."""
        return max((contact.day for contact in self.effective), default=None)

    @property
    def result(self) -> Choice | None:
        """The result of the contact that was written down last."""
        return self.contacts[-1].result if self.contacts else None


NOTHING_TOLD = Told()


def outcome_of(values: Mapping[str, Any]) -> str | None:
    """Return the outcome code (§4.2) among the answers to a form; of a take-over (K-L2) it has a field of its own."""
    code = values.get("contact_result") or values.get("result")
    return str(code) if code else None


def contact_of(form: FormGiven) -> Contact | None:
    """Return the contact that *form* records; None when it records none."""
    if form.form_id not in CONTACT_FORMS:
        return None
    key = next((key for key in _RESULT_KEYS if _is_contact(form, key)), None)
    if key is None:
        return None
    code = str(form.values[key])
    return Contact(
        day=_first_day(form) or form.day,
        result=Choice(form.form_id, key, code),
        is_effective=code in EFFECTIVE_RESULTS,
    )


def _is_contact(form: FormGiven, key: str) -> bool:
    """Whether the answer to *key* is an outcome code: those are two digits, other forms have words there."""
    code = str(form.values.get(key) or "")
    return code.isdigit() and code != NOT_CONTACTED


def told_by(forms: Iterable[FormGiven]) -> Told:
    """Return what *forms* of one renewal tell, in whatever order they come."""
    given = sorted(forms, key=lambda form: form.at)
    newest = given[::-1]
    plan = next((form for form in newest if form.form_id == "prepare_visit"), None)
    found = (contact_of(form) for form in given)
    return Told(
        contacts=tuple(contact for contact in found if contact is not None),
        visit_date=as_day(plan.values.get("visit_date")) if plan else None,
        visit_channel=_choice(plan, "channel") if plan else None,
        competitor=_text(_last(newest, "competitor", COMPETITOR_FORMS)),
        competitor_price=as_money(_last(newest, "competitor_price", COMPETITOR_FORMS)),
        price_gap=_last_gap(newest),
        note=_text(_last(newest, "note", tuple({form.form_id for form in given}))),
    )


def quote_total(values: Mapping[str, Any]) -> Decimal | None:
    """Return what the customer pays by an actual quote: both lines and the vessel tax; None without a figure."""
    parts = [as_money(values.get(key)) for key in _QUOTE_KEYS]
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if known else None


def as_money(value: object) -> Decimal | None:
    """Return a stored amount in yuan; None where there is none, or what stands there is no number."""
    try:
        amount = Decimal(str(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None
    return amount if amount is None or amount.is_finite() else None


def as_day(value: object) -> date | None:
    """Return the date of a stored date or local date-time; None where there is none."""
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None


def next_contact_day(values: Mapping[str, Any]) -> date | None:
    """Return the day agreed for the next contact (§4.2): the follow-up date, or that of the appointment (16, 17)."""
    return as_day(values.get("next_follow_up_date") or values.get("appointment_at"))


def _first_day(form: FormGiven) -> date | None:
    return next((day for key in _DAY_KEYS if (day := as_day(form.values.get(key))) is not None), None)


def _choice(form: FormGiven, key: str) -> Choice | None:
    code = form.values.get(key)
    return Choice(form.form_id, key, str(code)) if code else None


def _last(newest: Sequence[FormGiven], key: str, form_ids: tuple[str, ...]) -> Any:
    return next(
        (
            form.values[key]
            for form in newest
            if form.form_id in form_ids and form.values.get(key) not in (None, "", [])
        ),
        None,
    )


def _last_gap(newest: Sequence[FormGiven]) -> PriceGap | None:
    """The gap of the form that told a competitor's price last."""
    priced = (
        form
        for form in newest
        if form.form_id in COMPETITOR_FORMS and form.values.get("competitor_price") not in (None, "")
    )
    last = next(priced, None)
    return last.price_gap if last is not None else None


def _text(value: object) -> str | None:
    return " ".join(str(value).split()) or None if value is not None else None
