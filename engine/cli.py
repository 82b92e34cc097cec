"""The ``renewals`` command: parse, call one verb, print (architecture.md §6.2).

Exit 0 done, 1 refused (one sentence on stderr), 2 usage.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson

from engine.bootstrap import Engine, build_engine
from engine.clock import parse_instant
from engine.domain.actor import OPERATOR_LABEL, OPERATOR_NAME, Actor
from engine.domain.codes import Role, TaskStatus
from engine.domain.lists import PROFILES
from engine.domain.storable import require_storable
from engine.errors import BadInput, EngineError, InvalidForm
from engine.label import Label, Thing
from engine.queries import audit_text, showing
from engine.queries import command_line as reading
from engine.queries.refused_form import form_refusal
from engine.queries.verification import verify
from engine.services import (
    checkpoints,
    clockwork,
    directory,
    imports,
    keys,
    publish,
    schema,
    tasks,
    timers,
    users,
)
from engine.services import demo as book
from engine.services.messages import deliver_message
from engine.settings import load_settings
from engine.usage import usage_zh

F = TypeVar("F", bound=Callable[..., Any])
NO_OBJECT = Label(
    '不是 JSON 对象，应写作 {"键": "值"}。',
    'it is not a JSON object; write {"key": "value"}.',
)
ROW_NUMBER = click.IntRange(1, 2**63 - 1)
OPERATOR = Actor(name=OPERATOR_NAME, display_name=OPERATOR_LABEL, sees_all=True)


class _Group(click.Group):
    """Turns every refusal into one sentence in the user's language and exit code 1."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command; a Chinese user reads about wrong usage in Chinese."""
        own_words = standalone_mode and _lang() != "en"
        _require_storable(sys.argv[1:] if args is None else args)
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode and not own_words, **extra)
        except click.UsageError as error:
            if not own_words:
                raise
            click.echo(usage_zh(error), err=True)
            sys.exit(error.exit_code)
        except click.ClickException as error:
            if not own_words:
                raise
            error.show()
            sys.exit(error.exit_code)
        return sys.exit(code if isinstance(code, int) else 0) if own_words else code

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InvalidForm as error:
            click.echo(form_refusal(error, _lang()), err=True)
            ctx.exit(1)
        except EngineError as error:
            click.echo(error.say(_lang()), err=True)
            ctx.exit(1)


def _require_storable(words: Sequence[str]) -> None:
    """Refuse arguments that are no text, as bytes from a wrong encoding are."""
    try:
        require_storable(list(words), "arguments")
    except EngineError as error:
        click.echo(error.say(_lang()), err=True)
        sys.exit(1)


def _lang() -> str:
    return "en" if os.environ.get("RENEWALS_LANG") == "en" else "zh"


def _say(zh: str, en: str) -> str:
    return en if _lang() == "en" else zh


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.pass_context
def main(ctx: click.Context, as_json: bool) -> None:
    """Motor renewal desk (车险续保)."""
    ctx.ensure_object(dict)
    ctx.obj["json"] = as_json


def json_option(function: F) -> F:
    """Let ``--json`` stand behind the command as well as before it."""

    def keep(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        if value:
            ctx.ensure_object(dict)["json"] = True

    return click.option(
        "--json", is_flag=True, expose_value=False, callback=keep, help="Print one JSON object."
    )(function)


@contextmanager
def _engine(*, checked: bool = True) -> Iterator[Engine]:
    engine = build_engine()
    try:
        if checked:
            schema.require_current(engine)
        yield engine
    finally:
        engine.store.engine.dispose()


def _show(value: Mapping[str, Any] | Any, text: str) -> None:
    """Print *value* as JSON when asked, else *text*."""
    if click.get_current_context().find_root().obj.get("json"):
        payload = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        click.echo(orjson.dumps(payload, default=_plain, option=orjson.OPT_NON_STR_KEYS).decode())
    else:
        click.echo(text)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | date | datetime | Path):
        return str(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(type(value).__name__)


# --- database, definitions ---------------------------------------------------


@main.group()
def db() -> None:
    """Schema of the database."""


@db.command("upgrade")
@json_option
def db_upgrade() -> None:
    """Create or migrate the schema."""
    with _engine(checked=False) as engine:
        revision = schema.upgrade(engine)
        _show(
            {"revision": revision},
            _say(f"数据库已就绪（{revision}）。", f"The database is ready ({revision})."),
        )


@main.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path))
@click.option("--by", required=True, help="Who deploys.")
@click.option("--approved-by", help="The second person; needed after the first set.")
@click.option("--note", help="What the change is for.")
@json_option
def deploy(directory: Path | None, by: str, approved_by: str | None, note: str | None) -> None:
    """Lint, then deploy the set in DIRECTORY (default: the project's own) as a new version."""
    with _engine() as engine:
        report = publish.deploy(
            engine, publish.read_files(directory), by=by, approved_by=approved_by, note=note
        )
        done = _say(f"已发布第 {report.version} 版。", f"Version {report.version} is deployed.")
        same = _say(
            f"内容未变，仍为第 {report.version} 版。", f"Nothing changed; version {report.version} stays."
        )
        _show(
            {
                "version": report.version,
                "digest": report.digest,
                "new": report.new,
                "warnings": [_finding(f) for f in report.warnings],
            },
            done if report.new else same,
        )


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
@click.pass_context
def lint(ctx: click.Context, paths: tuple[Path, ...]) -> None:
    """Report problems as ``file:element: message``; needs no database."""
    files = _lint_input(paths)
    findings = publish.lint_files(files)
    lines = "\n".join(f"{f.file}:{f.element or ''}: {f.en if _lang() == 'en' else f.zh}" for f in findings)
    _show(
        {"findings": [_finding(f) for f in findings]},
        lines or _say("没有发现问题。", "No problems were found."),
    )
    if any(f.level == "error" for f in findings):
        ctx.exit(1)


