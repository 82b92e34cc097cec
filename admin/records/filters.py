"""Filters of the record lists: plain fields of one form, days read in the business time zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from flask_admin.contrib.sqla.filters import BaseSQLAFilter, FilterConverter
from flask_admin.model import filters as admin_filters
from flask_babel import gettext as _

from admin.context import current_engine
from engine.api import midnight

Options = Callable[[], list[tuple[str, str]]]
LONGEST = 64


class RecordFilter(BaseSQLAFilter):  # type: ignore[misc]
    """A filter that shows as one field; ``widget`` is select, date or text."""

    widget = "text"

    def operation(self) -> str:
        """Return nothing: the label says it all."""
        return ""

    def label(self) -> str:
        """Return the field's label in the language of the request."""
        return str(self.name)


class CodeFilter(RecordFilter):
    """Rows whose column holds one of a closed list; *options* are asked for at each request."""

    widget = "select"

    def __init__(self, column: Any, name: Any, options: Options) -> None:
        super().__init__(column, name, options=options)

    def clean(self, value: str) -> str:
        """Take a code of the list only."""
        if value not in {code for code, _label in self.get_options(None) or ()}:
            raise ValueError(value)
        return value

    def apply(self, query: Any, value: Any, alias: Any = None) -> Any:
        """Keep the rows with this code."""
        return query.filter(self.get_column(alias) == value)


class FlagFilter(RecordFilter):
    """Rows whose column is true, or false."""

    widget = "select"

    def __init__(self, column: Any, name: Any) -> None:
        super().__init__(column, name, options=lambda: [("1", _("是")), ("0", _("否"))])

    def clean(self, value: str) -> bool:
        """Read ``1`` or ``0``."""
        if value not in ("0", "1"):
            raise ValueError(value)
        return value == "1"

    def apply(self, query: Any, value: Any, alias: Any = None) -> Any:
        """Keep the rows with this truth."""
        return query.filter(self.get_column(alias).is_(value))


class NumberFilter(RecordFilter):
    """Rows whose column equals a whole number."""

    def clean(self, value: str) -> int:
        """Read the number."""
        number = int(value)
        if not 0 <= number < 2**63:
            raise ValueError(value)
        return number

    def apply(self, query: Any, value: Any, alias: Any = None) -> Any:
        """Keep the rows with this number."""
        return query.filter(self.get_column(alias) == value)


class StartFilter(RecordFilter):
    """Rows whose column begins with a text; served by an index, unlike a search within."""

    def clean(self, value: str) -> str:
        """Read the text."""
        return value.strip().replace("\x00", "")

    def apply(self, query: Any, value: Any, alias: Any = None) -> Any:
        """Keep the rows that begin so."""
        return query.filter(self.get_column(alias).startswith(value, autoescape=True))


class PersonFilter(CodeFilter):
    """Rows whose column holds a person's number; one who no longer serves may still be asked for.

    Where people are too many to list, the number is typed.
    """

    @property
    def widget(self) -> str:
        """A list where there is one."""
        return "select" if self.get_options(None) else "text"

    def clean(self, value: str) -> str:
        """Take any number: the list holds those of today only."""
        return value.strip().replace("\x00", "")


class _DayFilter(RecordFilter):
    widget = "date"

    def clean(self, value: str) -> Any:
        """Read YYYY-MM-DD."""
        return date.fromisoformat(value)


class SinceDay(_DayFilter):
    """Dates from a day on."""

    def label(self) -> str:
        """Say from when."""
        return _("%(name)s不早于", name=self.name)

    def apply(self, query: Any, value: Any, alias: Any = None) -> Any:
        """Keep the rows of the day and after."""
        return query.filter(self.get_column(alias) >= value)


class UntilDay(_DayFilter):
    """Dates up to a day, itself included."""

    def label(self) -> str:
        """Say until when."""
        return _("%(name)s不晚于", name=self.name)

    def apply(self, query: Any, value: Any, alias: Any = None) -> Any:
        """Keep the rows of the day and before."""
        return query.filter(self.get_column(alias) <= value)


class SinceInstant(SinceDay):
    """Instants from the beginning of a business day on."""

    def clean(self, value: str) -> datetime:
        """Return the local midnight at which the day begins, UTC."""
        return midnight(date.fromisoformat(value), current_engine().clock.zone)


class UntilInstant(UntilDay):
    """Instants before the end of a business day."""

    def clean(self, value: str) -> datetime:
        """Return the local midnight at which the day is over, UTC."""
        return midnight(date.fromisoformat(value) + timedelta(days=1), current_engine().clock.zone)

    def apply(self, query: Any, value: Any, alias: Any = None) -> Any:
        """Keep the rows before it."""
        return query.filter(self.get_column(alias) < value)


class SinceDue(SinceInstant):
    """Due days from a day on; a due day ends where the next one begins."""

    def apply(self, query: Any, value: Any, alias: Any = None) -> Any:
        """Keep what is due that day or later."""
        return query.filter(self.get_column(alias) > value)


class UntilDue(UntilInstant):
    """Due days up to a day, itself included."""

    def apply(self, query: Any, value: Any, alias: Any = None) -> Any:
        """Keep what is due that day or earlier."""
        return query.filter(self.get_column(alias) <= value)


class RecordFilters(FilterConverter):  # type: ignore[misc]
    """Makes filters from the type of a column that is only named."""

    @admin_filters.convert("utcdatetime")
    def conv_instant(self, column: Any, name: Any, **_rest: Any) -> list[RecordFilter]:
        """Return since and until for an instant."""
        return [SinceInstant(column, name), UntilInstant(column, name)]

    @admin_filters.convert("date")
    def conv_date(self, column: Any, name: Any, **_rest: Any) -> list[RecordFilter]:
        """Return since and until for a business date."""
        return [SinceDay(column, name), UntilDay(column, name)]

    @admin_filters.convert("boolean")
    def conv_bool(self, column: Any, name: Any, **_rest: Any) -> list[RecordFilter]:
        """Return yes and no."""
        return [FlagFilter(column, name)]
