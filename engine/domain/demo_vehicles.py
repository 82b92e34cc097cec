"""The demonstration's vehicles and what will become of each; fictional, deterministic by the random given."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from engine.domain.codes import Role
from engine.domain.demo_people import people_in
from engine.domain.org import OrgFile
from engine.domain.vehicle import vin_check_digit_ok

_MODELS = (
    ("上汽大众朗逸", 128_000, "燃油"),
    ("一汽丰田卡罗拉", 139_000, "燃油"),
    ("东风日产轩逸", 119_000, "燃油"),
    ("比亚迪秦PLUS", 109_800, "插混"),
    ("吉利帝豪", 79_900, "燃油"),
    ("长安逸动", 85_900, "燃油"),
    ("五菱宏光", 52_800, "燃油"),
    ("特斯拉Model 3", 235_500, "纯电"),
    ("广汽本田雅阁", 179_800, "燃油"),
    ("奔驰C级", 334_800, "燃油"),
    ("小鹏P7", 209_900, "纯电"),
    ("哈弗H6", 117_900, "燃油"),
)
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = (
    "明轩",
    "欣怡",
    "子涵",
    "雨桐",
    "宇航",
    "梓萱",
    "建平",
    "桂兰",
    "永强",
    "秀珍",
    "家豪",
    "婉清",
    "志强",
    "红梅",
)
_FATES = (
    ("renewed", 58),
    ("lost", 9),
    ("excluded", 3),
    ("moved", 2),
    ("orphan", 6),
    ("withdrawn", 1),
    ("open", 21),
)


_FLEET = ("杭州湖畔物流有限公司", "13900990001")
_FLEET_TURNS = range(6, 11)
"""Which of the first agent's cars belong to the company: some that expire within the months to come."""


@dataclass(slots=True)
class DemoCar:
    """One vehicle, its figures and its fate; ``fate_on`` is the day it happens."""

    number: int
    vin: str
    plate: str
    owner: str
    phone: str
    model: str
    price: int
    energy: str
    expiry_date: date
    premium: int
    ctp_premium: int
    both_lines: bool
    claims: int
    agent_no: str
    sub_branch: str
    fate: str
    fate_on: date
    listed: bool = False
    settled: bool = False


def demo_cars(org: OrgFile, count: int, random: Random, *, today: date) -> list[DemoCar]:
    """Return *count* vehicles whose cover expires from 30 days before *today* to 90 after it.

    Some customers have two cars, one company has several (domain.md §7 cases 24 and 46).
    """
    agents = people_in(org, Role.AGENT)
    branches = [u.code for u in org.units if str(u.kind) == "sub_branch"]
    cars = [_car(n, agents[n % len(agents)], branches, random, today, count) for n in range(count)]
    _share_owners(cars, len(agents))
    return cars


def _share_owners(cars: Sequence[DemoCar], agents: int) -> None:
    """Give customers of two agents in five a second car, and the first agent a company with a few."""
    for car in cars:
        turn = car.number // agents
        if car.number % agents == 0 and turn in _FLEET_TURNS:
            car.owner, car.phone = _FLEET
        elif car.number % agents % 5 in (0, 2) and turn % 2:
            first = cars[car.number - agents]
            car.owner, car.phone = first.owner, first.phone