def _lint_input(paths: tuple[Path, ...]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for path in paths:
        if path.is_dir():
            files |= publish.read_files(path)
        elif path.is_file():
            files[path.name] = path.read_bytes()
        else:
            raise BadInput(
                what=Thing.FILE,
                value=str(path),
                reason=Label(
                    "没有这个文件或目录，请核对路径。", "there is no such file or folder; check the path."
                ),
            )
    if not any(name.startswith("forms/") for name in files):
        files |= {f"forms/{p.name}": p.read_bytes() for p in sorted(publish.OWN_FORMS.glob("*.json"))}
    return files


def _finding(finding: Any) -> dict[str, Any]:
    return {
        "file": finding.file,
        "element": finding.element,
        "code": finding.code,
        "level": finding.level,
        "message": finding.en if _lang() == "en" else finding.zh,
    }


# --- lists -------------------------------------------------------------------


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, type=click.Choice(sorted(PROFILES)), help="Source profile.")
@click.option("--preview", is_flag=True, help="Only say what a commit would do.")
@click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), help="Write rejected rows with reasons."
)
@json_option
def import_list(file: Path, source: str, preview: bool, errors: Path | None) -> None:
    """Import a pending-renewal list (xlsx, xls, csv)."""
    _import(file, source, "pending", preview=preview, errors=errors)


@main.command("import-policies")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, type=click.Choice(sorted(PROFILES)), help="Source profile.")
@click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), help="Write rejected rows with reasons."
)
@json_option
def import_policies(file: Path, source: str, errors: Path | None) -> None:
    """Import newly issued policies and end the renewals they fulfil."""
    _import(file, source, "issued", preview=False, errors=errors)


def _import(file: Path, source: str, kind: str, *, preview: bool, errors: Path | None) -> None:
    with _engine() as engine:
        batch_id = imports.preview_list(
            engine, file.read_bytes(), file.name, source, kind=kind, actor=OPERATOR
        )
        if preview:
            report = imports.batch_report(engine, batch_id)
        else:
            with click.progressbar(
                length=imports.batch_report(engine, batch_id).read, label=file.name, file=sys.stderr
            ) as bar:
                report = imports.commit_unseen(engine, batch_id, actor=OPERATOR, on_progress=bar.update)
        if errors is not None and report.rejected:
            errors.write_bytes(imports.error_file(engine, batch_id, actor=OPERATOR, lang=_lang())[1])
        problems = reading.batch_problems(engine, batch_id, lang=_lang())
        text = _say(
            f"读取 {report.read}，新增 {report.new}，变更 {report.changed}，未变 {report.unchanged}，"
            f"拒绝 {report.rejected}，启动 {report.started}，提示 {report.warnings}，续保 {report.renewed}，"
            f"部分续保 {report.partial}，未匹配 {report.unmatched}，晚到关闭 {report.too_late}，撤回续保 {report.reversed}",
            f"read {report.read}, new {report.new}, changed {report.changed}, unchanged {report.unchanged}, "
            f"rejected {report.rejected}, started {report.started}, warnings {report.warnings}, "
            f"renewed {report.renewed}, partly renewed {report.partial}, unmatched {report.unmatched}, "
            f"closed as too late {report.too_late}, taken back {report.reversed}",
        )
        lines = [text, *map(_problem_text, problems[:50])]
        _show({**asdict(report), "problems": problems}, "\n".join(lines))


