"""The vocabulary of the history: kinds of entries, labels of facts, values as they may be shown; pure.

Personal data that a payload may hold (phone, name, plate, numbers) leaves here masked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import forms
from engine.clock import SHANGHAI
from engine.domain.codes import LABELS, Label, Role
from engine.domain.masking import mask_id_no, mask_name, mask_phone, mask_plate, mask_policy_no, mask_vin
from engine.domain.numbers import trimmed


class Kind(StrEnum):
    """What a history entry is about; the timeline filters by it."""

    PROGRESS = "progress"
    TASK = "task"
    MESSAGE = "message"
    FACT = "fact"
    SYSTEM = "system"


KIND_LABELS: Mapping[Kind, Label] = {
    Kind.PROGRESS: Label("阶段与状态", "Stages and states"),
    Kind.TASK: Label("任务办理", "Tasks"),
    Kind.MESSAGE: Label("消息与通知", "Messages"),
    Kind.FACT: Label("资料与责任人", "Facts and people"),
    Kind.SYSTEM: Label("系统动作", "System"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Names for the numbers and codes of payloads; what is missing is shown as it is."""

    people: Mapping[str, str] = field(default_factory=dict)
    actors: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    elements: Mapping[str, Label] = field(default_factory=dict)
    options: Mapping[tuple[str, str], Label] = field(default_factory=dict)
    """(field key, stored value) → label, for facts, whichever form they were first written on."""
    answers: Mapping[str, Mapping[tuple[str, str], Label]] = field(default_factory=dict)
    """The same of each form by its id: one code may read differently on two forms."""
    operations: Mapping[str, Label] = field(default_factory=dict)
    comments: Mapping[int, str] = field(default_factory=dict)
    """The texts of comments by number, where the reader may see the renewal."""
    zone: ZoneInfo = SHANGHAI
    actions: Mapping[str, Label] = field(default_factory=dict)
    """action id → names of the tasks or operations that carry it, which may be several"""

    def person(self, number: object) -> str:
        """Return the name of an employee number."""
        return self.people.get(str(number), str(number))

    def element(self, element_id: object) -> Label:
        """Return the name of a diagram element."""
        return named(self.elements, element_id)

    def task_en(self, name: object) -> str:
        """Return the English name of the task that was opened as *name*."""
        return next((label.en for label in self.elements.values() if label.zh == name), str(name))

    def source_of(self, event: Happening, code: object) -> Label:
        """Return who the fact of *event* came from: the very task that told it where the event names it."""
        element = event["element_id"]
        return self.elements[element] if element in self.elements else self.source(code)

    def source(self, code: object) -> Label:
        """Return who a fact came from: a list and its row, a kind of source, or the task whose form told it."""
        if found := ROW_OF_LIST.fullmatch(str(code)):
            batch, sheet, row = found["batch"], found["sheet"], found["row"]
            of_zh, of_en = (f"工作表 {sheet} ", f", sheet {sheet}") if sheet else ("", "")
            row_zh, row_en = (f"第 {row} 行", f", row {row}") if row else ("", "")
            return Label(f"清单批次 {batch} {of_zh}{row_zh}".rstrip(), f"list {batch}{of_en}{row_en}")
        return named(self.actions if str(code) in self.actions else SOURCES, code)

    def reason(self, text: str) -> Label:
        """Return a reason as it was typed, or the row of a list that gave it."""
        return self.source(text) if ROW_OF_LIST.fullmatch(text) else Label(text, text)

    def of_form(self, form_id: object) -> Words:
        """Return these words with the labels of one form; a form nobody knows leaves codes as they are."""
        return replace(self, options=self.answers.get(str(form_id), {}))

    def moment(self, text: object) -> str:
        """Return an ISO instant as local date and time."""
        try:
            return f"{datetime.fromisoformat(str(text)).astimezone(self.zone):%Y-%m-%d %H:%M}"
        except ValueError:
            return str(text)

    def last_day(self, text: object) -> str:
        """Return the last local day before an ISO instant, the day on which something is due."""
        try:
            until = datetime.fromisoformat(str(text)) - timedelta(seconds=1)
        except ValueError:
            return str(text)
        return until.astimezone(self.zone).date().isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A history event as the sentences need it; ``who`` is the actor's display name."""

    action: str
    who: str
    by_system: bool
    subject: str | None
    payload: Mapping[str, Any]
    reason: str | None = None

    def __getitem__(self, name: str) -> Any:
        return self.payload.get(name)


