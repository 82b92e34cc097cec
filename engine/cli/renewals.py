"""``message``, ``show``, ``tasks``, ``claim`` and ``complete``: one renewal, and what people do for it."""

from __future__ import annotations

import json
from typing import Any

import click

from engine.cli.desk import OPERATOR, opened_engine
from engine.cli.output import json_option, lang, say, show_result
from engine.domain.codes import Role, TaskStatus
from engine.errors import BadInput
from engine.label import Label
from engine.queries import command_line as reading
from engine.queries import showing
from engine.services import tasks, users
from engine.services.messages import deliver_message

NO_OBJECT = Label(
    '不是 JSON 对象，应写作 {"键": "值"}。',
    'it is not a JSON object; write {"key": "value"}.',
)
ROW_NUMBER = click.IntRange(1, 2**63 - 1)


@click.command()
@click.argument("name")
@click.option("--key", required=True, help="VIN, policy number, business key or instance id.")
@click.option("--data", help="JSON object.")
@click.option("--id", "message_id", help="A repeated id is acknowledged and ignored.")
@json_option
def message(name: str, key: str, data: str | None, message_id: str | None) -> None:
    """Deliver a message to one renewal."""
    with opened_engine() as engine:
        done = deliver_message(
            engine, name, key, data=_json_object(data), message_id=message_id, actor=OPERATOR
        )
        fresh = say(f"已投递 {name}。", f"{name} is delivered.")
        again = say(
            f"消息 {message_id} 已处理过，未重复执行。", f"Message {message_id} was known; nothing was done."
        )
        show_result(done, again if done.repeated else fresh)


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


@click.command()
@click.argument("key")
@json_option
def show(key: str) -> None:
    """Show one renewal: stage, state, people, open tasks, next timers, why it waits."""
    with opened_engine() as engine:
        found = showing.show(engine, key, lang=lang())
        show_result(found, showing.show_text(found, lang=lang()))


@click.command("tasks")
@click.option("--user", help="Tasks this person may do.")
@click.option("--role", type=click.Choice([str(r) for r in Role]), help="Tasks of this role.")
@click.option("--state", type=click.Choice([str(s) for s in TaskStatus]), help="Tasks in this state.")
@click.option("--key", help="Tasks of one renewal.")
@json_option
def list_tasks(user: str | None, role: str | None, state: str | None, key: str | None) -> None:
    """List tasks."""
    with opened_engine() as engine:
        actor = users.actor_of(engine, user) if user else None
        rows = reading.tasks(engine, actor=actor, role=role, state=state, key=key)
        show_result(
            {"tasks": rows},
            "\n".join(reading.task_text(r, lang=lang()) for r in rows) or say("没有任务。", "No tasks."),
        )


@click.command()
@click.argument("task", type=ROW_NUMBER)
@click.option("--user", required=True)
@json_option
def claim(task: int, user: str) -> None:
    """Take TASK for USER."""
    with opened_engine() as engine:
        tasks.claim_task(engine, task, actor=users.actor_of(engine, user))
        show_result(
            {"task_id": task, "claimed_by": user},
            say(f"任务 {task} 已由 {user} 领取。", f"{user} has task {task}."),
        )


@click.command()
@click.argument("task", type=ROW_NUMBER)
@click.option("--user", required=True)
@click.option("--data", required=True, help="The form's values as a JSON object.")
@click.option("--version", type=ROW_NUMBER, help="The task's version the form was opened on.")
@json_option
def complete(task: int, user: str, data: str, version: int | None) -> None:
    """Complete TASK as USER with the form's values."""
    with opened_engine() as engine:
        values = _json_object(data)
        done = tasks.complete_task(engine, task, values, actor=users.actor_of(engine, user), version=version)
        show_result(
            done,
            say(
                f"任务 {task} 已完成，新任务 {len(done.opened)} 个。", f"Done; {len(done.opened)} new tasks."
            ),
        )
