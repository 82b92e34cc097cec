"""What the record lists of the governing roles may show: rows of the scope, a bounded count, names for codes.

The lists are read-only (Flask-Admin pages over mapped classes); every statement starts from the WHERE
clause of `visible_records`, so a row outside the scope is found by no list, detail, export or act.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, inspect, or_, select, true
from sqlalchemy.orm import Query, Session, scoped_session, sessionmaker

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.masking import mask_email, mask_phone
from engine.queries.names import actor_names, people_names, unit_names
from engine.queries.people import accounts_within, people_within, seen_codes, units_within
from engine.queries.scope import messages_about, renewals_visible_to
from engine.queries.vehicles import shown_customer, shown_plate
from engine.store.base import Base
from engine.store.calendar import Holiday
from engine.store.definitions import DefinitionSet
from engine.store.history import HistoryEvent
from engine.store.import_scope import batches_visible_to
from engine.store.imports import ImportBatch
from engine.store.instances import Incident, Timer
from engine.store.outbox import OutboxMessage
from engine.store.people import OrgUnit, Person, Post, UserAccount, UserRole
from engine.store.renewals import Customer, Renewal, Vehicle
from engine.store.tasks import UserTask

COUNT_CAP = 10_000
"""A list says «more than» beyond it, instead of counting a million rows for each page."""
CHUNK = 500


class ReadingSession(Session):
    """A session that cannot keep anything."""

    def commit(self) -> None:
        """Refuse: lists change nothing; a change is a verb."""
        raise RuntimeError("record lists are read-only: call a verb")


class CappedQuery(Query[Any]):
    """Counts up to `COUNT_CAP` + 1 rows."""

    def scalar(self) -> int:
        """Return the number of rows, at most one beyond the cap."""
        rows = self.limit(COUNT_CAP + 1).subquery()
        return self.session.execute(select(func.count()).select_from(rows)).scalar_one()


def reading_sessions(engine: Engine) -> scoped_session[Session]:
    """Return the sessions of the record lists, one per thread; remove them after each request."""
    return scoped_session(
        sessionmaker(
            engine.store.engine,
            class_=ReadingSession,
            expire_on_commit=False,
            autoflush=False,
            info=engine.store.shared,
        )
    )


def record_query(session: Session, model: type[Base], actor: Actor, today: date) -> Query[Any]:
    """Return the query of the rows of *model* that *actor* may see on *today*."""
    return session.query(model).filter(visible_records(session, model, actor, today))


def record_count(session: Session, model: type[Base], actor: Actor, today: date) -> Query[Any]:
    """Return the query whose ``scalar()`` counts them, up to the cap."""
    key = inspect(model).primary_key[0]
    return CappedQuery([key], session=session).filter(visible_records(session, model, actor, today))


def find_record(session: Session, model: type[Base], actor: Actor, today: date, text: object) -> Any:
    """Return the row whose key *text* names, None where there is none or it lies outside the scope."""
    key = inspect(model).primary_key[0]
    try:
        kind = key.type.python_type
        value = kind.fromisoformat(str(text)) if kind is date else kind(text)
    except (ValueError, TypeError):
        return None
    if isinstance(value, int) and not 0 <= value < 2**63:
        return None
    return record_query(session, model, actor, today).filter(key == value).one_or_none()


def visible_records(session: Session, model: type[Base], actor: Actor, today: date) -> ColumnElement[bool]:
    """Return the WHERE clause over *model* for *actor*'s scope; a model without a rule shows nothing."""
    rule = _RULES.get(model)
    return false() if rule is None else rule(session, actor, today)


def _of_renewals(column: Any) -> Callable[[Session, Actor, date], ColumnElement[bool]]:
    """Rows that belong to a renewal of the scope; those of none are for readers of everything."""

    def rule(_session: Session, actor: Actor, _today: date) -> ColumnElement[bool]:
        if actor.sees_all:
            return true()
        clause: ColumnElement[bool] = column.in_(select(Renewal.id).where(renewals_visible_to(actor)))
        return clause

    return rule


def _of_messages(_session: Session, actor: Actor, _today: date) -> ColumnElement[bool]:
    """Messages that speak of a renewal of the scope."""
    return true() if actor.sees_all else messages_about(select(Renewal.id).where(renewals_visible_to(actor)))


def _of_history(session: Session, actor: Actor, today: date) -> ColumnElement[bool]:
    """Events of renewals of the scope; others where an account of the scope acted."""
    if actor.sees_all:
        return true()
    accounts = select(UserAccount.name).where(accounts_within(seen_codes(session, actor, today)))
    return or_(
        HistoryEvent.instance_id.in_(select(Renewal.id).where(renewals_visible_to(actor))),
        and_(HistoryEvent.instance_id.is_(None), HistoryEvent.actor.in_(accounts)),
    )


