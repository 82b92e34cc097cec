"""The demonstration book: fictional people and vehicles, histories made by really running the engine.

Lists arrive every fortnight from three months ago on; the virtual clock walks day by day through
every due moment while simulated colleagues do their tasks, renew, lose, exclude and leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from engine.bootstrap import Engine, build_engine
from engine.clock import VirtualClock
from engine.domain.actor import SYSTEM, Actor
from engine.domain.codes import Role
from engine.domain.demo_forms import plausible
from engine.domain.demo_people import BRANCH, demo_org, people_in
from engine.domain.demo_vehicles import DemoCar, demo_cars, issued_csv, pending_csv
from engine.domain.org import PostEntry
from engine.errors import BadInput, EngineError
from engine.label import Label, Thing
from engine.services import clockwork, directory, imports, messages, publish, schema, tasks, timers, users
from engine.settings import Settings
from engine.store.calendar import set_clock
from engine.store.checkpoints import CheckpointFolder, set_aside
from engine.store.demo import OfferedTask, count_renewals, offered_tasks
from engine.store.session import Tx

DEMO_TODAY = date(2026, 11, 24)
PASSWORD = "demo-renewals"
DAYS_BACK = 90
HORIZON = 90
STEPS = DAYS_BACK + 1
LIST_EVERY = 15
WORK_HOUR = time(10, 30)
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What was built; ``sign_ins`` are (name, role, display name), all with :data:`PASSWORD`."""

    renewals: int
    tasks_done: int
    timers_fired: int
    incidents: int
    sign_ins: tuple[tuple[str, str, str], ...]
    password: str


def build_book(settings: Settings, *, count: int, seed: int, on_progress: Progress) -> DemoReport:
    """Build the book in the database of *settings*; on SQLite beside it, moved into place when whole.

    Raises:
        BadInput: the database is in use already.
    """
    path = settings.database_path
    if path is None:
        engine = build_engine(settings)
        schema.upgrade(engine)
        return build(engine, count=count, seed=seed, on_progress=on_progress)
    if path.exists():
        _refuse_used(settings)
    building = path.with_name(path.name + ".building")
    for leftover in (building, *_companions(building)):
        leftover.unlink(missing_ok=True)
    engine = build_engine(replace(settings, database_url=f"sqlite:///{building}"), durable=False)
    schema.upgrade(engine)
    report = build(engine, count=count, seed=seed, on_progress=on_progress)
    engine.store.close_file()
    for leftover in _companions(path):
        leftover.unlink(missing_ok=True)
    building.replace(path)
    set_aside(CheckpointFolder(settings.checkpoints or path.parent))
    return report


def _companions(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))


def _refuse_used(settings: Settings) -> None:
    engine = build_engine(settings)
    try:
        used = engine.store.is_in_use()
    finally:
        engine.store.engine.dispose()
    if used:
        raise BadInput(
            what=Thing.DATABASE,
            value=settings.database_path or "PostgreSQL",
            reason=Label(
                "已有数据，演示数据只能建在空库中；请用 RENEWALS_DATABASE_URL 指定一个空库。",
                "it holds data, and the demo book needs an empty one: name it in RENEWALS_DATABASE_URL.",
            ),
        )


def build(engine: Engine, *, count: int, seed: int, on_progress: Progress) -> DemoReport:
    """Build the book in a database that holds nothing but its schema."""
    engine = replace(engine, clock=VirtualClock(engine.store.read_clock, engine.settings.zone))
    with engine.store.transaction() as tx:
        set_clock(tx, _at(engine, DEMO_TODAY - timedelta(days=DAYS_BACK), time(9)))
    world = _World(engine, Random(seed), count)
    world.settle()
    for day in world.days():
        world.live_through(day)
        on_progress(1)
    world.finish()
    return world.report()


def _at(engine: Engine, day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=engine.clock.zone)


