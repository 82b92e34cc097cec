"""The filter of the inbox as the address bar, a form or a saved view gives it.

A condition that cannot be read, or that names nothing known, keeps nothing: leaving it out would show, take away or complete more than asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import TypeVar

from flask import request
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from admin.i18n import language
from admin.misread import backwards
from engine.api import (
    BadInput,
    CustomerTier,
    Engine,
    InboxGroup,
    InboxSort,
    InboxTab,
    InboxWish,
    Label,
    NoDefinition,
    Present,
    Stage,
    search_fault,
    unknown_conditions,
)

Code = TypeVar("Code", bound=StrEnum)
MAX_TEXT = 64
LONGEST_SHOWN = 24  # two days fit
CONDITIONS = ("action", "stage", "tier", "unit", "key", "orphan", "overdue", "from", "to", "q", "customer")
FILTER = ("tab", *CONDITIONS, "sort", "group")
"""The parameters of an inbox address that say what is shown; the page's position is none of them."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A condition that cannot be read or names nothing known.

    Its parameter, what it is called, what was given, and why it will not do if that is known.
    """

    key: str
    name: str
    text: str
    reason: Label | None = None

    def say(self) -> str:
        """Return what is wrong and what helps."""
        if self.reason is not None:
            why = self.reason.say(language())
            return _(
                "%(name)s“%(text)s”：%(why)s，因此不显示任何任务。",
                name=self.name,
                text=self.text[:LONGEST_SHOWN],
                why=why,
            )
        return _(
            "筛选条件“%(name)s”的值“%(text)s”无法识别，因此不显示任何任务；请重新选择或清除条件。",
            name=self.name,
            text=self.text[:20],
        )


@dataclass(slots=True)
class _Reader:
    """Reads one parameter after the other and notes those that cannot be read."""

    given: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)

    def text(self, key: str) -> str:
        return self.given.get(key, "").strip()[:MAX_TEXT]

    def search(self, key: str, name: str) -> str:
        text = self.text(key)
        if (why := search_fault(text)) is not None:
            self.faults.append(Fault(key, name, text, why))
        return text

    def code(self, key: str, kind: type[Code], name: str) -> Code | None:
        text = self.text(key)
        if not text:
            return None
        try:
            return kind(text)
        except ValueError:
            self.faults.append(Fault(key, name, text))
            return None

    def day(self, key: str, name: str) -> date | None:
        text = self.text(key)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.faults.append(Fault(key, name, text))
            return None

    def period(self, name: str, first: date | None, last: date | None) -> None:
        """Note a period that ends before it begins."""
        if (why := backwards(first, last)) is not None:
            self.faults.append(Fault(key="to", name=name, text=f"{first} – {last}", reason=why))

    def number(self, key: str, name: str) -> int | None:
        text = self.text(key)
        if not text:
            return None
        if text.isascii() and text.isdecimal() and len(text) < 19:
            return int(text)
        self.faults.append(Fault(key, name, text))
        return None

    def flag(self, key: str, name: str) -> bool:
        text = self.text(key)
        if text not in ("", "0", "1"):
            self.faults.append(Fault(key, name, text))
        return text == "1"


def asked_wish(after: str | None = None) -> tuple[InboxWish, tuple[Fault, ...]]:
    """Return what the request asks for and the conditions that will not do; with one of those nothing is kept.

    A condition will not do when it cannot be read, or names a task, a unit or a customer that nobody knows.
    """
    reader = _Reader(request.values)
    stage = reader.code("stage", Stage, _("阶段"))
    wish = InboxWish(
        tab=reader.code("tab", InboxTab, _("待办分类")) or InboxTab.TODAY,
        action_id=reader.text("action") or None,
        stage=str(stage) if stage else None,
        tier=reader.code("tier", CustomerTier, _("客户分层")),
        unit=reader.text("unit") or None,
        is_key=reader.flag("key", _("重点客户")),
        is_orphan=reader.flag("orphan", _("孤儿单")),
        is_overdue=reader.flag("overdue", _("逾期")),
        due_from=reader.day("from", _("期限从")),
        due_to=reader.day("to", _("期限到")),
        search=reader.search("q", _("查找")),
        customer_id=reader.number("customer", _("客户")),
        sort=reader.code("sort", InboxSort, _("次序")),
        group=reader.code("group", InboxGroup, _("合并")) or InboxGroup.CUSTOMER,
        after=after,
    )
    reader.period(_("期限"), wish.due_from, wish.due_to)
    faults = (*reader.faults, *_unknown(wish))
    return replace(wish, is_void=bool(faults)), faults


def _unknown(wish: InboxWish) -> Iterator[Fault]:
    """The conditions that name what this person cannot know."""
    given = {
        "action": (_("任务"), wish.action_id),
        "unit": (_("团队或机构"), wish.unit),
        "customer": (_("客户"), wish.customer_id),
    }
    if all(value is None for _name, value in given.values()):
        return
    engine = current_engine()
    with engine.store.reading() as session:
        found = unknown_conditions(
            session, require_actor(), wish, Present.of(engine.clock), actions=_actions(engine)
        )
    for key in sorted(found):
        name, value = given[key]
        yield Fault(key, name, str(value))


def _actions(engine: Engine) -> frozenset[str]:
    """The action ids of the diagrams that run now."""
    try:
        elements = engine.latest().process.elements.by_id.values()
    except NoDefinition:
        return frozenset()
    return frozenset(found for one in elements if (found := one.properties.get("action_id")))


def exact_wish() -> InboxWish:
    """Return what the request asks for, for an act on all of it.

    Raises:
        BadInput: a condition cannot be read; it is named.
    """
    wish, faults = asked_wish()
    if faults:
        raise BadInput(
            what=faults[0].name, value=faults[0].text[:LONGEST_SHOWN], reason=faults[0].reason or _REMEDY
        )
    return wish


_REMEDY = Label(
    "无法识别，请回到待办重新选择筛选条件。", "it is none of the choices: choose the filter anew."
)


def filter_args(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the parameters of the filter that are set, as an address carries them."""
    found = request.values if given is None else given
    return {name: text for name in FILTER if (text := found.get(name, "").strip()[:MAX_TEXT])}
