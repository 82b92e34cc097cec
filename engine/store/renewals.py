"""The business facts: customers, vehicles, policy lines and the renewal of one vehicle."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, false, func, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.domain.codes import Line
from engine.domain.consents import ConsentKind
from engine.domain.double_cover import Cover, doubled_covers
from engine.domain.nodes import NEW_LIST
from engine.domain.stage import SAME_PERIOD
from engine.domain.vehicle import normalise_id_no, normalise_name, normalise_phone, normalise_plate
from engine.errors import NotFound
from engine.label import Thing
from engine.store.base import Base, Code, PrimaryKey, Short
from engine.store.personal import TEXT, BlindIndex, Personal, SealedBytes

BEGINNINGS = "varchar_pattern_ops"
"""Orders an index of PostgreSQL byte by byte, so that it finds what begins with a text in every collation."""


class Customer(Base):
    """Owner of vehicles; personal data, sealed at rest and shown masked.

    What the withdrawal of a consent stops (engine.services.consents): ``do_not_contact`` every contact, ``no_messages``
    messages, ``no_sharing`` that people of the life insurer see values in the clear and answer for the renewals.
    """

    __tablename__ = "customer"
    # Few withdraw it: the index holds those alone.
    __table_args__ = (
        Index(
            "ix_customer_no_sharing",
            "id",
            postgresql_where=text("no_sharing"),
            sqlite_where=text("no_sharing = 1"),
        ),
        Index(
            "ix_customer_do_not_contact",
            "id",
            postgresql_where=text("do_not_contact"),
            sqlite_where=text("do_not_contact = 1"),
        ),
    )

    id: Mapped[PrimaryKey]
    name_sealed: Mapped[SealedBytes]
    name_index: Mapped[BlindIndex | None]
    id_no_sealed: Mapped[SealedBytes | None]
    id_no_index: Mapped[BlindIndex | None]
    id_no_tail: Mapped[BlindIndex | None]
    phone_sealed: Mapped[SealedBytes | None]
    phone_index: Mapped[BlindIndex | None]
    phone_tail: Mapped[BlindIndex | None]
    phone_doubtful: Mapped[bool] = mapped_column(default=False)
    do_not_contact: Mapped[bool] = mapped_column(default=False)
    no_messages: Mapped[bool] = mapped_column(default=False)
    no_sharing: Mapped[bool] = mapped_column(default=False)
    erasure_asked_on: Mapped[date | None]
    kept_until: Mapped[date | None] = mapped_column(index=True)

    name = Personal[str](TEXT, key=("id",), search=normalise_name)
    id_no = Personal[str | None](TEXT, key=("id",), search=normalise_id_no)
    phone = Personal[str | None](TEXT, key=("id",), search=normalise_phone)


STOPS: Mapping[ConsentKind, str] = {
    ConsentKind.MARKETING_CALL: "do_not_contact",
    ConsentKind.MARKETING_MESSAGE: "no_messages",
    ConsentKind.SHARE_TO_LIFE: "no_sharing",
}
"""What the withdrawal of a kind sets on the customer, and a new consent lifts."""


class Vehicle(Base):
    """A vehicle, known by its VIN; plates may change.

    ``transferred_on`` is the day on which a change of owner was told of: what was earned by the former one ends.
    """

    __tablename__ = "vehicle"

    id: Mapped[PrimaryKey]
    vin: Mapped[Code] = mapped_column(unique=True)
    plate_sealed: Mapped[SealedBytes | None]
    plate_index: Mapped[BlindIndex | None]
    plate_tail: Mapped[BlindIndex | None]
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    make_model: Mapped[Short | None]
    first_registration: Mapped[date | None]
    use: Mapped[Code | None]
    energy: Mapped[Code | None]
    seats: Mapped[int | None]
    new_car_price: Mapped[Decimal | None]
    transferred_on: Mapped[date | None]

    plate = Personal[str | None](TEXT, key=("vin",), search=normalise_plate)


class PolicyLine(Base):
    """One line of cover (compulsory or commercial) of one vehicle for one period.

    ``expiry_date`` is the last covered date; cover ends at 24:00 of it unless ``expiry_time``
    (local, ISO time) says otherwise; ``listed_expiry`` is what the last list said that told something new.
    ``renewal_id`` links the *expiring* policy to its renewal, ``renews_id`` a *new* one to the renewal it fulfils.
    """

    __tablename__ = "policy_line"
    __table_args__ = (
        Index(None, "vehicle_id", "line", "expiry_date"),
        Index(None, "policy_no", postgresql_ops={"policy_no": BEGINNINGS}),
    )

    id: Mapped[PrimaryKey]
    policy_no: Mapped[Code | None] = mapped_column(unique=True)
    line: Mapped[Code]
    vehicle_id: Mapped[int] = mapped_column(ForeignKey("vehicle.id"))
    renewal_id: Mapped[int | None] = mapped_column(ForeignKey("renewal.id"), index=True)
    renews_id: Mapped[int | None] = mapped_column(ForeignKey("renewal.id"), index=True)
    start_date: Mapped[date | None]
    expiry_date: Mapped[date]
    listed_expiry: Mapped[date | None]
    expiry_time: Mapped[Code | None]
    signed_date: Mapped[date | None]
    premium: Mapped[Decimal | None]
    third_party_limit: Mapped[Decimal | None]
    ncd: Mapped[Decimal | None]
    self_pricing: Mapped[Decimal | None]
    claims: Mapped[int | None]
    years_insured: Mapped[int | None]
    cancelled: Mapped[bool] = mapped_column(default=False)
    other_channel: Mapped[bool] = mapped_column(default=False)
    sub_branch_code: Mapped[Code | None]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"))
    sheet: Mapped[Short | None]
    row_no: Mapped[int | None]

    @property
    def cover(self) -> Cover:
        """What the policy covers, as a plain value."""
        return Cover(
            policy_no=self.policy_no,
            line=Line(self.line),
            start_date=self.start_date,
            expiry_date=self.expiry_date,
            is_cancelled=self.cancelled,
        )


class Renewal(Base):
    """One vehicle's cover about to expire; shares its id with its process instance.

    ``stage`` (time) and ``state`` (progress) are independent. The responsible people are employee
    numbers; ``owner_no`` is the one responsible person (责任人): the agent, or who stands in.
    Counters feed the expressions of the diagrams. ``reported_until`` is the last day on which a policy that
    somebody reported (``reported_policy_no``) may still be shown. ``told_node`` is the last node of the expiry that
    was reached (engine.domain.nodes), ``next_node_on`` the day on which it is looked at for the next one.
    ``is_recalled``: the customer withdrew sharing with the life insurer, none of whose people is named meanwhile;
    ``recalled_agent_no`` and ``recalled_owner_no`` are who served it before.
    """

    __tablename__ = "renewal"
    __table_args__ = (
        Index(None, "vin", postgresql_ops={"vin": BEGINNINGS}),
        Index(None, "stage", "expiry_date"),
        Index(None, "agent_no", "stage"),
        Index(None, "supervisor_no", "stage"),
        Index(None, "trainer_no", "stage"),
        Index(None, "specialist_no", "stage"),
        Index(None, "workplace_code", "stage"),
        Index(None, "workplace_code", "expiry_date"),
        Index(None, "sub_branch_code", "stage"),
        Index(
            None,
            "next_node_on",
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_renewal_recalled",
            "id",
            postgresql_where=text("is_recalled"),
            sqlite_where=text("is_recalled = 1"),
        ),
    )

    id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), primary_key=True)
    business_key: Mapped[Code] = mapped_column(unique=True)
    vehicle_id: Mapped[int] = mapped_column(ForeignKey("vehicle.id"), index=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    vin: Mapped[Code]
    policy_no: Mapped[Code | None] = mapped_column(index=True)
    expiry_date: Mapped[date] = mapped_column(index=True)
    lines: Mapped[Code]
    premium: Mapped[Decimal | None]
    ctp_premium: Mapped[Decimal | None]
    stage: Mapped[Code]
    state: Mapped[Code]
    outcome: Mapped[Code | None]
    tier: Mapped[Code | None]
    is_key: Mapped[bool] = mapped_column(default=False)
    is_orphan: Mapped[bool] = mapped_column(default=False)
    is_late: Mapped[bool] = mapped_column(default=False)
    is_channel_leak: Mapped[bool] = mapped_column(default=False)
    branch_code: Mapped[Code | None]
    sub_branch_code: Mapped[Code | None]
    workplace_code: Mapped[Code | None]
    team_code: Mapped[Code | None]
    owner_no: Mapped[Code | None] = mapped_column(index=True)
    owner_role: Mapped[Code | None]
    agent_no: Mapped[Code | None]
    supervisor_no: Mapped[Code | None]
    trainer_no: Mapped[Code | None]
    specialist_no: Mapped[Code | None]
    rounds: Mapped[int] = mapped_column(default=0)
    contacts: Mapped[int] = mapped_column(default=0)
    stage_contacts: Mapped[int] = mapped_column(default=0)
    failed_visits: Mapped[int] = mapped_column(default=0)
    last_contact_at: Mapped[datetime | None]
    last_result: Mapped[Code | None]
    """Outcome code (domain.md §4.2) of the latest contact or visit."""
    missed_calls: Mapped[int] = mapped_column(default=0)
    """Calls in a row that nobody answered (21) in this stage."""
    quote_mid: Mapped[Decimal | None]
    quote_opens_date: Mapped[date | None]
    has_actual_quote: Mapped[bool] = mapped_column(default=False)
    quote_owed: Mapped[bool] = mapped_column(default=False)
    next_contact_date: Mapped[date | None]
    next_check_date: Mapped[date | None]
    mend_by: Mapped[date | None]
    complete_by: Mapped[date | None]
    resubmit_by: Mapped[date | None]
    win_back_until: Mapped[date | None]
    loss_reason: Mapped[Code | None]
    loss_source: Mapped[Code | None]
    exclusion_code: Mapped[Code | None]
    exclusion_evidence_sealed: Mapped[SealedBytes | None]
    reported_policy_no: Mapped[Code | None]
    reported_until: Mapped[date | None]
    told_node: Mapped[int] = mapped_column(default=NEW_LIST, server_default=str(NEW_LIST))
    next_node_on: Mapped[date | None]
    is_recalled: Mapped[bool] = mapped_column(default=False, server_default=false())
    recalled_agent_no: Mapped[Code | None]
    recalled_owner_no: Mapped[Code | None]
    orphan_route: Mapped[Code | None]
    """How an orphan is served since somebody settled it (OrphanRoute); None while that is open."""
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    exclusion_evidence = Personal[str | None](TEXT, key=("id",))


@dataclass(frozen=True, slots=True)
class Answerable:
    """Who and which units answer for a renewal; the columns of :class:`Renewal` of the same names."""

    owner_no: str | None
    agent_no: str | None
    supervisor_no: str | None
    trainer_no: str | None
    specialist_no: str | None
    sub_branch_code: str | None
    branch_code: str | None
    workplace_code: str | None


RESPONSIBILITY = (
    Renewal.owner_no,
    Renewal.owner_role,
    Renewal.agent_no,
    Renewal.supervisor_no,
    Renewal.trainer_no,
    Renewal.specialist_no,
    Renewal.team_code,
    Renewal.workplace_code,
    Renewal.sub_branch_code,
    Renewal.branch_code,
    Renewal.is_orphan,
    Renewal.is_recalled,
)
"""Who and which units answer for a renewal."""


def responsibilities(session: Session) -> Sequence[Any]:
    """Return each combination of people and units that answers for open renewals, as plain rows."""
    return session.execute(select(*RESPONSIBILITY).where(Renewal.ended_at.is_(None)).distinct()).all()


def open_under(session: Session, combination: Any) -> Sequence[int]:
    """Return the open renewals that one of :func:`responsibilities` answers for."""
    same = [
        column.is_(None) if value is None else column == value
        for column, value in zip(RESPONSIBILITY, combination, strict=True)
    ]
    return session.scalars(
        select(Renewal.id).where(Renewal.ended_at.is_(None), *same).order_by(Renewal.id)
    ).all()


def lines_of(session: Session, renewal_id: int) -> Sequence[PolicyLine]:
    """Return the expiring lines of a renewal."""
    return session.scalars(
        select(PolicyLine).where(PolicyLine.renewal_id == renewal_id).order_by(PolicyLine.line)
    ).all()


def lines_of_renewals(session: Session, renewal_ids: Collection[int]) -> dict[int, list[PolicyLine]]:
    """Return the expiring lines of each renewal."""
    lines: dict[int, list[PolicyLine]] = {renewal_id: [] for renewal_id in renewal_ids}
    found = select(PolicyLine).where(PolicyLine.renewal_id.in_(renewal_ids)).order_by(PolicyLine.line)
    for line in session.scalars(found) if lines else ():
        lines[line.renewal_id or 0].append(line)
    return lines


@dataclass(frozen=True, slots=True)
class Facts:
    """The rows behind many renewals, by id; lines by renewal."""

    renewals: dict[int, Renewal]
    vehicles: dict[int, Vehicle]
    customers: dict[int, Customer]
    lines: dict[int, list[PolicyLine]]


def load_facts(session: Session, renewal_ids: Collection[int]) -> Facts:
    """Return everything a step may ask about these renewals, one query a table."""
    renewals = session.scalars(
        select(Renewal).where(Renewal.id.in_(renewal_ids)).execution_options(populate_existing=True)
    ).all()
    vehicles = {row.vehicle_id for row in renewals}
    customers = {row.customer_id for row in renewals if row.customer_id is not None}
    return Facts(
        renewals={row.id: row for row in renewals},
        vehicles={v.id: v for v in session.scalars(select(Vehicle).where(Vehicle.id.in_(vehicles)))},
        customers={c.id: c for c in session.scalars(select(Customer).where(Customer.id.in_(customers)))},
        lines=lines_of_renewals(session, [row.id for row in renewals]),
    )


def covers_beside(lines: Iterable[PolicyLine], expiry_date: date) -> list[PolicyLine]:
    """Return those of a vehicle's *lines* that expire about when a renewal does, or later.

    A policy that fulfils an earlier renewal counts once it is expiring itself.
    """
    return [
        line
        for line in lines
        if line.expiry_date >= expiry_date - SAME_PERIOD
        and (line.renews_id is None or line.renewal_id is not None)
    ]


def doubled_lines(lines: Iterable[PolicyLine], expiry_date: date) -> list[PolicyLine]:
    """Return the expiring policies among a vehicle's *lines* that cover it twice (domain.md §7 case 6)."""
    beside = covers_beside(lines, expiry_date)
    doubled = doubled_covers(line.cover for line in beside)
    return [line for line in beside if line.cover in doubled]