YES_NO = frozenset({"是", "否"})
FACTORS = frozenset({"ncd", "self_pricing", "violation_factor", "rate"})
MONEY = frozenset({"premium", "ctp_premium", "quote_mid", "actual_quote", "new_car_price"})
_MASKS: Mapping[str, Callable[[str], str]] = {
    "phone": mask_phone,
    "name": mask_name,
    "customer": mask_name,
    "id_no": mask_id_no,
    "plate": mask_plate,
    "vin": mask_vin,
    "policy_no": mask_policy_no,
}
FIELDS: Mapping[str, Label] = {
    "expiry_date": Label("到期日", "expiry date"),
    "start_date": Label("起保日", "inception date"),
    "signed_date": Label("签单日期", "issue date"),
    "premium": Label("保费", "premium"),
    "ctp_premium": Label("交强险保费", "compulsory premium"),
    "quote_mid": Label("预测报价", "forecast quote"),
    "actual_quote": Label("实际报价", "actual quote"),
    "quote_opens_date": Label("可报价日", "first day of quoting"),
    "transferred_on": Label("过户告知日", "day the transfer was told"),
    "loss_reason": Label("流失原因", "loss reason"),
    "exclusion_code": Label("剔除原因", "exclusion reason"),
    "is_key": Label("重点客户", "key customer"),
    "do_not_contact": Label("不再联系", "do-not-contact"),
    "no_messages": Label("不接收短信", "no messages"),
    "phone": Label("手机", "phone"),
    "phone_doubtful": Label("号码存疑", "doubtful number"),
    "name": Label("客户姓名", "customer name"),
    "customer": Label("客户", "customer"),
    "id_no": Label("证件号码", "ID number"),
    "plate": Label("车牌号", "plate"),
    "vin": Label("车架号", "VIN"),
    "policy_no": Label("保单号", "policy number"),
    "make_model": Label("厂牌车型", "make and model"),
    "use": Label("使用性质", "use"),
    "energy": Label("能源类型", "energy type"),
    "seats": Label("座位数", "seats"),
    "new_car_price": Label("新车购置价", "new-car price"),
    "first_registration": Label("初登日期", "first registration"),
    "third_party_limit": Label("三者保额", "third-party limit"),
    "ncd": Label("无赔款优待系数", "NCD factor"),
    "self_pricing": Label("自主定价系数", "self-pricing factor"),
    "claims": Label("出险次数", "claims"),
    "years_insured": Label("连续承保年数", "years insured"),
    "owner_no": Label("责任人", "responsible person"),
    "owner_role": Label("责任岗位", "responsible role"),
    "agent_no": Label("寿险营销员", "life agent"),
    "supervisor_no": Label("寿险业务主任", "agency supervisor"),
    "trainer_no": Label("寿险组训", "workplace trainer"),
    "specialist_no": Label("交叉销售专员", "cross-selling specialist"),
    "team_code": Label("营业组", "agency unit"),
    "workplace_code": Label("职场", "workplace"),
    "sub_branch_code": Label("支公司", "county branch"),
    "branch_code": Label("分公司", "branch"),
}
ROW_OF_LIST = re.compile(r"batch (?P<batch>\d+)(?: sheet (?P<sheet>.+?))?(?: row (?P<row>\d+))?")
"""How intake names where something came from (engine.services.intake)."""
SOURCES: Mapping[str, Label] = {
    "import": Label("清单导入", "the list"),
    "message": Label("外部消息", "a message"),
    "contact": Label("联系记录", "a contact record"),
    "agent": Label("营销员填报", "the agent"),
    "specialist": Label("专员核实", "the specialist"),
    "start": Label("续保开始", "the start of the renewal"),
    "file": Label("客户续保档案", "the customer file"),
    "console": Label("工作台登记", "entered in the console"),
    "erasure": Label("删除个人信息的请求", "a request for deletion"),
    "consent_end": Label("同意到期", "the end of a consent"),
    "review": Label("剔除审批", "the review of the exclusion"),
    "untold": Label("至结束无人说明，系统代记", "nobody told it until the end; kept by the system"),
    "tariff": Label("费率表更新", "newer tariff tables"),
}
RECORDS: Mapping[str, Label] = {
    "renewal_records": Label("续保", "renewals"),
    "task_records": Label("任务", "tasks"),
    "import_records": Label("导入批次", "imports"),
    "timers": Label("定时", "timers"),
    "inbox": Label("待办", "the inbox"),
    "ledger": Label("职场续保台账", "a workplace ledger"),
    "ledger_copy": Label("冻结的职场续保台账", "a frozen workplace ledger"),
    "morning": Label("晨会单", "the morning sheet"),
    "handover": Label("交接记录", "a hand-over record"),
    "incidents": Label("异常", "incidents"),
    "outbox": Label("外发通知", "outgoing messages"),
    "history_records": Label("历史", "the history"),
    "definitions": Label("流程版本", "definitions"),
    "people": Label("人员", "people"),
    "units": Label("机构", "units"),
    "users": Label("用户", "users"),
    "holidays": Label("假日", "holidays"),
}
"""The record lists of the console, as exports of them are named."""
TICKED = "True"
NOBODY = Label("无", "nobody")
NOTHING = Label("无", "none")


