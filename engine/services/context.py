"""What one step of one renewal works with: the transaction, the rows, the actor, the moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from engine.bootstrap import Deployed, Engine
from engine.clock import business_date
from engine.domain.actor import Actor
from engine.domain.codes import RenewalState
from engine.domain.masking import mask_id_no, mask_name, mask_phone, mask_plate, mask_text
from engine.domain.progress import is_progress
from engine.store.instances import ProcessInstance, Timer, open_timers
from engine.store.renewals import Customer, PolicyLine, Renewal, Vehicle, lines_of, lines_of_vehicles
from engine.store.session import Tx
from engine.store.tasks import UserTask, open_tasks_of_step


@dataclass(slots=True)
class StepScope:
    """The rows and circumstances of one step; lives as long as its transaction."""

    tx: Tx
    engine: Engine
    deployed: Deployed
    instance: ProcessInstance
    renewal: Renewal
    actor: Actor
    now: datetime
    message: Mapping[str, Any] = field(default_factory=dict)
    source: str = "message"  # where the message's facts come from; a list names its row
    _vehicle: Vehicle | None = None
    _customer: Customer | None = None
    _lines: list[PolicyLine] | None = None
    _covers: list[PolicyLine] | None = None
    _timers: list[Timer] | None = None
    _tasks: list[UserTask] | None = None
    element_id: str | None = None  # the task whose form is being taken in: facts came from it
    _may_have_incident: bool = True

    @property
    def state(self) -> bytes:
        """The instance's state, taken out of its seal.

        Raises:
            StateTampered: it was not sealed by this system for this instance.
        """
        return self.engine.seal.open(self.instance.id, self.instance.state)

    @property
    def timers(self) -> list[Timer]:
        """The open timers, oldest first; whoever settles or plans one changes this list."""
        if self._timers is None:
            self._timers = list(open_timers(self.tx, self.instance.id))
        return self._timers

    @property
    def tasks(self) -> list[UserTask]:
        """The open tasks; whoever closes or opens one changes this list."""
        if self._tasks is None:
            self._tasks, self._may_have_incident = open_tasks_of_step(self.tx, self.instance.id)
        return self._tasks

    @property
    def may_have_incident(self) -> bool:
        """Whether an earlier step may have left an open incident."""
        return self._may_have_incident

    def plan_timer(self, element_id: str, due_at: datetime, *, spiff_id: str | None = None) -> None:
        """Plan a moment of the instance; without *spiff_id* it is the engine's own."""
        row = Timer(
            instance_id=self.instance.id,
            spiff_task_id=spiff_id,
            element_id=element_id,
            due_at=due_at,
            settled=False,
        )
        self.tx.add_later(row)
        self.timers.append(row)

    def settle_timer(self, row: Timer) -> None:
        """Be done with a timer of the engine itself: it fired if its time has come, else it is cancelled."""
        row.settled = True
        self.timers.remove(row)
        if row.due_at <= self.now:
            row.fired_at = self.now
        else:
            row.cancelled_at = self.now

    @property
    def today(self) -> date:
        """The business date of the step."""
        return business_date(self.now, self.engine.clock.zone)

    @property
    def vehicle(self) -> Vehicle:
        """The vehicle of the renewal."""
        if self._vehicle is None:
            self._vehicle = self.tx.get_one(Vehicle, self.renewal.vehicle_id)
        return self._vehicle

    @property
    def customer(self) -> Customer | None:
        """The owner of the vehicle, if the list named one."""
        if self._customer is None and self.renewal.customer_id is not None:
            self._customer = self.tx.get_one(Customer, self.renewal.customer_id)
        return self._customer

    def be_customer_of(self, customer: Customer) -> None:
        """Make *customer* the one this renewal is about."""
        self._customer, self.renewal.customer_id = customer, customer.id

    @property
    def lines(self) -> list[PolicyLine]:
        """The expiring policy lines."""
        if self._lines is None:
            self._lines = list(lines_of(self.tx, self.renewal.id))
        return self._lines

    @property
    def covers(self) -> list[PolicyLine]:
        """Every known policy of the vehicle, those of other periods and double ones included."""
        if self._covers is None:
            vehicle_id = self.renewal.vehicle_id
            self._covers = lines_of_vehicles(self.tx, [vehicle_id]).get(vehicle_id, [])
        return self._covers

    def record(
        self,
        action: str,
        *,
        task_id: int | None = None,
        about: UserTask | None = None,
        subject: str | None = None,
        reason: str | None = None,
        **payload: Any,
    ) -> None:
        """Append an event of this renewal to the history; *about* is a task that may have no number yet."""
        self.tx.record(
            action,
            at=self.now,
            actor=self.actor.name,
            instance_id=self.renewal.id,
            task_id=task_id,
            about=about,
            subject=subject,
            reason=reason,
            **payload,
        )

    def advance_to(self, state: RenewalState) -> None:
        """Bring the renewal's progress to *state*, never back: what it has reached or passed already stays."""
        if is_progress(RenewalState(self.renewal.state), state):
            self.move_to(state)

    def move_to(self, state: RenewalState) -> None:
        """Set the renewal's progress; nothing happens when it is there already."""
        before = self.renewal.state
        if before != state:
            self.renewal.state = str(state)
            moved: dict[str, Any] = {"from": before, "to": str(state)}
            self.record("state_changed", **moved)

    def change_fact(
        self, field_name: str, old: Any, new: Any, *, source: str, reason: str | None = None
    ) -> None:
        """Record that a business fact changed; the caller sets it. Personal values are recorded masked."""
        mask = _MASKS.get(field_name, _plain)
        self.record(
            "fact_changed",
            reason=reason,
            **{"field": field_name, "from": mask(old), "to": mask(new), "source": source, **self.told_on},
        )

    @property
    def told_on(self) -> dict[str, Any]:
        """The task whose form told something, for the history: many tasks may carry one action."""
        return {"element_id": self.element_id} if self.element_id is not None else {}

    def told(self, text: str) -> str:
        """Return free text without what it says of the customer: numbers of a person's kind, and the name."""
        shown = mask_text(text)
        name = None if shown.isascii() or self.customer is None else self.customer.name
        return shown.replace(name, mask_name(name)) if name else shown


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _masked(mask: Callable[[str], str]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else mask(str(value))


_MASKS: Mapping[str, Callable[[Any], Any]] = {
    "name": _masked(mask_name),
    "customer": _masked(mask_name),
    "id_no": _masked(mask_id_no),
    "phone": _masked(mask_phone),
    "plate": _masked(mask_plate),
}