def lines_of_vehicles(session: Session, vehicle_ids: Iterable[int]) -> dict[int, list[PolicyLine]]:
    """Return every known policy of the vehicles, the latest expiry last."""
    found: dict[int, list[PolicyLine]] = {}
    rows = session.scalars(
        select(PolicyLine)
        .where(PolicyLine.vehicle_id.in_(list(vehicle_ids)))
        .order_by(PolicyLine.line, PolicyLine.expiry_date)
    )
    for row in rows:
        found.setdefault(row.vehicle_id, []).append(row)
    return found


def new_lines_of(session: Session, renewal_id: int) -> Sequence[PolicyLine]:
    """Return the newly issued lines that fulfil a renewal."""
    return session.scalars(select(PolicyLine).where(PolicyLine.renews_id == renewal_id)).all()


def vehicles_by_vin(session: Session, vins: Iterable[str]) -> dict[str, Vehicle]:
    """Return the known vehicles among *vins*."""
    rows = session.scalars(select(Vehicle).where(Vehicle.vin.in_(list(vins))))
    return {row.vin: row for row in rows}


def vins_of(session: Session, vehicle_ids: Collection[int]) -> dict[int, str]:
    """Return the VINs of vehicles by id."""
    rows = session.execute(select(Vehicle.id, Vehicle.vin).where(Vehicle.id.in_(vehicle_ids)))
    return {row.id: row.vin for row in rows}


