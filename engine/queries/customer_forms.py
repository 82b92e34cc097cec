"""What the forms of a customer's renewals tell, as lines of the customer file; personal fields stay out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import forms
from engine.domain.contacts import (
    COMPETITOR_FORMS,
    DEAD_NUMBER,
    LOSS_FORMS,
    Choice,
    FormGiven,
    as_day,
    as_money,
    contact_of,
    next_contact_day,
)
from engine.domain.masking import mask_text
from engine.domain.price_gap import PriceGap
from engine.label import Label
from engine.store.told import choice_label

FILE_CHECK = "complete_customer_file"
_NO_OPPORTUNITY = "none"
KnownForms = Mapping[str, forms.Form]


@dataclass(frozen=True, slots=True)
class Told:
    """One form of one of the customer's renewals, with the forms of the version it was given on."""

    renewal_id: int
    plate: str | None
    form: FormGiven
    known: KnownForms

    def label(self, key: str) -> Label | None:
        """Return the label of what was chosen in the field *key*; None where nothing was."""
        code = self.form.values.get(key)
        return choice_label(self.known, Choice(self.form.form_id, key, str(code))) if code else None

    @property
    def title(self) -> Label:
        """What the form is called."""
        form = self.known.get(self.form.form_id)
        return Label(form.title.zh, form.title.en) if form else Label(self.form.form_id, self.form.form_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLine:
    """One contact or visit; ``day`` is when it took place, ``at`` when it was written down."""

    day: date
    at: datetime
    renewal_id: int
    plate: str | None
    title: Label
    by: str
    channel: Label | None
    person: Label | None
    result: Label | None
    is_effective: bool
    is_dead_number: bool
    next_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LossLine:
    """What was learnt of a loss, or of what others offer; yuan."""

    day: date
    renewal_id: int
    plate: str | None
    by: str
    reason: Label | None
    source: Label | None
    competitor: str | None
    competitor_price: Decimal | None
    price_gap: PriceGap | None
    recoverable: Label | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityLine:
    """A sale that may follow, and when."""

    what: Label
    due: date | None
    plate: str | None
    told: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCheck:
    """What the trainer wrote when the file was last checked (G-L3)."""

    result: Label | None
    by: str
    at: datetime
    missing: tuple[Label, ...]


def contact_lines(told: Iterable[Told], names: Mapping[str, str]) -> tuple[ContactLine, ...]:
    """Return the contacts and visits, the newest first."""
    found = [line for one in told if (line := _contact(one, names)) is not None]
    return tuple(sorted(found, key=lambda line: line.day, reverse=True))


def _contact(one: Told, names: Mapping[str, str]) -> ContactLine | None:
    contact = contact_of(one.form)
    if contact is None:
        return None
    return ContactLine(
        day=contact.day,
        at=one.form.at,
        renewal_id=one.renewal_id,
        plate=one.plate,
        title=one.title,
        by=names.get(one.form.by, one.form.by),
        channel=one.label("channel"),
        person=one.label("contact_person"),
        result=choice_label(one.known, contact.result),
        is_effective=contact.is_effective,
        is_dead_number=contact.result.code == DEAD_NUMBER,
        next_date=next_contact_day(one.form.values),
    )


def loss_lines(told: Iterable[Told], names: Mapping[str, str]) -> tuple[LossLine, ...]:
    """Return what was told of losses and competitors, the newest first."""
    found = [line for one in told if (line := _loss(one, names)) is not None]
    return tuple(reversed(found))


def _loss(one: Told, names: Mapping[str, str]) -> LossLine | None:
    values, competitor = one.form.values, one.form.values.get("competitor")
    tells = bool(values.get("reason") or competitor or values.get("competitor_price"))
    if one.form.form_id not in {*COMPETITOR_FORMS, *LOSS_FORMS} or not tells:
        return None
    return LossLine(
        day=one.form.day,
        renewal_id=one.renewal_id,
        plate=one.plate,
        by=names.get(one.form.by, one.form.by),
        reason=one.label("reason"),
        source=one.label("reason_source"),
        competitor=mask_text(str(competitor)) if competitor else None,
        competitor_price=as_money(values.get("competitor_price")),
        price_gap=one.form.price_gap,
        recoverable=one.label("recoverable"),
    )


def opportunity_lines(told: Iterable[Told]) -> tuple[OpportunityLine, ...]:
    """Return the sales that may follow, the next one first; of each car the last word counts."""
    newest: dict[int, OpportunityLine | None] = {}
    for one in told:
        code = one.form.values.get("next_opportunity")
        if code:
            label = one.label("next_opportunity")
            newest[one.renewal_id] = (
                None
                if code == _NO_OPPORTUNITY or label is None
                else OpportunityLine(
                    what=label,
                    due=as_day(one.form.values.get("opportunity_date")),
                    plate=one.plate,
                    told=one.form.day,
                )
            )
    found = [line for line in newest.values() if line is not None]
    return tuple(sorted(found, key=lambda line: (line.due or date.max, line.told)))


def preferred_time(told: Iterable[Told]) -> Label | None:
    """Return when the customer last said to be called."""
    return next(
        (label for one in reversed(list(told)) if (label := one.label("contact_preference")) is not None),
        None,
    )


def last_check(told: Iterable[Told], names: Mapping[str, str]) -> FileCheck | None:
    """Return the trainer's last check of the file."""
    one = next((one for one in reversed(list(told)) if one.form.form_id == FILE_CHECK), None)
    if one is None:
        return None
    codes = one.form.values.get("missing_items") or []
    labels = (choice_label(one.known, Choice(FILE_CHECK, "missing_items", str(code))) for code in codes)
    return FileCheck(
        result=one.label("result"),
        by=names.get(one.form.by, one.form.by),
        at=one.form.at,
        missing=tuple(label for label in labels if label is not None),
    )