def _car(
    number: int, agent: Any, branches: Sequence[str], random: Random, today: date, count: int
) -> DemoCar:
    model, price, energy = random.choice(_MODELS)
    expiry = today + timedelta(days=-30 + number * 121 // max(count, 1))
    fate = random.choices([f for f, _ in _FATES], [w for _, w in _FATES])[0]
    plate = (
        f"浙A{random.choice('DF')}{number % 100000:05d}" if energy != "燃油" else f"浙A{number % 100000:05d}"
    )
    claims = random.choices((0, 1, 2, 3), (70, 20, 8, 2))[0]
    early = random.randint(2, 40) if random.random() < 0.8 else -random.randint(1, 20)
    if fate in ("orphan", "moved"):
        early = random.randint(18, 55)  # early enough for others to act on it
    return DemoCar(
        number=number,
        vin=_vin(number),
        plate=plate,
        owner=random.choice(_SURNAMES) + random.choice(_GIVEN),
        phone=f"13900{number:06d}",
        model=model,
        price=price,
        energy=energy,
        expiry_date=expiry,
        premium=int(price * 0.012 + 1400 + 300 * claims) + random.randint(0, 200),
        ctp_premium=855 if claims == 0 else 950,
        both_lines=random.random() < 0.85,
        claims=claims,
        agent_no=agent.employee_no,
        sub_branch=branches[number % len(branches)],
        fate=fate,
        fate_on=expiry - timedelta(days=early),
    )


def _vin(number: int) -> str:
    """A fictional VIN with a right check digit."""
    for digit in "0123456789X":
        text = f"LSVAA418{digit}E2{number:06d}"
        if vin_check_digit_ok(text):
            return text
    raise AssertionError(number)


_COLUMNS = (
    "保单号,险类,车架号,车牌号,车主,证件号码,手机,厂牌车型,初登日期,使用性质,能源类型,座位数,新车购置价,"
    "起保日期,到期日期,签单日期,保费,三者保额,NCD系数,自主定价系数,出险次数,连续承保年数,支公司,职场,营销员工号,专员工号"
).split(",")


def pending_csv(cars: Sequence[DemoCar]) -> bytes:
    """Return the cars' expiring policies as a list under the ``standard`` profile."""
    rows = []
    for car in cars:
        rows.append(
            _row(
                car,
                "商业",
                _a_year_before(car.expiry_date),
                car.expiry_date,
                f"81{car.number:020d}",
                car.premium,
            )
        )
        if car.both_lines:
            rows.append(
                _row(
                    car,
                    "交强",
                    _a_year_before(car.expiry_date),
                    car.expiry_date,
                    f"82{car.number:020d}",
                    car.ctp_premium,
                )
            )
    return _csv(rows)


def issued_csv(cars: Sequence[DemoCar], signed: date) -> bytes:
    """Return the policies newly issued for *cars* on *signed* under the ``standard`` profile."""
    rows = []
    for car in cars:
        start = max(car.expiry_date, signed) + timedelta(days=1)
        end = _a_year_after(start)
        rows.append(_row(car, "商业", start, end, f"91{car.number:020d}", int(car.premium * 1.02), signed))
        if car.both_lines:
            rows.append(_row(car, "交强", start, end, f"92{car.number:020d}", car.ctp_premium, signed))
    return _csv(rows)


def _a_year_before(expiry: date) -> date:
    after = expiry + timedelta(days=1)
    return after.replace(year=after.year - 1, day=min(after.day, 28) if after.month == 2 else after.day)


def _a_year_after(start: date) -> date:
    return start.replace(
        year=start.year + 1, day=min(start.day, 28) if start.month == 2 else start.day
    ) - timedelta(days=1)


def _row(
    car: DemoCar, line: str, start: date, expiry: date, number: str, premium: int, signed: date | None = None
) -> dict[str, str]:
    commercial = line == "商业"
    return {
        "保单号": number,
        "险类": line,
        "车架号": car.vin,
        "车牌号": car.plate,
        "车主": car.owner,
        "手机": car.phone,
        "厂牌车型": car.model,
        "初登日期": f"{start - timedelta(days=900):%Y-%m-%d}",
        "使用性质": "非营业个人客车",
        "能源类型": car.energy,
        "座位数": "5",
        "新车购置价": str(car.price),
        "起保日期": f"{start:%Y-%m-%d}",
        "到期日期": f"{expiry:%Y-%m-%d}",
        "签单日期": f"{signed or start:%Y-%m-%d}",
        "保费": f"{premium}.00",
        "三者保额": "2000000" if commercial else "",
        "NCD系数": ("0.6" if car.claims == 0 else "0.8") if commercial else "",
        "自主定价系数": "0.85" if commercial else "",
        "出险次数": str(car.claims),
        "连续承保年数": "3",
        "支公司": car.sub_branch,
        "营销员工号": car.agent_no,
    }


def _csv(rows: Sequence[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
