"""One renewal as a person sees it: header, people, facts, where it stands, what it waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bootstrap import Deployed
from engine.clock import business_date
from engine.domain.actor import Actor
from engine.domain.codes import Label, Role
from engine.domain.forecast_review import may_review
from engine.domain.masking import mask_id_no, mask_phone, mask_policy_no, mask_text, mask_vin
from engine.domain.own_clocks import OWN_CLOCKS, STAGE_CLOCK
from engine.domain.stage import stage_starts
from engine.queries.coming import Coming, Moment, coming
from engine.queries.diagram import DeployedOf, Path, label_of, next_named, path_of, task_label
from engine.queries.names import people_names, unit_names
from engine.queries.present import Present, due_day
from engine.queries.quotes import Quotes, quotes_shown
from engine.queries.scope import OPEN, find_renewal, renewals_visible_to
from engine.queries.vehicles import shown_customer, shown_plate
from engine.queries.waiting import Offered, Pending, Situation, why_waiting
from engine.queries.words import choice_labels
from engine.store.deadlines import latest_offer
from engine.store.instances import Incident, ProcessInstance, Timer, open_incidents
from engine.store.renewals import (
    Customer,
    PolicyLine,
    Renewal,
    Vehicle,
    doubled_lines,
    lines_of_vehicles,
)
from engine.store.same_customer import withheld_of
from engine.store.tasks import UserTask

SHOWN_TIMERS = 6
SPINE, STAGE_PROCESS = "renewal", "stage_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsible:
    """Somebody who answers for the renewal; ``is_owner`` marks the one responsible person (责任人)."""

    role: str
    number: str | None
    name: str | None
    is_owner: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """One policy line, its number masked; money in yuan."""

    line: str
    policy_no: str | None
    start_date: date | None
    expiry_date: date
    expiry_time: str | None
    signed_date: date | None
    premium: Decimal | None
    third_party_limit: Decimal | None
    ncd: Decimal | None
    self_pricing: Decimal | None
    claims: int | None
    years_insured: int | None
    cancelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """One open task of the renewal."""

    task_id: int
    name: Label
    action_id: str
    element_id: str
    role: str
    who: str | None
    is_claimed: bool
    due_date: date | None
    late_days: int
    is_mine: bool
    may_urge: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """One step that failed and waits for an administrator."""

    id: int
    element: Label | None
    message: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalPage:
    """Everything about one renewal but its timeline; personal data is masked already."""

    id: int
    plate: str | None
    vin: str
    make_model: str | None
    use: str | None
    energy: str | None
    seats: int | None
    new_car_price: Decimal | None
    first_registration: date | None
    customer_id: int | None
    customer: str | None
    phone: str | None
    id_no: str | None
    phone_doubtful: bool
    do_not_contact: bool
    no_sharing: bool
    erasure_asked_on: date | None
    kept_until: date | None
    expiry_date: date
    days_left: int
    stage: str
    state: str
    outcome: str | None
    is_key: bool
    is_orphan: bool
    is_recalled: bool
    orphan_route: str | None
    is_late: bool
    is_channel_leak: bool
    tier: str | None
    contacts: int
    failed_visits: int
    last_contact_at: datetime | None
    quotes: Quotes
    may_review_forecast: bool
    reported_policy_no: str | None
    reported_until: date | None
    loss_reason: Label | None
    exclusion_reason: Label | None
    people: tuple[Responsible, ...]
    units: tuple[tuple[str, str], ...]
    lines: tuple[LineFacts, ...]
    new_lines: tuple[LineFacts, ...]
    double_cover: tuple[LineFacts, ...]
    tasks: tuple[TaskLine, ...]
    coming: tuple[Coming, ...]
    incidents: tuple[IncidentLine, ...]
    waiting: Label
    path: Path
    started_at: datetime
    ended_at: datetime | None


def renewal_page(
    session: Session, actor: Actor, renewal_id: int, present: Present, *, deployed_of: DeployedOf
) -> RenewalPage:
    """Return one renewal of *actor*'s scope; ten statements whatever it holds, one more for a customer in several rows.

    Raises:
        NotFound: it does not exist or lies outside the scope; both look the same.
    """
    renewal = find_renewal(session, actor, renewal_id)
    vehicle, customer, instance, is_own = _around(session, renewal, actor)
    stopped = withheld_of(session, customer)
    lines = lines_of_vehicles(session, [renewal.vehicle_id]).get(renewal.vehicle_id, [])
    tasks = _open_tasks(session, renewal)
    timers = _next_timers(session, renewal)
    incidents = open_incidents(session, renewal.id)
    names = people_names(
        session, {*_numbers(renewal), *(task.assignee_no or task.claimed_by for task in tasks)}
    )
    units = unit_names(session, _unit_codes(renewal))
    offer = _offered(session, renewal, present)
    deployed, quotes = (
        deployed_of(instance.definition_set_id),
        quotes_shown(session, actor, renewal, present),
    )
    task_lines = tuple(_task(task, actor, names, present, deployed) for task in tasks)
    ahead = () if renewal.ended_at else _coming(renewal, timers, deployed, present)
    return RenewalPage(
        id=renewal.id,
        plate=shown_plate(vehicle.plate),
        vin=mask_vin(renewal.vin),
        make_model=vehicle.make_model,
        use=vehicle.use,
        energy=vehicle.energy,
        seats=vehicle.seats,
        new_car_price=vehicle.new_car_price,
        first_registration=vehicle.first_registration,
        customer_id=renewal.customer_id
        if is_own
        else None,  # its file is open to the scope, not to a colleague
        customer=shown_customer(customer),
        phone=mask_phone(customer.phone) if customer and customer.phone else None,
        id_no=mask_id_no(customer.id_no) if customer and customer.id_no else None,
        phone_doubtful=bool(customer and customer.phone_doubtful),
        do_not_contact=stopped.do_not_contact,
        no_sharing=stopped.no_sharing,
        erasure_asked_on=stopped.erasure_asked_on,
        kept_until=stopped.kept_until,
        expiry_date=renewal.expiry_date,
        days_left=(renewal.expiry_date - present.today).days,
        stage=renewal.stage,
        state=renewal.state,
        outcome=renewal.outcome,
        is_key=renewal.is_key,
        is_orphan=renewal.is_orphan,
        is_recalled=renewal.is_recalled,
        orphan_route=renewal.orphan_route,
        is_late=renewal.is_late,
        is_channel_leak=renewal.is_channel_leak,
        tier=renewal.tier,
        contacts=renewal.contacts,
        failed_visits=renewal.failed_visits,
        last_contact_at=renewal.last_contact_at,
        quotes=quotes,
        may_review_forecast=_may_review(actor, renewal, quotes) and is_own,
        reported_policy_no=mask_policy_no(renewal.reported_policy_no) if renewal.reported_policy_no else None,
        reported_until=renewal.reported_until,
        loss_reason=_reason("loss_reason", renewal.loss_reason, deployed),
        exclusion_reason=_reason("exclusion_code", renewal.exclusion_code, deployed),
        people=_people(renewal, names),
        units=tuple((code, units.get(code, code)) for code in _unit_codes(renewal)),
        lines=tuple(line_facts(line) for line in lines if line.renewal_id == renewal.id),
        new_lines=tuple(line_facts(line) for line in lines if line.renews_id == renewal.id),
        double_cover=tuple(line_facts(line) for line in doubled_lines(lines, renewal.expiry_date)),
        tasks=task_lines,
        coming=ahead,
        incidents=tuple(_incident(row, deployed) for row in incidents),
        waiting=why_waiting(_situation(renewal, task_lines, ahead, incidents, present, offer)),
        path=path_of(instance, deployed, incidents),
        started_at=renewal.started_at,
        ended_at=renewal.ended_at,
    )


def _may_review(actor: Actor, renewal: Renewal, quotes: Quotes) -> bool:
    """Whether the forecast waits for a person, and this one may be it."""
    waits = renewal.ended_at is None and quotes.forecast is not None and bool(quotes.forecast.asks)
    return waits and may_review(actor, renewal.specialist_no)


def _around(
    session: Session, renewal: Renewal, actor: Actor
) -> tuple[Vehicle, Customer | None, ProcessInstance, bool]:
    """What stands around a renewal, and whether it lies in the actor's own scope."""
    row = session.execute(
        select(Vehicle, Customer, ProcessInstance, renewals_visible_to(actor).label("is_own"))
        .select_from(Renewal)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .join(ProcessInstance, ProcessInstance.id == Renewal.id)
        .where(Renewal.id == renewal.id)
    ).one()
    return row.Vehicle, row.Customer, row.ProcessInstance, bool(row.is_own)


