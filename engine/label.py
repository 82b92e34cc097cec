"""A text in the two languages of the product, and the names of the things that refusals speak of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """A text in the two languages of the product."""

    zh: str
    en: str

    def say(self, lang: str = "zh") -> str:
        """Return the text in *lang* (``zh`` or ``en``)."""
        return self.en if lang == "en" else self.zh


def joined(labels: Iterable[Label], *, zh: str = "；", en: str = "; ") -> Label:
    """Return several texts as one, each language with its own sign between them."""
    parts = tuple(labels)
    return Label(zh.join(part.zh for part in parts), en.join(part.en for part in parts))


def one_of(codes: Iterable[object]) -> Label:
    """Return the remedy that names the values to choose from."""
    known = [str(code) for code in codes]
    return Label(f"请使用 {'、'.join(known)} 之一。", f"use one of {', '.join(known)}.")


class Thing:
    """What a refusal may be about; one name each, so that the same thing is always called the same."""

    RENEWAL = Label("续保", "renewal")
    TASK = Label("任务", "task")
    INSTANCE = Label("流程实例", "process instance")
    DEFINITIONS = Label("流程定义", "definition set")
    DIAGRAM = Label("流程图", "diagram")
    TABLE = Label("决策表", "decision table")
    OPERATION = Label("操作", "operation")
    INCIDENT = Label("异常", "incident")
    MESSAGE = Label("消息", "message")
    BATCH = Label("批次", "batch")
    ABSENCE = Label("请假", "absence")
    ATTACHMENT = Label("附件", "file")
    VIEW = Label("视图", "view")
    BULK_ACT = Label("批量办理", "bulk act")
    CUSTOMER = Label("客户", "customer")
    WORKPLACE = Label("职场", "workplace")
    TEAM = Label("营业组或职场", "team or workplace")
    ALARM = Label("预警", "alarm")
    LEDGER_COPY = Label("台账冻结副本", "frozen ledger")
    HANDOVER = Label("交接", "hand-over")
    HOLIDAY = Label("假日", "holiday")
    USER = Label("用户", "user")
    USER_NAME = Label("用户名", "user name")
    AGENT_NO = Label("营销员工号", "agent number")
    UNIT_CODE = Label("机构代码", "unit code")
    ROLE = Label("角色", "role")
    KIND = Label("类型", "kind")
    NAME = Label("名称", "name")
    SOURCE = Label("依据", "source")
    REASON = Label("原因", "reason")
    DATABASE = Label("数据库", "database")
    FOLDER = Label("目录", "folder")
    FILE = Label("文件或目录", "file or folder")
    COMMAND = Label("命令", "command")