def lines_by_number(session: Session, numbers: Iterable[str]) -> dict[str, PolicyLine]:
    """Return the known policy lines among policy *numbers*."""
    rows = session.scalars(select(PolicyLine).where(PolicyLine.policy_no.in_(list(numbers))))
    return {row.policy_no: row for row in rows if row.policy_no}


def renewals_of_vehicles(session: Session, vins: Iterable[str]) -> dict[str, list[Renewal]]:
    """Return all renewals of the vehicles with these *vins*, newest expiry first."""
    found: dict[str, list[Renewal]] = {}
    rows = session.scalars(
        select(Renewal).where(Renewal.vin.in_(list(vins))).order_by(Renewal.expiry_date.desc())
    )
    for row in rows:
        found.setdefault(row.vin, []).append(row)
    return found


def any_renewal(session: Session) -> bool:
    """Whether a renewal was ever started."""
    return session.scalar(select(Renewal.id).limit(1)) is not None


def renewal_by_key(session: Session, key: str) -> Renewal:
    """Return the renewal known by a VIN, a policy number, the business key or the instance id.

    For a VIN the open renewal wins, else the latest.

    Raises:
        NotFound: nothing matches.
    """
    key = key.strip()
    by_line = select(PolicyLine.renewal_id).where(PolicyLine.policy_no == key)
    by_new_line = select(PolicyLine.renews_id).where(PolicyLine.policy_no == key)
    matches = [
        Renewal.vin == key.upper(),
        Renewal.business_key == key,
        Renewal.id.in_(by_line),
        Renewal.id.in_(by_new_line),
    ]
    if key.isdigit() and len(key) < 16:
        matches.append(Renewal.id == int(key))
    rows = session.scalars(select(Renewal).where(or_(*matches)).order_by(Renewal.expiry_date.desc())).all()
    if not rows:
        raise NotFound(what=Thing.RENEWAL, key=key)
    return next((row for row in rows if row.ended_at is None), rows[0])


