"""What a form is: frozen values, filled once by the loader and shared by every request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from forms.conditions import Condition


class FieldKind(StrEnum):
    """What a field takes; the form-js component type is in the comment where the two differ."""

    TEXT = "text"  # textfield
    TEXTAREA = "textarea"
    NUMBER = "number"
    SELECT = "select"
    RADIO = "radio"
    CHECKLIST = "checklist"
    TAGLIST = "taglist"
    CHECKBOX = "checkbox"
    DATE = "date"  # datetime, subtype date
    DATETIME = "datetime"  # datetime, subtype datetime


ONE_CHOICE = frozenset({FieldKind.SELECT, FieldKind.RADIO})
SEVERAL_CHOICES = frozenset({FieldKind.CHECKLIST, FieldKind.TAGLIST})
TEXTS = frozenset({FieldKind.TEXT, FieldKind.TEXTAREA})
DAYS = frozenset({FieldKind.DATE, FieldKind.DATETIME})


@dataclass(frozen=True, slots=True)
class Text:
    """A text in the two languages of the product."""

    zh: str
    en: str

    def say(self, lang: str = "zh") -> str:
        """Return the text in *lang* (``zh`` or ``en``)."""
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a choice field; the value is stored, the label shown."""

    value: str
    label: Text


@dataclass(frozen=True, slots=True)
class DayBound:
    """A bound that moves with the business date: today plus *days* (calendar days, Asia/Shanghai)."""

    days: int

    def on(self, today: date) -> date:
        """Return the bounding day, itself allowed."""
        return today + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a person fills in.

    ``outcome`` fields alone enter the process; the others live in the engine's tables. ``personal`` marks
    personal data (masked where it is shown). ``not_below`` names an earlier field of the same kind whose
    value this one must reach. ``prefill`` is a dotted path into the facts the engine offers.
    """

    key: str
    kind: FieldKind
    label: Text
    required: bool = False
    outcome: bool = False
    personal: bool = False
    description: Text | None = None
    options: tuple[Option, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    decimals: int = 0
    min_length: int = 0
    max_length: int = 0
    pattern: re.Pattern[str] | None = None
    pattern_message: Text | None = None
    min_date: DayBound | None = None
    max_date: DayBound | None = None
    not_below: str | None = None
    prefill: str | None = None
    condition: Condition | None = None

    @property
    def values(self) -> tuple[str, ...]:
        """The values a choice field accepts, in the order shown."""
        return tuple(option.value for option in self.options)

    def is_hidden(self, clean: Mapping[str, Any]) -> bool:
        """Tell whether the field is hidden, given the cleaned values of the fields before it."""
        return self.condition is not None and self.condition.hides(clean)

    def option(self, value: str) -> Option | None:
        """Return the option that stores *value*."""
        return next((option for option in self.options if option.value == value), None)


@dataclass(frozen=True, slots=True)
class Form:
    """A form definition that passed every check of the loader."""

    form_id: str
    title: Text
    fields: tuple[Field, ...]
    schema: Mapping[str, Any] = attribute(compare=False, repr=False)
    """The form-js schema as written (Chinese texts); ``localise`` turns it into a language."""
    one_by_one: bool = False
    """Whether each task needs answers of its own, so that many must not be completed at once."""
    one_customer: bool = False
    """Whether, of a form that is *one_by_one*, the tasks of one customer may share their answers: a visit is to a
    person, however many cars it is about (domain.md §7 case 24)."""

    def field(self, key: str) -> Field | None:
        """Return the field with *key*."""
        return next((candidate for candidate in self.fields if candidate.key == key), None)

    @property
    def outcome_keys(self) -> tuple[str, ...]:
        """Keys of the fields that enter the process."""
        return tuple(candidate.key for candidate in self.fields if candidate.outcome)