def _open_tasks(session: Session, renewal: Renewal) -> Sequence[UserTask]:
    """The open tasks, the next due first."""
    query = select(UserTask).where(UserTask.instance_id == renewal.id, UserTask.status.in_(OPEN))
    return session.scalars(query.order_by(UserTask.due_at, UserTask.id)).all()


def _next_timers(session: Session, renewal: Renewal) -> Sequence[Timer]:
    query = select(Timer).where(Timer.instance_id == renewal.id, Timer.settled.is_(False))
    return session.scalars(query.order_by(Timer.due_at, Timer.id).limit(SHOWN_TIMERS)).all()


def _numbers(renewal: Renewal) -> set[str | None]:
    return {
        renewal.owner_no,
        renewal.agent_no,
        renewal.supervisor_no,
        renewal.trainer_no,
        renewal.specialist_no,
    }


def _unit_codes(renewal: Renewal) -> list[str]:
    codes = (renewal.branch_code, renewal.sub_branch_code, renewal.workplace_code, renewal.team_code)
    return [code for code in codes if code]


def _people(renewal: Renewal, names: Mapping[str, str]) -> tuple[Responsible, ...]:
    held = (
        (Role.AGENT, renewal.agent_no),
        (Role.SUPERVISOR, renewal.supervisor_no),
        (Role.TRAINER, renewal.trainer_no),
        (Role.SPECIALIST, renewal.specialist_no),
    )
    return tuple(
        Responsible(
            role=str(role),
            number=number,
            name=names.get(number or "", number),
            is_owner=renewal.owner_role == role and (renewal.owner_no == number or number is None),
        )
        for role, number in held
    )