def _problem_text(problem: Mapping[str, Any]) -> str:
    sheet = f"{problem['sheet']}!" if problem["sheet"] else ""
    said = f"{problem['value']} {problem['reason']} {problem['remedy']}"
    return f"{sheet}{problem['row']}:{problem['column']}: {said}"


# --- time, messages, tasks ---------------------------------------------------


@main.command()
@json_option
def tick() -> None:
    """Run every job that is due now, once."""
    with _engine() as engine:
        report = clockwork.tick(engine)
        _show(report, _tick_text(report))
        try:
            checkpoints.checkpoint_if_due(engine)
        except EngineError as error:  # what was due is done all the same
            click.echo(error.say(_lang()), err=True)


def _tick_text(report: timers.TickReport) -> str:
    return _say(
        f"定时 {report.timers_fired}，新任务 {report.tasks_opened}，改派 {report.handed_over}，"
        f"节点提醒 {report.nodes_told}，冻结台账 {report.ledgers_frozen}，发送 {report.messages_sent}，异常 {report.incidents}",
        f"timers {report.timers_fired}, tasks {report.tasks_opened}, handed over {report.handed_over}, "
        f"nodes told {report.nodes_told}, ledgers frozen {report.ledgers_frozen}, sent {report.messages_sent}, incidents {report.incidents}",
    )


@main.group()
def clock() -> None:
    """The virtual clock (RENEWALS_CLOCK=virtual)."""


@clock.command("show")
@json_option
def clock_show() -> None:
    """Show the present."""
    with _engine() as engine:
        now = engine.clock.now()
        local = now.astimezone(engine.clock.zone)
        _show(
            {"now": now.isoformat(), "local": local.isoformat(), "virtual": engine.clock.is_virtual},
            f"{local:%Y-%m-%d %H:%M:%S %Z}",
        )


@clock.command("set")
@click.argument("moment")
@json_option
def clock_set(moment: str) -> None:
    """Set the present to MOMENT (ISO-8601, local unless it has an offset); fires nothing."""
    with _engine() as engine:
        instant = parse_instant(moment, engine.clock.zone)
        clockwork.set_clock(engine, instant, actor=OPERATOR)
        _show({"now": instant.isoformat()}, instant.astimezone(engine.clock.zone).isoformat())


@clock.command("advance", context_settings={"ignore_unknown_options": True})  # -P1D is a wrong duration
@click.argument("duration")
@json_option
def clock_advance(duration: str) -> None:
    """Advance by DURATION (ISO-8601), stopping at each due moment on the way, in order."""
    with _engine() as engine:
        report = clockwork.advance_clock(engine, by=duration, actor=OPERATOR)
        now = engine.clock.now()
        _show(
            {**asdict(report), "now": now.isoformat()},
            f"{now.astimezone(engine.clock.zone):%Y-%m-%d %H:%M} · {_tick_text(report)}",
        )


@main.command()
@click.argument("name")
@click.option("--key", required=True, help="VIN, policy number, business key or instance id.")
@click.option("--data", help="JSON object.")
@click.option("--id", "message_id", help="A repeated id is acknowledged and ignored.")
@json_option
def message(name: str, key: str, data: str | None, message_id: str | None) -> None:
    """Deliver a message to one renewal."""
    with _engine() as engine:
        done = deliver_message(
            engine, name, key, data=_json_object(data), message_id=message_id, actor=OPERATOR
        )
        fresh = _say(f"已投递 {name}。", f"{name} is delivered.")
        again = _say(
            f"消息 {message_id} 已处理过，未重复执行。", f"Message {message_id} was known; nothing was done."
        )
        _show(done, again if done.repeated else fresh)


