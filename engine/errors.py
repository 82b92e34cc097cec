"""The tree of refusals: each names the thing, the reason and the remedy, in Chinese and English."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.label import Label


class EngineError(Exception):
    """Base of every refusal the engine makes on purpose.

    ``code`` is stable and may be matched by callers; ``zh`` and ``en`` are templates filled from
    ``params`` (``str.format`` fields); a text among them is a Label, or another refusal, so that it is
    said in the reader's language too. Anything that is not an EngineError is a defect.
    """

    code: ClassVar[str] = "engine_error"
    zh: ClassVar[str] = "操作未完成。"
    en: ClassVar[str] = "The operation was not carried out."

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(self.say("en"))

    def say(self, lang: str = "zh") -> str:
        """Return the sentence in *lang* (``zh`` or ``en``)."""
        template = self.en if lang == "en" else self.zh
        try:
            return template.format(**{key: _said(value, lang) for key, value in self.params.items()})
        except (KeyError, IndexError, AttributeError):
            return template


def blame(error: Exception, element_id: str | None) -> None:
    """Note on *error* the BPMN element that raised it; the first to be named stays."""
    if element_id is not None and blamed(error) is None:
        error.__dict__["element_id"] = element_id


def blamed(error: Exception) -> str | None:
    """Return the BPMN element that raised *error*, None when none did."""
    found: str | None = error.__dict__.get("element_id")
    return found


def _said(value: Any, lang: str) -> Any:
    return value.say(lang) if isinstance(value, Label | EngineError) else value


class NotFound(EngineError):
    """The named thing does not exist, or the actor may not know that it does."""

    code = "not_found"
    zh = "找不到{what}“{key}”。请核对编号，或确认它在您的管理范围内。"
    en = "No {what} “{key}” was found. Check the number, or whether it lies within your scope."


class Forbidden(EngineError):
    """The actor may not do this."""

    code = "forbidden"
    zh = "您没有权限{act}。如确需办理，请联系系统管理员。"
    en = "You may not {act}. Ask an administrator if you need to."


class TaskHandedOn(Forbidden):
    """The actor handed the task to a colleague, who alone does it until it is taken back."""

    code = "task_handed_on"
    zh = "任务“{name}”已委托 {colleague} 代办，这次没有办理。如要自己办理，请先打开任务，点“收回自己办理”。"
    en = "You handed “{name}” to {colleague}; nothing was done. To do it yourself, open it and take it back first."


class Conflict(EngineError):
    """Somebody or something else was faster; nothing was changed."""

    code = "conflict"
    zh = "“{what}”刚被其他操作更新，本次未保存。请刷新后重试。"
    en = "“{what}” was just changed by somebody else; nothing was saved. Reload and try again."


class TaskAlreadyClosed(Conflict):
    """A user task was completed, missed or withdrawn before this act arrived."""

    code = "task_already_closed"
    zh = "任务“{name}”已于 {at} 由 {actor} 办结（{status}）。您填写的内容已保存为草稿，未丢失。"
    en = (
        "Task “{name}” was already closed by {actor} at {at} ({status}). What you entered is kept as a draft."
    )


class TaskChanged(Conflict):
    """A form was opened on an older version of the task than the one stored now."""

    code = "task_changed"
    zh = "任务“{name}”在您填写期间已变更（您打开的是第 {seen} 版，现为第 {now} 版）。内容已存为草稿，请核对后再提交。"
    en = (
        "Task “{name}” changed while you filled it in (you saw version {seen}, it is {now}). Kept as a draft."
    )


class TaskTaken(Conflict):
    """A task is claimed by somebody else."""

    code = "task_taken"
    zh = "任务“{name}”已由 {actor} 领取。请刷新待办列表。"
    en = "Task “{name}” is claimed by {actor}. Reload the inbox."


class TaskGone(Conflict):
    """A task went to somebody else while a person typed into its form."""

    code = "task_gone"
    zh = "任务“{name}”在您填写期间已转给他人，不再由您办理。您填写的内容已保存为草稿，未丢失。"
    en = "Task “{name}” went to somebody else while you filled it in. What you entered is kept as a draft."


class InvalidForm(EngineError):
    """A submission did not satisfy its form; ``problems`` maps field key to a Problem."""

    code = "invalid_form"
    zh = "表单有 {count} 处需要修改：{fields}。"
    en = "Fields that need attention ({count}): {fields}."


class BadInput(EngineError):
    """A value given from outside is unusable."""

    code = "bad_input"
    zh = "“{what}”的值“{value}”不可用：{reason}"
    en = "The value “{value}” of “{what}” cannot be used: {reason}"


class NothingChosen(BadInput):
    """An act on many tasks was asked for with none chosen."""

    code = "nothing_chosen"
    zh = "没有选择任何任务，未做任何事。请勾选任务后再试。"
    en = "No task was chosen, so nothing was done. Tick some and try again."


class TooManyChosen(BadInput):
    """More tasks were chosen than one act takes."""

    code = "too_many_chosen"
    zh = "选择了 {count} 项任务，一次最多 {most} 项，请缩小筛选范围。"
    en = "{count} tasks were chosen; one act takes at most {most}: narrow the filter."


class SettingsError(EngineError):
    """The environment holds a missing or wrong setting; the start is stopped."""

    code = "bad_settings"
    zh = "启动设置有误：{faults}。请改正环境变量后重新启动。"
    en = "Settings are wrong: {faults}. Correct the environment and start again."


class ClockError(EngineError):
    """A clock command cannot be obeyed."""

    code = "clock_refused"
    zh = "时钟操作被拒绝：{reason_zh}"
    en = "The clock refused: {reason_en}"


class DatabaseNotReady(EngineError):
    """The schema is missing or older than the program."""

    code = "database_not_ready"
    zh = "数据库尚未就绪：{reason}。请先运行 renewals db upgrade。"
    en = "The database is not ready: {reason}. Run renewals db upgrade first."


UNREACHED = Label(
    "连接不上，或不是本系统的库（请核对 RENEWALS_DATABASE_URL）",
    "it cannot be reached, or is not of this system (check RENEWALS_DATABASE_URL)",
)


class NoDefinition(EngineError):
    """No process definition was deployed yet."""

    code = "no_definition"
    zh = "尚未发布任何流程定义。请先运行 renewals deploy --by 用户。"
    en = "No process definition is deployed. Run renewals deploy --by USER first."


class DeploymentRefused(EngineError):
    """A candidate set has findings, or lacks an approval; nothing was deployed."""

    code = "deployment_refused"
    zh = "未发布：{reason_zh}"
    en = "Not deployed: {reason_en}"


class StepFailed(EngineError):
    """A process step raised; the state was rolled back and an incident was kept."""

    code = "step_failed"
    zh = "流程步骤“{element}”执行失败，状态未改变，您填写的内容已保留；已生成异常记录 {incident}。原因：{reason}"
    en = "Step “{element}” failed; nothing changed, your input is kept as incident {incident}. Reason: {reason}"


def defect(error: Exception) -> Label:
    """Return what is told of a fault that is not the user's: its kind, for whoever mends it."""
    kind = type(error).__name__
    return Label(f"程序缺陷（{kind}），请告知系统管理员", f"a defect ({kind}); tell an administrator")


class MessageNotAwaited(Conflict):
    """No running instance waits for this message."""

    code = "message_not_awaited"
    zh = "消息 {name} 未投递：{key} 当前不等待该消息（{reason}）。"
    en = "Message {name} was not delivered: {key} does not wait for it ({reason})."


class SignInRefused(EngineError):
    """Name and password do not fit, or the account is locked or closed; which of these is not said."""

    code = "sign_in_refused"
    zh = "用户名或密码不正确，或账号因多次失败暂时锁定。请核对后再试；连续失败后需等待的时间会逐次延长。"
    en = "Name and password do not match, or the account is locked for a while. Check them; each failure adds a wait."


class WeakPassword(EngineError):
    """A new password does not meet the rules."""

    code = "weak_password"
    zh = "新密码未保存：{reason_zh}"
    en = "The new password was not saved: {reason_en}"