class _World:
    """Three months of a branch."""

    def __init__(self, engine: Engine, random: Random, count: int) -> None:
        self.engine, self.random = engine, random
        self.org = demo_org()
        self.cars = demo_cars(self.org, count, random, today=DEMO_TODAY)
        self.start = DEMO_TODAY - timedelta(days=DAYS_BACK)
        self.done = 0
        self.ticked = timers.TickReport()
        self.sign_ins: list[tuple[str, str, str]] = []

    def settle(self) -> None:
        """Organisation, sign-ins and the first deployment."""
        directory.store_org(self.engine, self.org, actor=SYSTEM, source="demo")
        publish.deploy(
            self.engine,
            publish.read_files(),
            by=people_in(self.org, Role.PROCESS_OWNER)[0].employee_no,
            note="演示环境首次发布",
        )
        for role in Role:
            # two agents of one team, so that one can stand in for the other
            for post in people_in(self.org, role)[: 3 if role is Role.AGENT else 1 : 2]:
                self._sign_up(post)

    def _sign_up(self, post: PostEntry) -> None:
        users.add_user(
            self.engine,
            post.employee_no,
            roles=[post.role],
            unit_code=post.unit_code,
            password=PASSWORD,
            display_name=post.name,
            actor=SYSTEM,
        )
        self.sign_ins.append((post.employee_no, str(post.role), post.name))

    def days(self) -> Iterator[date]:
        """Each simulated day but the last."""
        for n in range(DAYS_BACK + 1):
            yield self.start + timedelta(days=n)

    def live_through(self, day: date) -> None:
        """A list every fortnight; then the day's timers, and on workdays what people do."""
        self.ticked += clockwork.advance_clock(self.engine, to=_at(self.engine, day, WORK_HOUR), actor=SYSTEM)
        if (day - self.start).days % LIST_EVERY == 0:
            self._receive_list(day)
        if self.engine.workdays().is_workday(day):
            self._work(day)
            self._things_happen(day)

    def _receive_list(self, day: date) -> None:
        """The branch's pending list: everything that expires within the horizon and was not listed before."""
        due = [c for c in self.cars if not c.listed and c.expiry_date <= day + timedelta(days=HORIZON)]
        if not due:
            return
        for car in due:
            car.listed = True
        batch = imports.preview_list(
            self.engine, pending_csv(due), f"待续保清单-{day:%Y%m%d}.csv", "standard", actor=SYSTEM
        )
        imports.commit_batch(self.engine, batch, actor=SYSTEM)

    def _work(self, day: date) -> None:
        """Colleagues do most of what is due soon, some of it late, some never."""
        with self.engine.store.reading() as session:
            offered = offered_tasks(session, _at(self.engine, day, WORK_HOUR) + timedelta(days=10))
        for task in offered:
            if self.random.random() < _diligence(task.assignee_no or task.role):
                self._do(task, day)

    def _do(self, task: OfferedTask, day: date) -> None:
        actor = self._colleague(task)
        form = self.engine.deployed(task.definition_set_id).forms[task.form_id]
        values = plausible(form, self.random, today=day, wanted=self._choices(task))
        try:
            tasks.complete_task(self.engine, task.id, values, actor=actor)
        except EngineError:
            return  # a refusal is part of life; the task stays open or is missed
        self.done += 1

    def _colleague(self, task: OfferedTask) -> Actor:
        if task.assignee_no is None:
            post = self.random.choice(people_in(self.org, Role(task.role)))
            return Actor(
                name=post.employee_no,
                employee_no=post.employee_no,
                roles=frozenset({Role(task.role)}),
                unit_codes=frozenset({task.sub_branch_code or "", BRANCH}),
            )
        return Actor(name=task.assignee_no, employee_no=task.assignee_no, roles=frozenset({Role(task.role)}))

    def _amounts(self, task: OfferedTask) -> dict[str, str]:
        """An actual quote near the forecast, by line."""
        total = (task.quote_mid or Decimal(3000)) * Decimal(self.random.randint(96, 108)) / 100
        if task.lines != "both":
            return {f"{task.lines}_premium": str(int(total))}
        ctp = min(Decimal(855), total / 2)
        return {"ctp_premium": str(int(ctp)), "commercial_premium": str(int(total - ctp))}

    def _team_of(self, supervisor_no: str | None) -> Sequence[PostEntry]:
        """The agents of a supervisor's team; where nobody leads, all of them."""
        agents = people_in(self.org, Role.AGENT)
        return [post for post in agents if post.manager_no == supervisor_no] or agents

    def _choices(self, task: OfferedTask) -> dict[str, Any]:
        """The decisive answers; weights follow the branch figures of domain.md §2.3."""
        contact = self.random.choices(
            ("11", "12", "13", "14", "16", "21", "31", "41", "61"), (18, 14, 6, 14, 6, 14, 8, 18, 2)
        )[0]
        middle = (
            task.quote_mid or (task.premium or Decimal(3000)) * Decimal(self.random.randint(90, 118)) / 100
        )
        agent = task.agent_no or self.random.choice(self._team_of(task.supervisor_no)).employee_no
        by_form: dict[str, dict[str, Any]] = {
            "dispatch_list": {
                "category": self.random.choices(("normal", "key"), (88, 12))[0],
                "agent_no": agent,
            },
            "route_orphan": {
                "route": "supervisor",
                "assignee_no": task.supervisor_no or "SU01",
                "deadline": self.engine.workdays().add_workdays(self.engine.clock.today(), 1).isoformat(),
            },
            "take_over_orphan": {
                "result": self.random.choices(("accepted", "refused"), (92, 8))[0],
                "contact_result": "00",
                "servicing_agent_no": agent,
            },
            "chase_policy": {
                "result": self.random.choices(("on_track", "urged", "at_risk"), (60, 30, 10))[0]
            },
            "final_sweep": {
                "disposition": self.random.choices(
                    ("issue_today", "hesitating", "unreachable"), (55, 35, 10)
                )[0]
            },
            "hand_to_win_back": {"win_back": "yes", "assignee_no": agent},
            "record_contact": {"result": contact},
            "win_back_contact": {"result": contact},
            "second_visit": {"result": self.random.choice(("11", "41", "31"))},
            "joint_visit": {"result": self.random.choice(("11", "12", "41"))},
            "verify_application": {"verdict": self.random.choices(("confirmed", "returned"), (72, 28))[0]},
            "approve_visit_plan": {"verdict": self.random.choices(("approved", "refused"), (92, 8))[0]},
            "verify_loss": {"verdict": "confirmed"},
            "verify_lapse_reason": {"verdict": "confirmed"},
            "exclusion_review": {"verdict": "approved"},
            "check_follow_up": {"result": self.random.choices(("ok", "defects"), (80, 20))[0]},
            "complete_customer_file": self.random.choices(
                (
                    {"result": "complete", "completeness": "100"},
                    {"result": "incomplete", "completeness": "70"},
                ),
                (75, 25),
            )[0],
            "give_actual_quote": {
                "result": "quoted",
                "quote_no": f"Q{task.id:08d}",
                "lines": task.lines,
                **self._amounts(task),
                "vessel_tax": "360",
                "ncd": "0.6",
                "self_pricing": "0.85",
                "difference_cause": "none",
            },
            "prepare_plan": {
                "premium_low": str(int(middle * Decimal("0.93"))),
                "premium_mid": str(int(middle)),
                "premium_high": str(int(middle * Decimal("1.08"))),
            },
        }
        return by_form.get(task.form_id, {})

    def _things_happen(self, day: date) -> None:
        """Policies are issued, customers go elsewhere, cars are scrapped, dates move, an agent leaves."""
        issued = [
            c for c in self.cars if c.listed and not c.settled and c.fate == "renewed" and c.fate_on == day
        ]
        if issued:
            for car in issued:
                car.settled = True
            batch = imports.preview_list(
                self.engine,
                issued_csv(issued, day),
                f"新签保单-{day:%Y%m%d}.csv",
                "standard",
                kind="issued",
                actor=SYSTEM,
            )
            imports.commit_batch(self.engine, batch, actor=SYSTEM)
        for car in self.cars:
            if car.listed and not car.settled and car.fate_on == day and car.fate not in ("renewed", "open"):
                car.settled = True
                self._message(car, day)

    def _message(self, car: DemoCar, day: date) -> None:
        data: dict[str, Any] = {
            "lost": {"reason": self.random.choice(("L101", "L102", "L201", "L203")), "source": "platform"},
            "excluded": {"code": self.random.choice(("X02", "X03", "X04")), "evidence": "车管所查询记录"},
            "moved": {
                "expiry_date": f"{car.expiry_date + timedelta(days=20):%Y-%m-%d}",
                "reason": "停驶延期批改",
            },
            "orphan": {},
            "withdrawn": {"reason": "清单更正"},
        }[car.fate]
        name = {
            "lost": "policy_lost",
            "excluded": "policy_excluded",
            "moved": "expiry_changed",
            "orphan": "agent_left",
            "withdrawn": "list_withdrawn",
        }[car.fate]
        try:
            messages.deliver_message(self.engine, name, car.vin, data=data, actor=SYSTEM)
        except EngineError:
            return  # it ended another way before

    def finish(self) -> None:
        """Stop at half past ten of the last day."""
        self.ticked += clockwork.tick(self.engine)

    def report(self) -> DemoReport:
        """Count what was built."""
        with self.engine.store.transaction() as tx:
            renewals = _count(tx)
        return DemoReport(
            renewals,
            self.done,
            self.ticked.timers_fired,
            self.ticked.incidents,
            tuple(self.sign_ins),
            PASSWORD,
        )


def _count(tx: Tx) -> int:
    return count_renewals(tx)


def _diligence(who: str) -> float:
    """Some colleagues are quicker than others: a steady chance per day between 0.15 and 0.6."""
    return 0.15 + (sum(map(ord, who)) % 10) / 20


def report_text(report: DemoReport, lang: str) -> str:
    """Say what was built and how to sign in."""
    if lang == "en":
        head = (
            f"{report.renewals} renewals, {report.tasks_done} tasks done, {report.timers_fired} timers fired."
        )
        sign_in = f"Sign in with password {report.password}:"
    else:
        head = (
            f"续保 {report.renewals} 笔，已办任务 {report.tasks_done} 项，触发定时 {report.timers_fired} 次。"
        )
        sign_in = f"登录口令均为 {report.password}："
    people = [f"  {name:<14} {Role(role).label.say(lang)} {shown}" for name, role, shown in report.sign_ins]
    return "\n".join([head, sign_in, *people])