def _json_object(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        value = json.loads(text)  # reads what orjson would not, so that it is refused by name
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise BadInput(what="--data", value=text[:80], reason=NO_OBJECT)
    return value


@main.command()
@click.argument("key")
@json_option
def show(key: str) -> None:
    """Show one renewal: stage, state, people, open tasks, next timers, why it waits."""
    with _engine() as engine:
        found = showing.show(engine, key, lang=_lang())
        _show(found, showing.show_text(found, lang=_lang()))


@main.command("tasks")
@click.option("--user", help="Tasks this person may do.")
@click.option("--role", type=click.Choice([str(r) for r in Role]), help="Tasks of this role.")
@click.option("--state", type=click.Choice([str(s) for s in TaskStatus]), help="Tasks in this state.")
@click.option("--key", help="Tasks of one renewal.")
@json_option
def list_tasks(user: str | None, role: str | None, state: str | None, key: str | None) -> None:
    """List tasks."""
    with _engine() as engine:
        actor = users.actor_of(engine, user) if user else None
        rows = reading.tasks(engine, actor=actor, role=role, state=state, key=key)
        _show(
            {"tasks": rows},
            "\n".join(reading.task_text(r, lang=_lang()) for r in rows) or _say("没有任务。", "No tasks."),
        )


@main.command()
@click.argument("task", type=ROW_NUMBER)
@click.option("--user", required=True)
@json_option
def claim(task: int, user: str) -> None:
    """Take TASK for USER."""
    with _engine() as engine:
        tasks.claim_task(engine, task, actor=users.actor_of(engine, user))
        _show(
            {"task_id": task, "claimed_by": user},
            _say(f"任务 {task} 已由 {user} 领取。", f"{user} has task {task}."),
        )


@main.command()
@click.argument("task", type=ROW_NUMBER)
@click.option("--user", required=True)
@click.option("--data", required=True, help="The form's values as a JSON object.")
@click.option("--version", type=ROW_NUMBER, help="The task's version the form was opened on.")
@json_option
def complete(task: int, user: str, data: str, version: int | None) -> None:
    """Complete TASK as USER with the form's values."""
    with _engine() as engine:
        values = _json_object(data)
        done = tasks.complete_task(engine, task, values, actor=users.actor_of(engine, user), version=version)
        _show(
            done,
            _say(
                f"任务 {task} 已完成，新任务 {len(done.opened)} 个。", f"Done; {len(done.opened)} new tasks."
            ),
        )


# --- history -----------------------------------------------------------------


@main.group()
def audit() -> None:
    """The history."""


@audit.command("verify")
@click.option("--key", "keys", multiple=True, help="A public key to trust beside the own one.")
@json_option
@click.pass_context
def audit_verify(ctx: click.Context, keys: tuple[str, ...]) -> None:
    """Check every row of the history against its chain and the signed checkpoints."""
    with _engine() as engine:
        with click.progressbar(
            length=audit_text.row_count(engine), label=_say("历史", "History"), file=sys.stderr
        ) as bar:
            verdict = verify(engine, keys=audit_text.public_keys(keys), on_progress=bar.update)
        _show(audit_text.as_json(verdict, _lang()), audit_text.summary(verdict, _lang()))
    for finding in verdict.findings:
        click.echo(finding.say(_lang()), err=True)
    if not verdict.is_sound:
        ctx.exit(1)


@audit.command("checkpoint")
@click.option("--restart", help="Why a new series begins in an empty folder (after a restore).")
@json_option
def audit_checkpoint(restart: str | None) -> None:
    """Sign where the history stands now and keep that in RENEWALS_CHECKPOINTS."""
    with _engine() as engine:
        taken = checkpoints.take_checkpoint(engine, actor=OPERATOR, restart=restart)
        nothing = _say("自上一个检查点以来没有新的历史。", "Nothing happened since the last checkpoint.")
        _show({"checkpoint": taken}, checkpoints.taken_text(taken, _lang()) if taken else nothing)


# --- people ------------------------------------------------------------------


@main.group()
def user() -> None:
    """Sign-ins."""


@user.command("add")
@click.argument("name")
@click.option("--role", "roles", required=True, multiple=True, type=click.Choice([str(r) for r in Role]))
@click.option("--unit", help="Code of the organisation unit.")
@click.option("--password", help="Default: a random one, printed once.")
@json_option
def user_add(name: str, roles: tuple[str, ...], unit: str | None, password: str | None) -> None:
    """Add the sign-in NAME."""
    with _engine() as engine:
        made = users.add_user(
            engine, name, roles=[Role(r) for r in roles], unit_code=unit, password=password, actor=OPERATOR
        )
        sees_nothing = users.sees_nothing(engine, name)
        warning = _say(
            f"注意：没有工号为 {name} 的在职人员，也没有指定机构（--unit），登录后看不到任何数据；"
            "请导入含此人的组织文件，或以同名工号的人员、所属机构重新添加。",
            f"note: nobody with the employee number {name} serves and no unit (--unit) was given, so this person sees"
            " nothing; import an organisation file that holds them, or add the sign-in with a unit.",
        )
        _show(
            {
                "name": name,
                "roles": list(roles),
                "unit": unit,
                **({"password": made} if password is None else {}),
                **({"warning": warning} if sees_nothing else {}),
            },
            _say(f"已添加 {name}，初始密码：{made}", f"{name} is added; initial password: {made}")
            if password is None
            else _say(f"已添加 {name}，密码为您指定的密码。", f"{name} is added with the password you gave."),
        )
        if sees_nothing:
            click.echo(warning, err=True)


@main.group()
def org() -> None:
    """The two organisation trees."""


@org.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def org_import(file: Path) -> None:
    """Import units, people and liaisons from an xlsx file."""
    with _engine() as engine:
        report = directory.import_org(engine, file.read_bytes(), file.name, actor=OPERATOR)
        _show(report, directory.report_text(report, _lang()))


# --- running -----------------------------------------------------------------


@main.command()
@click.option("--renewals", "count", default=1000, show_default=True, help="How many renewals.")
@click.option("--seed", default=2026, show_default=True)
@json_option
def demo(count: int, seed: int) -> None:
    """Build the demo book in an empty database by really running the engine on the virtual clock."""
    with click.progressbar(
        length=book.STEPS, label=_say("生成演示数据", "Demo book"), file=sys.stderr
    ) as bar:
        report = book.build_book(load_settings(), count=count, seed=seed, on_progress=bar.update)
    _show(report, book.report_text(report, _lang()))


@main.group("keys")
def keys_group() -> None:
    """Keys of the personal data at rest."""


@keys_group.command("list")
@json_option
def keys_list() -> None:
    """List the data keys, and how many rows an older one sealed."""
    with _engine() as engine:
        found = keys.list_keys(engine)
    lines = [f"{key.id}  {key.purpose:<5}  {key.created_at:%Y-%m-%d %H:%MZ}" for key in found.keys]
    lines.append(_say(f"待重新加密的记录：{found.stale}", f"rows still under an older key: {found.stale}"))
    _show(found, "\n".join(lines))


@keys_group.command("rotate")
@click.option("--resume", is_flag=True, help="Make no new key; finish what was stopped.")
@json_option
def keys_rotate(resume: bool) -> None:
    """Make a new key and seal all personal data anew; safe to stop."""
    with _engine() as engine:
        if not resume:
            keys.make_key(engine, actor=OPERATOR)
        with click.progressbar(length=keys.list_keys(engine).stale, file=sys.stderr) as bar:
            done = keys.reseal(engine, actor=OPERATOR, on_progress=bar.update)
    zh = f"现用密钥 {done.key}：已重新加密 {done.rows} 条记录，无法打开而未动 {done.refused} 处。"
    en = f"Key {done.key} seals now: {done.rows} rows sealed anew, {done.refused} values did not open and were left."
    _show(done, _say(zh, en))


@keys_group.command("rewrap")
@json_option
def keys_rewrap() -> None:
    """Wrap the keys under RENEWALS_DATA_KEY, after a change; the old one is in RENEWALS_DATA_KEY_OLD."""
    with _engine(checked=False) as engine:
        count = keys.rewrap_keys(engine, actor=OPERATOR)
    _show({"rewrapped": count}, _say(f"已用新主密钥封装 {count} 个数据密钥。", f"{count} keys rewrapped."))


def _add_installed_commands() -> None:
    """Add the commands that other rooms register (``serve``); the engine itself knows no web."""
    for entry in entry_points(group="renewals.commands"):
        main.add_command(_Installed(entry))


_INSTALLED = {
    "serve": "Serve the console with the ticker beside it, in one process.",
    "web": "Serve the console with several processes (PostgreSQL; see worker).",
    "worker": "Run jobs until asked to stop, and tick if no other does.",
    "bench": "Run the benchmarks (source checkout only).",
}
"""What the commands of other rooms do, for ``--help``: they are loaded only when they are called."""


class _Installed(click.Command):
    """A command loaded from its entry point when it is called, so that others start fast.

    What is loaded is a function without arguments, or a click command that reads its own.
    """

    def __init__(self, entry: EntryPoint) -> None:
        super().__init__(entry.name, help=_INSTALLED.get(entry.name, f"Installed by {entry.module}."))
        self.entry = entry

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        target = self._load()
        if isinstance(target, click.Command):
            return target.make_context(info_name, args, parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        return self._load()()

    def _load(self) -> Any:
        try:
            return self.entry.load()
        except ModuleNotFoundError as error:
            if error.name is None or not f"{self.entry.module}.".startswith(f"{error.name}."):
                raise
            reason = Label(
                "它只在源代码目录中可用（make setup 后运行 make bench），安装包不含它。",
                "it is part of a source checkout (make setup, then make bench), not of an installed package.",
            )
            raise BadInput(what=Thing.COMMAND, value=self.entry.name, reason=reason) from error


_add_installed_commands()