def unclaimed_lines(session: Session, renewal_ids: Sequence[int]) -> dict[int, list[PolicyLine]]:
    """Return policies of these renewals' vehicles that neither expire in nor fulfil a renewal, by renewal."""
    found: dict[int, list[PolicyLine]] = {}
    if renewal_ids:
        rows = session.execute(
            select(Renewal.id, PolicyLine)
            .join(PolicyLine, PolicyLine.vehicle_id == Renewal.vehicle_id)
            .where(
                Renewal.id.in_(renewal_ids),
                PolicyLine.renewal_id.is_(None),
                PolicyLine.renews_id.is_(None),
                PolicyLine.cancelled.is_(False),
            )
        )
        for renewal_id, line in rows:
            found.setdefault(renewal_id, []).append(line)
    return found


def customers_known(
    session: Session,
    *,
    id_numbers: Collection[str],
    phones: Collection[str],
    names: Collection[str] = (),
    ids: Collection[int],
) -> Sequence[Customer]:
    """Return the customers with one of these ID numbers, phones, whole names or row ids."""
    return session.scalars(
        select(Customer).where(
            or_(
                Customer.id_no.is_among(session, id_numbers),
                Customer.phone.is_among(session, phones),
                Customer.name.is_among(session, names),
                Customer.id.in_(ids),
            )
        )
    ).all()


