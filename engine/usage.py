"""What the command line says about wrong usage, in Chinese; English is click's own."""

from __future__ import annotations

import click


def usage_zh(error: click.UsageError) -> str:
    """Return the refusal of a wrongly used command: what is wrong, and where the help is."""
    path = error.ctx.command_path if error.ctx is not None else "renewals"
    return f"用法错误：{_reason(error)}\n查看用法：{path} --help"


def _reason(error: click.UsageError) -> str:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return f"缺少子命令，可用：{_commands(error)}。"
    if isinstance(error, click.NoSuchOption):
        return f"没有选项 {error.option_name}。"
    if isinstance(error, click.MissingParameter):
        return f"缺少{_name(error)}。"
    if isinstance(error, click.BadParameter):
        first = error.message.split(" ", 1)[0]  # a number out of range comes bare, all else in quotes
        value = error.message.partition("'")[2].partition("'")[0] or first
        return f"{_name(error)}的值“{value}”不可用：{_wanted(error)}"
    if isinstance(error, click.BadOptionUsage):
        return f"选项 {error.option_name} 缺少取值。"
    if "No such command" in error.message:
        return f"没有命令 {error.message.partition('No such command ')[2].rstrip('.')}。"
    if "unexpected extra argument" in error.message:
        return "参数过多。"
    return error.message


def _commands(error: click.UsageError) -> str:
    group = error.ctx.command if error.ctx is not None else None
    return "、".join(group.list_commands(error.ctx)) if isinstance(group, click.Group) and error.ctx else ""


def _name(error: click.BadParameter) -> str:
    if isinstance(error.param, click.Option):
        return f"选项 {error.param.opts[0]} "
    if error.param is not None:
        shown = error.param.make_metavar(error.ctx) if error.ctx else str(error.param.name)
        named = _ARGUMENTS.get(shown.strip("[].").upper())
        return f"参数{named}（{shown}）" if named else f"参数 {shown} "
    return "参数"


_ARGUMENTS = {
    "PATHS": "文件或目录",
    "FILE": "文件",
    "DIRECTORY": "目录",
    "KEY": "车架号、保单号或编号",
    "TASK": "任务编号",
    "NAME": "名称",
    "MOMENT": "时刻",
    "DURATION": "时长",
}
"""What an argument is, for who does not read its name."""


def _wanted(error: click.BadParameter) -> str:
    kind = error.param.type if error.param is not None else None
    if isinstance(kind, click.Choice):
        return f"请使用 {'、'.join(str(choice) for choice in kind.choices)} 之一。"
    if isinstance(kind, click.IntRange) and kind.max is not None:
        return f"请给出 {kind.min} 至 {kind.max} 的整数。"
    if isinstance(kind, click.IntRange):
        return f"请给出不小于 {kind.min} 的整数。"
    if kind is click.INT:
        return "请给出整数。"
    if isinstance(kind, click.Path):
        return "文件或目录不存在，或不是所需的类型。"
    return error.message