def _reason(name: str, code: str | None, deployed: Deployed) -> Label | None:
    """The label of a stored reason, with its code, from the forms that offer it."""
    if not code:
        return None
    label = choice_labels(deployed.forms.values()).get((name, code))
    return Label(f"{label.zh}（{code}）", f"{label.en} ({code})") if label else Label(code, code)


def line_facts(line: PolicyLine) -> LineFacts:
    """Return a policy line as it is shown."""
    return LineFacts(
        line=line.line,
        policy_no=mask_policy_no(line.policy_no) if line.policy_no else None,
        start_date=line.start_date,
        expiry_date=line.expiry_date,
        expiry_time=line.expiry_time,
        signed_date=line.signed_date,
        premium=line.premium,
        third_party_limit=line.third_party_limit,
        ncd=line.ncd,
        self_pricing=line.self_pricing,
        claims=line.claims,
        years_insured=line.years_insured,
        cancelled=line.cancelled,
    )


def _task(
    task: UserTask, actor: Actor, names: Mapping[str, str], present: Present, deployed: Deployed
) -> TaskLine:
    who = task.claimed_by or task.assignee_no
    due = due_day(task.due_at, present.zone)
    overdue = task.due_at is not None and task.due_at <= present.now
    return TaskLine(
        task_id=task.id,
        name=task_label(task, deployed),
        action_id=task.action_id,
        element_id=task.element_id,
        role=task.role,
        who=names.get(who or "", who),
        is_claimed=task.claimed_by is not None,
        due_date=due,
        late_days=(present.today - due).days if overdue and due else 0,
        is_mine=who is not None and (who == actor.name or who in actor.numbers),
        may_urge=who is not None
        and bool(actor.working_roles)
        and who != actor.name
        and who not in actor.numbers,
    )


def _coming(
    renewal: Renewal, timers: Sequence[Timer], deployed: Deployed, present: Present
) -> tuple[Coming, ...]:
    elements = deployed.process.elements.by_id

    def moment(timer: Timer) -> Moment:
        element = elements.get(timer.element_id)
        process = element.process_id if element else None
        return Moment(
            name=OWN_CLOCKS.get(timer.element_id) or label_of(timer.element_id, deployed),
            then=next_named(timer.element_id, deployed) if element else None,
            at=timer.due_at,
            day=business_date(timer.due_at, present.zone),
            moves_stage=process == SPINE or timer.element_id == STAGE_CLOCK,
            in_stage=bool(process and process.startswith(STAGE_PROCESS)),
        )

    starts = stage_starts(renewal.expiry_date)
    return coming(starts, renewal.expiry_date, [moment(timer) for timer in timers], present.today)


def _incident(row: Incident, deployed: Deployed) -> IncidentLine:
    return IncidentLine(
        id=row.id,
        element=label_of(row.element_id, deployed) if row.element_id else None,
        message=mask_text(row.message),
        created_at=row.created_at,
    )


def _situation(
    renewal: Renewal,
    tasks: Sequence[TaskLine],
    ahead: tuple[Coming, ...],
    incidents: Sequence[Incident],
    present: Present,
    offer: Offered | None,
) -> Situation:
    return Situation(
        ended_on=business_date(renewal.ended_at, present.zone) if renewal.ended_at else None,
        outcome=renewal.outcome,
        failed=len(incidents),
        tasks=tuple(
            Pending(name=t.name, role=Role(t.role), who=t.who, due_date=t.due_date, late_days=t.late_days)
            for t in tasks
        ),
        pool=offer,
        coming=ahead,
    )


def _offered(session: Session, renewal: Renewal, present: Present) -> Offered | None:
    """The offer in the claim pool that stands; only an orphan is asked for."""
    if not renewal.is_orphan or renewal.agent_no is not None or renewal.ended_at is not None:
        return None
    row = latest_offer(session, renewal.id)
    if row is None or row.settled_at is not None or row.owner_no != renewal.owner_no:
        return None
    last = business_date(row.due_at, present.zone) - timedelta(days=1)
    return Offered(
        since=business_date(row.started_at, present.zone), until=None if row.rung_at is not None else last
    )
