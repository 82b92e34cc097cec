"""Turn judged list rows into facts and renewals: new, changed or unchanged, never twice.

Rules: domain.md §4.5 (row key), §7 cases 1–7, 11, 20–22, 28, 32, 33.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.bootstrap import Engine
from engine.clock import business_date
from engine.domain.actor import Actor
from engine.domain.codes import Line, MessageName, Stage
from engine.domain.customer_file import is_organisation
from engine.domain.directory import Responsible
from engine.domain.lists import PolicyRow, RowKey
from engine.domain.lists.clusters import base_dates, case_date, clusters, per_row, within
from engine.domain.placement import Placer
from engine.domain.stage import SAME_PERIOD, stage_on
from engine.errors import EngineError
from engine.services import quoting
from engine.services.assignment import assign
from engine.services.carrying import Carried, carry_stops, record_carried
from engine.services.context import StepScope
from engine.services.instances import NewRenewal, RenewalStarter, load_scope, start_renewal
from engine.services.intake_rows import Customers, NewRows
from engine.services.messages import deliver_in
from engine.services.rating import city_of, quote_opens
from engine.services.row_results import RowResult, failed, one_a_row, too_late
from engine.services.verdicts import listed
from engine.store.imports import ImportBatch
from engine.store.keys import KeyBlock
from engine.store.organisation import directory_on
from engine.store.people import phones_of_staff
from engine.store.renewals import (
    Customer,
    PolicyLine,
    Renewal,
    Vehicle,
    customers_known,
    lines_by_number,
    lines_of,
    lines_of_vehicles,
    renewals_of_vehicles,
    vehicles_by_vin,
)
from engine.store.session import Tx

_LINE_FIELDS = ("start_date", "signed_date", "premium", "third_party_limit", "ncd", "self_pricing", "claims")
_VEHICLE_FIELDS = ("plate", "make_model", "first_registration", "use", "energy", "seats", "new_car_price")


class _Rehearsed(Exception):  # noqa: N818 - no error: it undoes what was tried
    """Carries the results of a rehearsal out of the savepoint that it leaves undone."""

    def __init__(self, results: list[RowResult]) -> None:
        self.results = results
        super().__init__()


class Intake:
    """Works rows of one batch in one transaction; *units* are those the preview found for the rows."""

    def __init__(
        self,
        tx: Tx,
        engine: Engine,
        batch: ImportBatch,
        *,
        units: Mapping[RowKey, str | None],
        actor: Actor,
        now: datetime,
    ) -> None:
        self.tx, self.engine, self.batch, self.actor, self.now = tx, engine, batch, actor, now
        self.today = business_date(now, engine.clock.zone)
        self.directory = directory_on(tx, self.today)
        self.placer, self.units = Placer(self.directory), units
        self.starter = RenewalStarter(tx, engine.latest(), now=now)
        self.new = NewRows()
        self._customer_ids = KeyBlock(tx, Customer)
        self._vehicle_ids = KeyBlock(tx, Vehicle)

    def predict(self, rows: Sequence[PolicyRow]) -> list[RowResult]:
        """Say what :meth:`take` would do, changing nothing."""
        self._load(rows)
        results: list[RowResult] = []
        planned: dict[str, list[date]] = {}
        for cluster in clusters(rows):
            renewal = self._renewal_for(cluster)
            starts = renewal is None and not within(planned.get(cluster[0].vin, ()), cluster)
            if starts:
                expiry = case_date(base_dates(cluster).values(), self.today)
                planned.setdefault(cluster[0].vin, []).append(expiry)
                results += self._new_results(cluster, expiry, None)
                continue
            results += self._foretell(cluster, renewal)
        return one_a_row(results)

    def take(self, rows: Sequence[PolicyRow]) -> list[RowResult]:
        """Store the facts of *rows* and start or update their renewals; a faulty vehicle is rejected alone."""
        self._load(rows)
        results: list[RowResult] = []
        for cluster in clusters(rows):
            try:
                results += self._take_cluster(cluster)
            except EngineError as error:
                results += [
                    RowResult(key, "rejected", problem=failed(key, error)) for key, _ in per_row(cluster)
                ]
        self.new.write(self.tx)
        return one_a_row(results)

    def _load(self, rows: Sequence[PolicyRow]) -> None:
        vins = {row.vin for row in rows}
        self.vehicles = vehicles_by_vin(self.tx, vins)
        self.renewals = renewals_of_vehicles(self.tx, vins)
        self.lines = lines_by_number(self.tx, {row.policy_no for row in rows if row.policy_no})
        self.covers = lines_of_vehicles(self.tx, [vehicle.id for vehicle in self.vehicles.values()])
        self.customers = Customers(
            customers_known(
                self.tx,
                id_numbers={row.id_no for row in rows if row.id_no},
                phones={row.phone for row in rows if row.phone},
                names={name for row in rows if (name := row.owner_name) and is_organisation(name)},
                ids={v.customer_id for v in self.vehicles.values() if v.customer_id is not None},
            ),
            colleagues=phones_of_staff(self.tx, {row.phone for row in rows if row.phone}),
        )

    def _renewal_for(self, cluster: Sequence[PolicyRow]) -> Renewal | None:
        """The renewal these rows speak of already: same policy, or same vehicle within the period."""
        for row in cluster:
            line = self.lines.get(row.policy_no or "")
            if line is not None and line.renewal_id is not None:
                return next((r for r in self.renewals.get(row.vin, ()) if r.id == line.renewal_id), None)
        earliest = min(row.expiry_date for row in cluster)
        for renewal in self.renewals.get(cluster[0].vin, ()):
            if abs(renewal.expiry_date - earliest) <= SAME_PERIOD:
                return renewal
        return None

    def _foretell(self, cluster: Sequence[PolicyRow], renewal: Renewal | None) -> list[RowResult]:
        """Say what becomes of rows of a known renewal; what its process may refuse is tried and undone."""
        if renewal is not None and any(self._asks_process(row, renewal) for _, row in per_row(cluster)):
            return self._rehearse(cluster, renewal)
        results = []
        for key, row in per_row(cluster):
            changed = renewal is None or self._differs(row, renewal)
            found = renewal.id if renewal is not None else None
            results.append(RowResult(key, "changed" if changed else "unchanged", found))
        return results

    def _asks_process(self, row: PolicyRow, renewal: Renewal) -> bool:
        """Whether the row may move the expiry date, which the process must be waiting to hear."""
        line = self._line_for(row, renewal)
        return line is None or not _expires_as_listed(line, row)

    def _rehearse(self, cluster: Sequence[PolicyRow], renewal: Renewal) -> list[RowResult]:
        lines, covers = dict(self.lines), {key: list(held) for key, held in self.covers.items()}
        try:
            with self.new.unless_refused(), self.tx.attempt():
                raise _Rehearsed(self._update(cluster, renewal))
        except _Rehearsed as done:
            return done.results
        except EngineError as error:
            return [RowResult(key, "rejected", problem=failed(key, error)) for key, _ in per_row(cluster)]
        finally:
            self.lines, self.covers = lines, covers

    def _take_cluster(self, cluster: Sequence[PolicyRow]) -> list[RowResult]:
        renewal = self._renewal_for(cluster)
        if renewal is None:
            with self.tx.unless_refused(), self.new.unless_refused():
                return self._start(cluster)
        self.new.write(self.tx)
        with self.new.unless_refused(), self.tx.attempt():
            return self._update(cluster, renewal)

    def _start(self, cluster: Sequence[PolicyRow]) -> list[RowResult]:
        main = next((row for row in cluster if row.line is Line.COMMERCIAL), cluster[0])
        customer = self._customer(main)
        carried = self._carried(main, customer)  # before anything is started for who wants to be left alone
        vehicle = self._vehicle(main, customer)
        lines = self._lines(cluster, vehicle)
        kinds = {line.line for line in lines}
        expiry = case_date((line.expiry_date for line in lines), self.today)
        premiums = {line.line: line.premium for line in lines}
        place = self.placer.place(listed(main), home=self.units.get(main.key))
        people = self.placer.responsible_for(listed(main), place)
        instance, renewal = start_renewal(
            self.tx,
            self.engine,
            self.starter,
            NewRenewal(
                vehicle=vehicle,
                customer=customer or self.customers.by_id.get(vehicle.customer_id or 0),
                lines=lines,
                covers=self.covers.setdefault(vehicle.id, []),
                expiry_date=expiry,
                line_mix="both" if len(kinds) == 2 else next(iter(kinds)),
                people=people,
                premium=premiums.get(Line.COMMERCIAL),
                ctp_premium=premiums.get(Line.CTP),
                quote_opens_date=self._quote_opens(lines, people),
                source=self._source(main),
            ),
            actor=self.actor,
            now=self.now,
        )
        self.new.instances.append(instance)
        self.new.renewals.append(renewal)
        if carried:
            self._tell_carried(carried, renewal, main)
        self.new.links += [(line, renewal.id) for line in lines]
        self.renewals.setdefault(vehicle.vin, []).append(renewal)
        return self._new_results(cluster, expiry, renewal.id)

    def _quote_opens(self, lines: Sequence[PolicyLine], people: Responsible) -> date | None:
        """The day from which every line due can be quoted, by the city's window (domain.md §3.7)."""
        city = city_of(self.directory, people.sub_branch_code, people.branch_code)
        due = {Line(line.line): line.expiry_date for line in lines}
        return quote_opens(self.starter.deployed.decisions, city, due)

    def _new_results(
        self, cluster: Sequence[PolicyRow], expiry: date, renewal_id: int | None
    ) -> list[RowResult]:
        """What becomes of rows that start a renewal; those listed after win-back are told so (case 3)."""
        is_late = stage_on(self.today, expiry) is Stage.CLOSED
        return [
            RowResult(
                key,
                "new",
                renewal_id,
                started=int(place == 0),
                too_late=int(place == 0 and is_late),
                problem=too_late(row) if is_late else None,
            )
            for place, (key, row) in enumerate(per_row(cluster))
        ]

    def _source(self, row: PolicyRow) -> str:
        sheet = f" sheet {row.sheet}" if row.sheet else ""
        return f"batch {self.batch.id}{sheet} row {row.row_no}"

    def _vehicle(self, row: PolicyRow, customer: Customer | None) -> Vehicle:
        vehicle = self.vehicles.get(row.vin)
        if vehicle is None:
            vehicle = Vehicle(id=self._vehicle_ids.take(), vin=row.vin)
            self.new.vehicles.append(vehicle)
            self.vehicles[row.vin] = vehicle
        for name in _VEHICLE_FIELDS:
            value = getattr(row, name)
            if value is not None:
                setattr(vehicle, name, value)
        if customer is not None:
            vehicle.customer_id = customer.id
        return vehicle

    def _customer(self, row: PolicyRow) -> Customer | None:
        if not row.owner_name:
            return None
        customer = self.customers.find(id_no=row.id_no, name=row.owner_name, phone=row.phone)
        if customer is None:
            customer = Customer(
                id=self._customer_ids.take(), name=row.owner_name, id_no=row.id_no, phone=row.phone
            )
            self.new.customers.append(customer)
            self.customers.add(customer)
        elif row.phone and not customer.phone:
            customer.phone = row.phone
            self.customers.add(customer)
        self.customers.doubt_shared(customer)
        return customer

    def _carried(self, row: PolicyRow, customer: Customer | None) -> Carried:
        """Let the customer of a row have what stands on the other rows of the same customer, and they what on it."""
        if customer is None or not row.owner_name:
            return {}
        vehicle = self.vehicles.get(row.vin)
        return carry_stops(
            self.customers.same_as(
                customer,
                id_no=row.id_no,
                name=row.owner_name,
                phone=row.phone,
                owner_id=vehicle.customer_id if vehicle is not None else None,
            )
        )

    def _tell_carried(self, carried: Carried, renewal: Renewal, row: PolicyRow) -> None:
        record_carried(
            self.tx,
            carried,
            customer_id=renewal.customer_id,
            renewal_id=renewal.id,
            beside=self.new.renewals,
            actor=self.actor,
            now=self.now,
            source=self._source(row),
        )

    def _lines(self, cluster: Sequence[PolicyRow], vehicle: Vehicle) -> list[PolicyLine]:
        """One expiring line a kind: of two policies of one kind the later-expiring is the base (case 6)."""
        base: dict[Line, PolicyRow] = {}
        for row in cluster:
            if row.line not in base or base[row.line].expiry_date < row.expiry_date:
                base[row.line] = row
        made = []
        for row in cluster:
            line = self.lines.get(row.policy_no or "") or self._new_line(row, vehicle)
            if base[row.line] is row:
                made.append(line)
        return made

    def _new_line(self, row: PolicyRow, vehicle: Vehicle) -> PolicyLine:
        line = PolicyLine(
            policy_no=row.policy_no,
            line=str(row.line),
            vehicle_id=vehicle.id,
            expiry_date=row.expiry_date,
            listed_expiry=row.expiry_date,
            expiry_time=row.expiry_time.isoformat() if row.expiry_time else None,
            years_insured=row.years_insured,
            cancelled=False,
            sub_branch_code=self.units.get(row.key),
            batch_id=self.batch.id,
            sheet=row.sheet,
            row_no=row.row_no,
            **{name: getattr(row, name) for name in _LINE_FIELDS},
        )
        self.new.lines.append(line)
        self.covers.setdefault(vehicle.id, []).append(line)
        if row.policy_no:
            self.lines[row.policy_no] = line
        return line

    def _differs(self, row: PolicyRow, renewal: Renewal) -> bool:
        line = self._line_for(row, renewal)
        vehicle = self.vehicles.get(row.vin)
        if line is None or vehicle is None or not _expires_as_listed(line, row):
            return True
        if row.agent_no and renewal.agent_no and row.agent_no != renewal.agent_no:
            return True
        return bool(_changes(line, row, _LINE_FIELDS) or _changes(vehicle, row, _VEHICLE_FIELDS))

    def _line_for(self, row: PolicyRow, renewal: Renewal) -> PolicyLine | None:
        line = self.lines.get(row.policy_no or "")
        if line is None:
            line = next(
                (x for x in lines_of(self.tx, renewal.id) if x.line == row.line and not row.policy_no), None
            )
        return line

    def _update(self, cluster: Sequence[PolicyRow], renewal: Renewal) -> list[RowResult]:
        results = []
        scope: StepScope | None = None
        for key, row in per_row(cluster):
            if not self._differs(row, renewal):
                results.append(RowResult(key, "unchanged", renewal.id))
                continue
            if scope is None:
                scope = load_scope(self.tx, self.engine, renewal.id, actor=self.actor, now=self.now)
            self._change(scope, row)
            results.append(RowResult(key, "changed", renewal.id))
        if scope is not None:  # a claim, a premium: what was foretold from it is told anew (case 35)
            source = self._source(cluster[0])
            quoting.refresh_forecast(scope, source=source, deployed=self.starter.deployed)
        return results

    def _change(self, scope: StepScope, row: PolicyRow) -> None:
        """Apply a corrected row; every changed field is recorded with its source (case 21)."""
        source = self._source(row)
        known = self._line_for(row, scope.renewal)
        line = known or self._another_line(scope, row)
        if known is None:
            scope.change_fact("line", None, str(row.line), source=source)
        for target, names in ((line, _LINE_FIELDS), (scope.vehicle, _VEHICLE_FIELDS)):
            for name, old, new in _changes(target, row, names):
                setattr(target, name, new)
                scope.change_fact(name, old, new, source=source)
        if row.premium is not None and line.renewal_id == scope.renewal.id:
            name = "premium" if row.line is Line.COMMERCIAL else "ctp_premium"
            setattr(scope.renewal, name, row.premium)
        self._change_agent(scope, row)
        self._change_expiry(scope, line, row, source)
        if known is None:
            self._follow_base(scope, source)

    def _another_line(self, scope: StepScope, row: PolicyRow) -> PolicyLine:
        """Store one more policy; of two of one kind the later-expiring is the base (case 6)."""
        line, renewal = self._new_line(row, scope.vehicle), scope.renewal
        base = next((held for held in scope.lines if held.line == row.line), None)
        if base is None:
            renewal.lines = "both"
        elif base.expiry_date >= row.expiry_date:
            return line
        else:
            base.renewal_id = None
            scope.lines.remove(base)
            if base.policy_no == renewal.policy_no:
                renewal.policy_no = row.policy_no
        line.renewal_id = renewal.id
        scope.lines.append(line)
        return line

    def _follow_base(self, scope: StepScope, source: str) -> None:
        """Move the renewal's date when all its base policies expire later than it says."""
        earliest = min(line.expiry_date for line in scope.lines)
        if scope.renewal.ended_at is None and earliest > scope.renewal.expiry_date:
            deliver_in(
                self.tx,
                scope,
                MessageName.EXPIRY_CHANGED,
                {"expiry_date": earliest.isoformat()},
                source=source,
            )

    def _change_agent(self, scope: StepScope, row: PolicyRow) -> None:
        renewal = scope.renewal
        if not row.agent_no or not renewal.agent_no or row.agent_no == renewal.agent_no or renewal.ended_at:
            return
        people = self.directory.responsible_for(
            agent_no=row.agent_no,
            sub_branch_code=renewal.sub_branch_code,
            workplace_code=renewal.workplace_code,
            specialist_no=row.specialist_no,
        )
        assign(scope, people, reason=f"batch {self.batch.id}")

    def _change_expiry(self, scope: StepScope, line: PolicyLine, row: PolicyRow, source: str) -> None:
        if _expires_as_listed(line, row):
            return
        if line.expiry_date == scope.renewal.expiry_date and scope.renewal.ended_at is None:
            deliver_in(
                self.tx,
                scope,
                MessageName.EXPIRY_CHANGED,
                {"expiry_date": row.expiry_date.isoformat()},
                source=source,
            )
        else:
            scope.change_fact("expiry_date", line.expiry_date, row.expiry_date, source=source)
        line.expiry_date = line.listed_expiry = row.expiry_date


def _expires_as_listed(line: PolicyLine, row: PolicyRow) -> bool:
    """Whether a row says nothing new of the expiry: an older list does not undo an endorsement (case 21)."""
    return row.expiry_date in (line.expiry_date, line.listed_expiry)


def _changes(target: Any, row: PolicyRow, names: Iterable[str]) -> list[tuple[str, Any, Any]]:
    """Fields in which a row says something else than what is stored; silence changes nothing."""
    found = []
    for name in names:
        old, new = getattr(target, name), getattr(row, name)
        if new is not None and not _same(old, new):
            found.append((name, old, new))
    return found


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, Decimal) and isinstance(new, Decimal):
        return old.compare(new) == 0
    return bool(old == new)
