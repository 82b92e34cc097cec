"""The renewal file of one customer: every car and policy known here, what was done and said (domain.md §4.7).

One customer may stand in several rows, and have several cars: the file shows them as one, as far as their
renewals lie in the reader's scope (§7 cases 24, 45 and 46).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.codes import Line
from engine.domain.contacts import TOLD_FORMS
from engine.domain.customer_file import FilePart, completeness, is_organisation
from engine.domain.masking import mask_id_no, mask_phone, mask_vin
from engine.errors import NotFound
from engine.label import Label, Thing
from engine.queries.consents import Consents, consents_shown
from engine.queries.customer_forms import (
    FILE_CHECK,
    ContactLine,
    FileCheck,
    KnownForms,
    LossLine,
    OpportunityLine,
    Told,
    contact_lines,
    last_check,
    loss_lines,
    opportunity_lines,
    preferred_time,
)
from engine.queries.diagram import DeployedOf, task_label
from engine.queries.names import actor_names, people_told_apart
from engine.queries.present import Present, due_day
from engine.queries.quotes import held_back_of
from engine.queries.quotes_shown import Quotes, latest_quotes
from engine.queries.renewal_page import LineFacts, line_facts
from engine.queries.scope import OPEN, renewals_visible_to, tasks_doable_by
from engine.queries.vehicles import shown_customer, shown_plate
from engine.store.history import HistoryEvent
from engine.store.instances import ProcessInstance
from engine.store.ledger import reason_label
from engine.store.renewals import (
    Customer,
    PolicyLine,
    Renewal,
    Vehicle,
    lines_of_vehicles,
)
from engine.store.same_customer import same_customers, withheld
from engine.store.tasks import UserTask
from engine.store.told import forms_given_for

MOST_RENEWALS = 120
MOST_CONTACTS = 60
MOST_TASKS = 300
Mine = Sequence[ColumnElement[bool]]
"""The WHERE clauses over Renewal for those of the customer in the reader's scope."""


