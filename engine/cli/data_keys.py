"""``keys``: the keys of the personal data at rest."""

from __future__ import annotations

import sys

import click

from engine.cli.desk import OPERATOR, opened_engine
from engine.cli.output import json_option, say, show_result
from engine.services import keys


@click.group("keys")
def keys_group() -> None:
    """Keys of the personal data at rest."""


@keys_group.command("list")
@json_option
def keys_list() -> None:
    """List the data keys, and how many rows an older one sealed."""
    with opened_engine() as engine:
        found = keys.list_keys(engine)
    lines = [f"{key.id}  {key.purpose:<5}  {key.created_at:%Y-%m-%d %H:%MZ}" for key in found.keys]
    lines.append(say(f"待重新加密的记录：{found.stale}", f"rows still under an older key: {found.stale}"))
    show_result(found, "\n".join(lines))


@keys_group.command("rotate")
@click.option("--resume", is_flag=True, help="Make no new key; finish what was stopped.")
@json_option
def keys_rotate(resume: bool) -> None:
    """Make a new key and seal all personal data anew; safe to stop."""
    with opened_engine() as engine:
        if not resume:
            keys.make_key(engine, actor=OPERATOR)
        with click.progressbar(length=keys.list_keys(engine).stale, file=sys.stderr) as bar:
            done = keys.reseal(engine, actor=OPERATOR, on_progress=bar.update)
    zh = f"现用密钥 {done.key}：已重新加密 {done.rows} 条记录，无法打开而未动 {done.refused} 处。"
    en = f"Key {done.key} seals now: {done.rows} rows sealed anew, {done.refused} values did not open and were left."
    show_result(done, say(zh, en))


@keys_group.command("rewrap")
@json_option
def keys_rewrap() -> None:
    """Wrap the keys under RENEWALS_DATA_KEY, after a change; the old one is in RENEWALS_DATA_KEY_OLD."""
    with opened_engine(checked=False) as engine:
        count = keys.rewrap_keys(engine, actor=OPERATOR)
    show_result(
        {"rewrapped": count}, say(f"已用新主密钥封装 {count} 个数据密钥。", f"{count} keys rewrapped.")
    )