def coded(kind: type[StrEnum], value: object) -> Label:
    """Return the label of a code, the code itself when the list does not hold it."""
    try:
        return LABELS[kind(str(value))]
    except (KeyError, ValueError):
        return Label(str(value), str(value)) if value not in (None, "") else NOTHING


def named(labels: Mapping[str, Label], code: object) -> Label:
    """Return the label of *code* in *labels*, the code itself where it has none."""
    return labels.get(str(code), Label(str(code), str(code)))


def field_label(name: object) -> Label:
    """Return the label of a fact's field."""
    return named(FIELDS, name)


def shown_value(name: str, value: object, words: Words) -> Label:
    """Return a fact's value as it may be shown: masked, named, in words."""
    if value in (None, ""):
        return NOTHING
    if value is True and (name, TICKED) in words.options:
        return words.options[name, TICKED]
    if isinstance(value, bool):
        return Label("是", "yes") if value else Label("否", "no")
    text = str(value)
    if name in _MASKS:
        text = _MASKS[name](text)
    elif name == "owner_role":
        return coded(Role, text)
    elif name.endswith("_no"):
        text = words.person(text)
    elif name.endswith("_code") and name != "exclusion_code":
        text = words.units.get(text, text)
    elif (name, text) in words.options:
        return words.options[name, text]
    elif name in MONEY or name == "third_party_limit":
        return money(text)
    elif not isinstance(value, str) or name in FACTORS:
        text = trimmed(text)
    return Label(text, text)


# A reason typed into a form becomes the renewal's loss reason.
_FACT_OF = {"reason": "loss_reason", "confirmed_reason": "loss_reason", "code": "exclusion_code"}


def choice_labels(of: Collection[forms.Form]) -> Mapping[tuple[str, str], Label]:
    """Return (field key, stored value) → label for the choice fields of forms, facts they become included.

    A ticked box is said by its own label; a bare yes or no with its question.
    """
    boxes = {
        (field.key, TICKED): Label(field.label.zh, field.label.en)
        for form in of
        for field in form.fields
        if field.kind is forms.FieldKind.CHECKBOX
    }
    return boxes | {
        (key, option.value): _answer(field, option.label)
        for form in of
        for field in form.fields
        for option in field.options
        for key in (field.key, _FACT_OF.get(field.key, field.key))
    }


def _answer(of: forms.Field, label: Any) -> Label:
    if label.zh in YES_NO:
        return Label(f"{of.label.zh}：{label.zh}", f"{of.label.en}: {label.en}")
    return Label(label.zh, label.en)


def money(text: str) -> Label:
    """Return an amount in yuan with its unit and thousands separators; what is no number stays."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return Label(text, text)
    return Label(f"{amount:,.2f} 元", f"CNY {amount:,.2f}")