class PhoneState(StrEnum):
    """What is known of the customer's number."""

    NONE = "none"
    DOUBTFUL = "doubtful"
    DEAD = "dead"
    SOUND = "sound"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalLine:
    """One renewal of a car; quotes and premium in yuan.

    ``is_held_back``: there is a forecast, but the reader does not see it yet (domain.md §3.6).
    ``is_actual_over``: the actual quote is not valid any more.
    """

    id: int
    expiry_date: date
    days_left: int
    stage: str
    state: str
    outcome: str | None
    owner: str | None
    owner_role: str | None
    contacts: int
    premium: Decimal | None
    forecast: Decimal | None
    is_held_back: bool
    actual: Decimal | None
    is_actual_over: bool
    loss_reason: Label | None
    is_key: bool
    is_orphan: bool
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CarLine:
    """One car with its renewals and policies, the newest first; personal data is masked."""

    plate: str | None
    vin: str
    make_model: str | None
    first_registration: date | None
    use: str | None
    energy: str | None
    new_car_price: Decimal | None
    claims: int | None
    renewals: tuple[RenewalLine, ...]
    policies: tuple[LineFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOfCar:
    """An open task of one of the cars that the reader may do."""

    task_id: int
    renewal_id: int
    name: Label
    action_id: str
    plate: str | None
    due_date: date | None
    late_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskGroup:
    """Open tasks of one form; ``may_bulk`` when they may be done as one act."""

    title: Label
    may_bulk: bool
    tasks: tuple[TaskOfCar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something the file lacks, and of which car."""

    part: FilePart
    what: Label
    plate: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFile:
    """Everything of one customer that lies in the reader's scope; masked.

    ``renewals`` counts all in scope, of which the newest are shown. ``may_state`` says whether the reader may record
    what the customer agrees to or withdraws.
    """

    id: int
    name: str | None
    is_organisation: bool
    phones: tuple[str, ...]
    id_no: str | None
    phone_state: PhoneState
    do_not_contact: bool
    do_not_contact_since: date | None
    no_sharing: bool
    consents: Consents
    may_state: bool
    preferred_time: Label | None
    percent: int
    gaps: tuple[Gap, ...]
    check: FileCheck | None
    cars: tuple[CarLine, ...]
    renewals: int
    groups: tuple[TaskGroup, ...]
    contacts: tuple[ContactLine, ...]
    contact_count: int
    losses: tuple[LossLine, ...]
    opportunities: tuple[OpportunityLine, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """The rows behind a file."""

    rows: Sequence[Any]
    lines: Mapping[int, Sequence[PolicyLine]]
    owners: Mapping[str, str]
    quotes: Mapping[int, Quotes]
    held_back: frozenset[int]
    present: Present
    deployed_of: DeployedOf

    def known(self, set_id: int) -> KnownForms:
        return self.deployed_of(set_id).forms


def customer_in_reach(session: Session, actor: Actor, customer_id: int) -> bool:
    """Whether *actor* may open the file of a customer: any of its renewals lies in the scope."""
    customer = session.get(Customer, customer_id)
    if customer is None:
        return False
    members = same_customers(session, customer)
    query = select(Renewal.id).where(
        Renewal.customer_id.in_([row.id for row in members]), renewals_visible_to(actor)
    )
    return session.scalar(query.limit(1)) is not None


def customer_file(
    session: Session, actor: Actor, customer_id: int, present: Present, *, deployed_of: DeployedOf
) -> CustomerFile:
    """Return the file of one customer; some dozen statements, however many cars.

    Raises:
        NotFound: no such customer, or none of the renewals lies in *actor*'s scope; both look the same.
    """
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NotFound(what=Thing.CUSTOMER, key=customer_id)
    of_organisation = is_organisation(customer.name)
    everyone = same_customers(session, customer)
    mine = Renewal.customer_id.in_([row.id for row in everyone]), renewals_visible_to(actor)
    found, total = _found(session, actor, mine, present, deployed_of)
    if not found.rows:
        raise NotFound(what=Thing.CUSTOMER, key=customer_id)
    told = _told(session, found)
    names = actor_names(session, {one.form.by for one in told})
    contacts = contact_lines(told, names)
    members = [row for row in everyone if any(row.id == one.Renewal.customer_id for one in found.rows)]
    consents = consents_shown(session, everyone, present.today, seen={row.id for row in members})
    stopped = withheld(everyone)  # also by a word taken outside of the scope: it holds here too
    phone_state, wanted = _phone_state(session, found, members, contacts), preferred_time(told)
    cars = _cars(found)
    known = {
        FilePart.NAME: any(row.name for row in members),
        FilePart.ID_NO: any(row.id_no for row in members),
        FilePart.PHONE: any(row.phone for row in members),
        FilePart.SOUND_PHONE: phone_state in (PhoneState.SOUND, PhoneState.UNTRIED),
        FilePart.PREFERRED_TIME: wanted is not None,
        FilePart.REACHED: any(contact.is_effective for contact in contacts),
        FilePart.CONSENT: consents.all_answered,
    }
    lacks = completeness(known, [_known_of(car) for car in cars])
    return CustomerFile(
        id=customer.id,
        name=shown_customer(next(iter(members), None)),
        is_organisation=of_organisation,
        phones=tuple(dict.fromkeys(mask_phone(row.phone) for row in members if row.phone)),
        id_no=next((mask_id_no(row.id_no) for row in members if row.id_no), None),
        phone_state=phone_state,
        do_not_contact=stopped.do_not_contact,
        do_not_contact_since=_stopped_on(session, found) if stopped.do_not_contact else None,
        no_sharing=stopped.no_sharing,
        consents=consents,
        may_state=bool(actor.working_roles) and stopped.erasure_asked_on is None,
        preferred_time=wanted,
        percent=lacks.percent,
        gaps=tuple(
            Gap(part=one.part, what=one.part.label, plate=_called(one.car, cars)) for one in lacks.missing
        ),
        check=last_check(told, names),
        cars=cars,
        renewals=total,
        groups=_groups(session, actor, mine, found),
        contacts=contacts[:MOST_CONTACTS],
        contact_count=len(contacts),
        losses=loss_lines(told, names),
        opportunities=opportunity_lines(told),
    )


def _called(car: int | None, cars: Sequence[CarLine]) -> str | None:
    """How a car is named where it lacks something; None for what the customer lacks."""
    return None if car is None else cars[car].plate or cars[car].vin


def _found(
    session: Session, actor: Actor, mine: Mine, present: Present, deployed_of: DeployedOf
) -> tuple[_Found, int]:
    """The newest renewals of the customer in scope with what stands around them, and how many there are."""
    total = session.scalar(select(func.count()).select_from(Renewal).where(*mine)) or 0
    rows = session.execute(
        select(Renewal, Vehicle, ProcessInstance.definition_set_id)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .join(ProcessInstance, ProcessInstance.id == Renewal.id)
        .where(*mine)
        .order_by(Renewal.expiry_date.desc(), Renewal.id)
        .limit(MOST_RENEWALS)
    ).all()
    lines = lines_of_vehicles(session, {row.Vehicle.id for row in rows})
    owners = people_told_apart(session, {row.Renewal.owner_no for row in rows})
    ids = [row.Renewal.id for row in rows]
    quotes, held_back = latest_quotes(session, ids), held_back_of(session, actor, ids)
    return _Found(rows, lines, owners, quotes, held_back, present, deployed_of), int(total)


def _told(session: Session, found: _Found) -> list[Told]:
    """All forms that tell something, the oldest first."""
    given = forms_given_for(
        session,
        [row.Renewal.id for row in found.rows],
        found.present.zone,
        form_ids={*TOLD_FORMS, FILE_CHECK},
    )
    told = [
        Told(row.Renewal.id, shown_plate(row.Vehicle.plate), form, found.known(row.definition_set_id))
        for row in found.rows
        for form in given[row.Renewal.id]
    ]
    return sorted(told, key=lambda one: one.form.at)


def _phone_state(
    session: Session, found: _Found, members: Sequence[Customer], contacts: Sequence[ContactLine]
) -> PhoneState:
    """What the rows and the last contacts say of the number; *contacts* stand newest first.

    A contact tells of the number that stood then: what was written down before the last change says nothing of it.
    """
    if not any(row.phone for row in members):
        return PhoneState.NONE
    if any(row.phone_doubtful for row in members):
        return PhoneState.DOUBTFUL
    last = next((one for one in contacts if one.is_dead_number or one.is_effective), None)
    if last is not None and (changed := _number_changed_at(session, found)) is not None:
        of_this = [one for one in contacts if one.at > changed and one.day >= _day_of(changed, found)]
        last = next((one for one in of_this if one.is_dead_number or one.is_effective), None)
    if last is None:
        return PhoneState.UNTRIED
    return PhoneState.DEAD if last.is_dead_number else PhoneState.SOUND


def _number_changed_at(session: Session, found: _Found) -> datetime | None:
    """When the number of the customer was last changed, or the customer became another one; as the history has it."""
    changed = _newest_change(session, found, {"phone", "customer"})
    return changed.at if changed else None


def _day_of(moment: datetime, found: _Found) -> date:
    return moment.astimezone(found.present.zone).date()


def _cars(found: _Found) -> tuple[CarLine, ...]:
    """The cars, those whose renewal expires last first."""
    by_car: dict[int, list[Any]] = {}
    for row in found.rows:
        by_car.setdefault(row.Vehicle.id, []).append(row)
    return tuple(_car(rows, found) for rows in by_car.values())


def _car(rows: Sequence[Any], found: _Found) -> CarLine:
    vehicle: Vehicle = rows[0].Vehicle
    ids = {row.Renewal.id for row in rows}
    lines = [line for line in found.lines.get(vehicle.id, ()) if {line.renewal_id, line.renews_id} & ids]
    lines.sort(key=lambda line: (line.expiry_date, line.line), reverse=True)
    main = next((line for line in lines if line.line == Line.COMMERCIAL), next(iter(lines), None))
    return CarLine(
        plate=shown_plate(vehicle.plate),
        vin=mask_vin(vehicle.vin),
        make_model=vehicle.make_model,
        first_registration=vehicle.first_registration,
        use=vehicle.use,
        energy=vehicle.energy,
        new_car_price=vehicle.new_car_price,
        claims=main.claims if main else None,
        renewals=tuple(_renewal(row, found) for row in rows),
        policies=tuple(line_facts(line) for line in lines),
    )


def _renewal(row: Any, found: _Found) -> RenewalLine:
    renewal: Renewal = row.Renewal
    forecast, actual = found.quotes.get(renewal.id, (None, None))
    amounts = [amount for amount in (renewal.premium, renewal.ctp_premium) if amount is not None]
    return RenewalLine(
        id=renewal.id,
        expiry_date=renewal.expiry_date,
        days_left=(renewal.expiry_date - found.present.today).days,
        stage=renewal.stage,
        state=renewal.state,
        outcome=renewal.outcome,
        owner=found.owners.get(renewal.owner_no or "", renewal.owner_no),
        owner_role=renewal.owner_role,
        contacts=renewal.contacts,
        premium=sum(amounts, Decimal(0)) if amounts else None,
        forecast=None if renewal.id in found.held_back else forecast,
        is_held_back=renewal.id in found.held_back,
        actual=actual,
        is_actual_over=actual is not None and not renewal.has_actual_quote and renewal.ended_at is None,
        loss_reason=reason_label(found.known(row.definition_set_id), renewal.loss_reason),
        is_key=renewal.is_key,
        is_orphan=renewal.is_orphan,
        is_open=renewal.ended_at is None,
    )


def _known_of(car: CarLine) -> Mapping[FilePart, bool]:
    return {
        FilePart.PLATE: bool(car.plate),
        FilePart.MODEL: bool(car.make_model),
        FilePart.REGISTRATION: car.first_registration is not None,
        FilePart.USE: bool(car.use),
        FilePart.PRICE: car.new_car_price is not None,
        FilePart.PREMIUM: any(renewal.premium is not None for renewal in car.renewals),
        FilePart.CLAIMS: car.claims is not None,
    }


def _groups(session: Session, actor: Actor, mine: Mine, found: _Found) -> tuple[TaskGroup, ...]:
    """The open tasks of all cars that *actor* may do, those of one form together; the most urgent form first.

    Of all renewals, not only of those that are shown: what expires first must not be left out.
    """
    rows = session.execute(
        select(UserTask, Vehicle, ProcessInstance.definition_set_id)
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .join(ProcessInstance, ProcessInstance.id == Renewal.id)
        .where(
            *mine,
            UserTask.status.in_(OPEN),
            tasks_doable_by(actor),
            or_(UserTask.claimed_by.is_(None), UserTask.claimed_by == actor.name),
        )
        .order_by(UserTask.due_at, UserTask.id)
        .limit(MOST_TASKS)
    )
    groups: dict[str, list[Any]] = {}
    for row in rows:
        groups.setdefault(row.UserTask.form_id, []).append(row)
    return tuple(_group(held, found) for held in groups.values())


def _group(rows: Sequence[Any], found: _Found) -> TaskGroup:
    form = found.known(rows[0].definition_set_id)[rows[0].UserTask.form_id]
    return TaskGroup(
        title=Label(form.title.zh, form.title.en),
        may_bulk=not form.one_by_one,
        tasks=tuple(_task(row, found) for row in rows),
    )


def _task(row: Any, found: _Found) -> TaskOfCar:
    task: UserTask = row.UserTask
    due = due_day(task.due_at, found.present.zone)
    is_late = task.due_at is not None and task.due_at <= found.present.now
    return TaskOfCar(
        task_id=task.id,
        renewal_id=task.instance_id,
        name=task_label(task, found.deployed_of(row.definition_set_id)),
        action_id=task.action_id,
        plate=shown_plate(row.Vehicle.plate),
        due_date=due,
        late_days=(found.present.today - due).days if is_late and due else 0,
    )


def _stopped_on(session: Session, found: _Found) -> date | None:
    """The day on which the customer asked not to be contacted, as the history has it."""
    stopped = _newest_change(session, found, {"do_not_contact"})
    return _day_of(stopped.at, found) if stopped else None


def _newest_change(session: Session, found: _Found, names: Collection[str]) -> HistoryEvent | None:
    """The last time that one of the facts called *names* changed in the customer's renewals."""
    events = session.scalars(
        select(HistoryEvent)
        .where(
            HistoryEvent.instance_id.in_([row.Renewal.id for row in found.rows]),
            HistoryEvent.action == "fact_changed",
        )
        .order_by(HistoryEvent.seq.desc())
    )
    return next((row for row in events if row.payload.get("field") in names), None)