def find_customer(session: Session, *, name: str, phone: str | None) -> Customer | None:
    """Return the customer of this name with this phone, if there is one; a name alone tells nobody apart."""
    if not phone:
        return None
    found = customers_known(session, id_numbers=(), phones=(phone,), ids=())
    return next((one for one in found if one.name == name), None)


def count_with_phone(session: Session, phone: str) -> int:
    """Return how many customers have this number."""
    query = select(func.count()).select_from(Customer).where(Customer.phone.is_(session, phone))
    return session.scalar(query) or 0


def marked_otherwise(session: Session, phone: str, is_doubtful: bool) -> Sequence[Customer]:
    """Return the customers with this number whose mark says something else, by row id."""
    query = select(Customer).where(
        Customer.phone.is_(session, phone), Customer.phone_doubtful.is_not(is_doubtful)
    )
    return session.scalars(query.order_by(Customer.id)).all()


def open_renewals_of(session: Session, customer_id: int) -> Sequence[int]:
    """Return a customer's renewals that have not ended, by number."""
    query = select(Renewal.id).where(Renewal.customer_id == customer_id, Renewal.ended_at.is_(None))
    return session.scalars(query.order_by(Renewal.id)).all()


def renewals_of_customers(session: Session, customer_ids: Collection[int]) -> Sequence[Renewal]:
    """Return the renewals of customers, those that expire last first."""
    query = select(Renewal).where(Renewal.customer_id.in_(customer_ids))
    return session.scalars(query.order_by(Renewal.expiry_date.desc(), Renewal.id)).all()


def last_covered_date(session: Session, customer_ids: Collection[int]) -> date | None:
    """Return the last covered date of all policies of the vehicles of these customers, or None."""
    query = select(func.max(PolicyLine.expiry_date)).join(Vehicle, Vehicle.id == PolicyLine.vehicle_id)
    return session.scalar(query.where(Vehicle.customer_id.in_(customer_ids)))
