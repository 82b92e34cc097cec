"""What every command prints: text in the user's language, or one JSON object."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson

F = TypeVar("F", bound=Callable[..., Any])


def lang() -> str:
    """Return the language of this run: ``zh``, or ``en`` where RENEWALS_LANG says so."""
    return "en" if os.environ.get("RENEWALS_LANG") == "en" else "zh"


def say(zh: str, en: str) -> str:
    """Return the text in the language of this run."""
    return en if lang() == "en" else zh


def json_option(function: F) -> F:
    """Let ``--json`` stand behind the command as well as before it."""

    def keep(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        if value:
            ctx.ensure_object(dict)["json"] = True

    return click.option(
        "--json", is_flag=True, expose_value=False, callback=keep, help="Print one JSON object."
    )(function)


def show_result(value: Mapping[str, Any] | Any, text: str) -> None:
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
