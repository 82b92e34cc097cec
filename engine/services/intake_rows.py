"""New rows of an import before they are in the session, and the customers that a list speaks of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from engine.domain.customer_file import is_organisation
from engine.domain.lists.across import SHARED_BY
from engine.domain.vehicle import normalise_id_no, normalise_name, normalise_phone
from engine.store.instances import ProcessInstance
from engine.store.renewals import Customer, PolicyLine, Renewal, Vehicle
from engine.store.session import Tx


@dataclass(slots=True)
class NewRows:
    """New rows of a chunk that are not in the session yet, in the order the database wants them."""

    customers: list[Customer] = field(default_factory=list)
    vehicles: list[Vehicle] = field(default_factory=list)
    instances: list[ProcessInstance] = field(default_factory=list)
    renewals: list[Renewal] = field(default_factory=list)
    lines: list[PolicyLine] = field(default_factory=list)
    links: list[tuple[PolicyLine, int]] = field(default_factory=list)
    """Lines and the renewals they belong to; a line may be known from the year before."""

    def write(self, tx: Tx) -> None:
        """Send them, then everything that waited for them."""
        for rows in (self.customers, self.vehicles, self.instances, self.renewals):
            if rows:
                tx.add_all(rows)
                tx.flush()
                rows.clear()
        for line, renewal_id in self.links:
            line.renewal_id = renewal_id
        tx.add_all(self.lines)
        self.links.clear()
        self.lines.clear()
        tx.write()

    @contextmanager
    def unless_refused(self) -> Iterator[None]:
        """Forget the renewal of the block if it raises; vehicle and customer are facts all the same."""
        kept = [(rows, len(rows)) for rows in (self.instances, self.renewals, self.lines, self.links)]
        try:
            yield
        except BaseException:
            for rows, count in kept:
                del rows[count:]
            raise


class Customers:
    """Customers by what a list tells of them: the ID number, else name and phone together."""

    def __init__(self, rows: Iterable[Customer], *, colleagues: Collection[str] = ()) -> None:
        self._colleagues = colleagues
        self.by_id: dict[int, Customer] = {}
        self._by_id_no: dict[str, dict[int, Customer]] = {}
        self._by_name: dict[tuple[str, str], dict[int, Customer]] = {}
        self._organisations: dict[str, dict[int, Customer]] = {}
        self._by_phone: dict[str, dict[int, Customer]] = {}
        for row in rows:
            self.add(row)

    def add(self, customer: Customer) -> None:
        """Let *customer* be found from now on; of several the first one counts."""
        self.by_id[customer.id] = customer
        if customer.id_no:
            self._by_id_no.setdefault(normalise_id_no(customer.id_no), {})[customer.id] = customer
        if customer.phone:
            self._by_name.setdefault(_named(customer.name, customer.phone), {})[customer.id] = customer
            self._by_phone.setdefault(customer.phone, {})[customer.id] = customer
        if is_organisation(customer.name):
            self._organisations.setdefault(normalise_name(customer.name), {})[customer.id] = customer

    def doubt_shared(self, customer: Customer) -> None:
        """Mark a number as doubtful that is a colleague's own or of too many customers (case 25)."""
        if customer.phone in self._colleagues:
            customer.phone_doubtful = True
        sharing = self._by_phone.get(customer.phone or "", {})
        if len(sharing) > SHARED_BY:
            for one in sharing.values():
                one.phone_doubtful = True

    def find(self, *, id_no: str | None, name: str, phone: str | None) -> Customer | None:
        """Return the customer a row speaks of, if known."""
        if id_no:
            return next(iter(self._by_id_no.get(normalise_id_no(id_no), {}).values()), None)
        return next(iter(self._by_name.get(_named(name, phone), {}).values()), None) if phone else None

    def same_as(
        self, customer: Customer, *, id_no: str | None, name: str, phone: str | None, owner_id: int | None
    ) -> list[Customer]:
        """Return the rows that are one with *customer*, itself first, by its own words and by those of a list's row.

        As engine.store.same_customer tells customers apart; also the one of whom the car is known, *owner_id*, when
        it bears the same name: a new number does not make another person of it.
        """
        number = normalise_id_no(id_no or customer.id_no or "")
        found = dict(self._by_id_no.get(number, {})) if number else {}
        for called, at in ((name, phone), (customer.name, customer.phone)):
            if at:
                found |= self._by_name.get(_named(called, at), {})
            if is_organisation(called):
                found |= self._organisations.get(normalise_name(called), {})
        owner = self.by_id.get(owner_id or 0)
        if owner is not None and normalise_name(owner.name) == normalise_name(name):
            found[owner.id] = owner
        found.pop(customer.id, None)
        fits = (
            row
            for row in found.values()
            if not (number and row.id_no) or normalise_id_no(row.id_no) == number
        )
        return [customer, *fits]


def _named(name: str, phone: str) -> tuple[str, str]:
    return normalise_name(name), normalise_phone(phone)
