"""How complete a customer's renewal file is, and which customers are one; pure.

Source: domain.md §4.7 (what the file holds), §7 cases 24 and 46 (one customer with several cars, a fleet).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.label import Label


class FilePart(StrEnum):
    """What a complete file holds: of the customer, then of each car."""

    NAME = "name"
    ID_NO = "id_no"
    PHONE = "phone"
    SOUND_PHONE = "sound_phone"
    PREFERRED_TIME = "preferred_time"
    REACHED = "reached"
    CONSENT = "consent"
    PLATE = "plate"
    MODEL = "model"
    REGISTRATION = "registration"
    USE = "use"
    PRICE = "price"
    PREMIUM = "premium"
    CLAIMS = "claims"

    @property
    def label(self) -> Label:
        """What is missing, as people say it."""
        return _LABELS[self]


_LABELS = {
    FilePart.NAME: Label("姓名", "name"),
    FilePart.ID_NO: Label("证件号码", "ID number"),
    FilePart.PHONE: Label("手机", "phone"),
    FilePart.SOUND_PHONE: Label("有效的手机号", "a phone number that works"),
    FilePart.PREFERRED_TIME: Label("联系时段偏好", "preferred time"),
    FilePart.REACHED: Label("一次有效联系", "a contact that reached the customer"),
    FilePart.CONSENT: Label("对信息使用的答复（同意或不同意）", "an answer on each kind of consent"),
    FilePart.PLATE: Label("车牌号", "plate"),
    FilePart.MODEL: Label("厂牌车型", "make and model"),
    FilePart.REGISTRATION: Label("初登日期", "first registration"),
    FilePart.USE: Label("使用性质", "use"),
    FilePart.PRICE: Label("新车购置价", "new-car price"),
    FilePart.PREMIUM: Label("上年保费", "last year's premium"),
    FilePart.CLAIMS: Label("出险次数", "number of claims"),
}
OF_CUSTOMER = (
    FilePart.NAME,
    FilePart.ID_NO,
    FilePart.PHONE,
    FilePart.SOUND_PHONE,
    FilePart.PREFERRED_TIME,
    FilePart.REACHED,
    FilePart.CONSENT,
)
OF_CAR = (
    FilePart.PLATE,
    FilePart.MODEL,
    FilePart.REGISTRATION,
    FilePart.USE,
    FilePart.PRICE,
    FilePart.PREMIUM,
    FilePart.CLAIMS,
)


@dataclass(frozen=True, slots=True)
class Missing:
    """A part that is not known; ``car`` is the position of the car it belongs to, None for the customer's own."""

    part: FilePart
    car: int | None = None


@dataclass(frozen=True, slots=True)
class Completeness:
    """How many of ``total`` parts are known, and which are not."""

    total: int
    missing: tuple[Missing, ...]

    @property
    def known(self) -> int:
        """How many parts are known."""
        return self.total - len(self.missing)

    @property
    def percent(self) -> int:
        """完整度 in whole percent, rounded down: 100 only when nothing is missing."""
        return self.known * 100 // self.total


def completeness(customer: Mapping[FilePart, bool], cars: Sequence[Mapping[FilePart, bool]]) -> Completeness:
    """Return how complete a file is, each part of the customer and of each car counting once.

    *customer* and each of *cars* say what is known; a part that is not named is not known.
    """
    missing = [Missing(part) for part in OF_CUSTOMER if not customer.get(part)]
    missing += [
        Missing(part, number) for number, car in enumerate(cars) for part in OF_CAR if not car.get(part)
    ]
    return Completeness(len(OF_CUSTOMER) + len(OF_CAR) * len(cars), tuple(missing))


_COMPANY_ENDINGS = (
    "公司",
    "集团",
    "厂",
    "合作社",
    "事务所",
    "经营部",
    "商行",
    "中心",
    "医院",
    "学校",
    "大学",
    "委员会",
    "分公司",
    "支队",
    "管理局",
    "银行",
)


def is_organisation(name: str) -> bool:
    """Whether *name* is a company's or an office's: its registered name alone says who it is.

    A person's name does not: people of one name are many (domain.md §7 case 41).
    """
    text = name.strip()
    return len(text) >= 4 and text.endswith(_COMPANY_ENDINGS)