def _of_everybody(_session: Session, _actor: Actor, _today: date) -> ColumnElement[bool]:
    return true()


_RULES: Mapping[type[Base], Callable[[Session, Actor, date], ColumnElement[bool]]] = {
    Renewal: lambda _session, actor, _today: renewals_visible_to(actor),
    UserTask: _of_renewals(UserTask.instance_id),
    Timer: _of_renewals(Timer.instance_id),
    Incident: _of_renewals(Incident.instance_id),
    OutboxMessage: _of_messages,
    HistoryEvent: _of_history,
    ImportBatch: lambda _session, actor, _today: batches_visible_to(actor),
    DefinitionSet: _of_everybody,
    Holiday: _of_everybody,
    OrgUnit: lambda session, actor, today: units_within(seen_codes(session, actor, today)),
    Person: lambda session, actor, today: people_within(seen_codes(session, actor, today)),
    UserAccount: lambda session, actor, today: accounts_within(seen_codes(session, actor, today)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Companions:
    """Names beside the codes of some rows: masked where they are a customer's, absent where unknown."""

    people: Mapping[str, str] = field(default_factory=dict)
    actors: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    vehicles: Mapping[int, tuple[str | None, str | None]] = field(default_factory=dict)
    """renewal id → (masked plate, masked customer)"""
    roles: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """account id → roles given to it"""
    posts: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """employee number → (role, unit code) of today"""


def companions_of(session: Session, rows: Sequence[Any], today: date) -> Companions:
    """Return the names that *rows* of one model need; a handful of statements, however many rows."""
    if not rows:
        return Companions()
    columns = {attribute.key for attribute in inspect(type(rows[0])).column_attrs}
    posts = _posts(session, [row.employee_no for row in rows], today) if isinstance(rows[0], Person) else {}
    people = {getattr(row, c) for row in rows for c in columns if c.endswith("_no") and c != "row_no"}
    people |= {row.recipient for row in rows if isinstance(row, OutboxMessage)}
    actors = {getattr(row, c) for row in rows for c in columns if c.endswith("_by") or c == "actor"}
    units = {getattr(row, c) for row in rows for c in columns if c.endswith("_code")}
    units |= {code for held in posts.values() for _, code in held}
    renewals = [row.id if isinstance(row, Renewal) else getattr(row, "instance_id", None) for row in rows]
    accounts = [row.id for row in rows if isinstance(row, UserAccount)]
    return Companions(
        people=_merged(people, lambda part: people_names(session, part)),
        actors=_merged(actors, lambda part: actor_names(session, part)),
        units=_merged(units, lambda part: unit_names(session, part)),
        vehicles=_merged(renewals, lambda part: _vehicles(session, part)),
        roles=_merged(accounts, lambda part: _roles(session, part)),
        posts=posts,
    )


def masked_recipient(channel: str, recipient: str) -> str:
    """Return where a message went to, masked as its channel asks."""
    return mask_email(recipient) if channel == "email" or "@" in recipient else mask_phone(recipient)


def _merged(wanted: Iterable[Any], read: Callable[[list[Any]], Mapping[Any, Any]]) -> dict[Any, Any]:
    keys = sorted({key for key in wanted if key is not None and key != ""})
    found: dict[Any, Any] = {}
    for start in range(0, len(keys), CHUNK):
        found.update(read(keys[start : start + CHUNK]))
    return found


def _vehicles(session: Session, ids: list[int]) -> Mapping[int, tuple[str | None, str | None]]:
    rows = session.execute(
        select(Renewal.id, Vehicle, Customer)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(Renewal.id.in_(ids))
    )
    return {row.id: (shown_plate(row.Vehicle.plate), shown_customer(row.Customer)) for row in rows}


def _roles(session: Session, ids: list[int]) -> Mapping[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for row in session.scalars(select(UserRole).where(UserRole.user_id.in_(ids)).order_by(UserRole.role)):
        found[row.user_id] = (*found.get(row.user_id, ()), row.role)
    return found


def _posts(session: Session, numbers: Sequence[str], today: date) -> dict[str, tuple[tuple[str, str], ...]]:
    def read(part: list[str]) -> Mapping[str, tuple[tuple[str, str], ...]]:
        found: dict[str, tuple[tuple[str, str], ...]] = {}
        in_force = (Post.valid_from <= today) & or_(Post.valid_to.is_(None), Post.valid_to >= today)
        for post in session.scalars(select(Post).where(Post.employee_no.in_(part), in_force)):
            found[post.employee_no] = (*found.get(post.employee_no, ()), (post.role, post.unit_code))
        return found

    return _merged(numbers, read)
