"""Source profiles: what each sender calls its columns, how it writes an expiry, what it must give.

Source: architecture.md §6.7 (`standard`, which never changes), domain.md §4.5 (real exports).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from engine.domain.codes import Label
from engine.domain.lists.cells import clean, half_width
from engine.domain.lists.dates import ExpiryConvention

ERROR_HEADERS = ("错误信息", "Error")
"""Headers of the column an error file adds; ignored when the mended file comes back."""


class Field(StrEnum):
    """What a column is taken as; most are attributes of PolicyRow."""

    POLICY_NO = "policy_no"
    LINE = "line"
    VIN = "vin"
    PLATE = "plate"
    OWNER_NAME = "owner_name"
    ID_NO = "id_no"
    PHONE = "phone"
    OTHER_PHONE = "other_phone"
    MAKE_MODEL = "make_model"
    FIRST_REGISTRATION = "first_registration"
    USE = "use"
    ENERGY = "energy"
    SEATS = "seats"
    NEW_CAR_PRICE = "new_car_price"
    START_DATE = "start_date"
    EXPIRY = "expiry_date"
    CTP_EXPIRY = "ctp_expiry"
    COMMERCIAL_EXPIRY = "commercial_expiry"
    SIGNED_DATE = "signed_date"
    PREMIUM = "premium"
    THIRD_PARTY_LIMIT = "third_party_limit"
    NCD = "ncd"
    SELF_PRICING = "self_pricing"
    CLAIMS = "claims"
    YEARS_INSURED = "years_insured"
    SUB_BRANCH = "sub_branch"
    WORKPLACE = "workplace"
    AGENT_NO = "agent_no"
    SPECIALIST_NO = "specialist_no"
    ENDORSEMENT = "endorsement"
    """What kind of endorsement the row is; tells policies that were cancelled."""
    IGNORED = "ignored"
    """A column of the layout that is kept in `raw` only."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a layout: the sender's own header first, then the names it was also met under.

    Where several of the names stand in one file, the earliest in this order is the one read.
    """

    field: Field
    header: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """How one kind of source writes its lists.

    `required` fields must have a column and a value in every row; of `any_of` at least one must.
    `every_sheet` reads all visible sheets that carry the header (a sheet a month), not only the best one.
    """

    code: str
    name: Label
    columns: tuple[Column, ...]
    required: tuple[Field, ...]
    expiry: ExpiryConvention
    any_of: tuple[Field, ...] = ()
    every_sheet: bool = False
    serial_is_usual: bool = False

    @property
    def headers(self) -> tuple[str, ...]:
        """The layout's own headers, in order."""
        return tuple(column.header for column in self.columns)

    def header_of(self, field: Field) -> str:
        """Return the layout's own header of *field*."""
        return next(column.header for column in self.columns if column.field is field)

    @property
    def aliases(self) -> Mapping[str, tuple[Field, int]]:
        """Header key (see `header_key`) to field and order of preference."""
        return _ALIASES[self.code]


_PARENTHESES = re.compile(r"\([^()]*\)$")


def header_key(header: str) -> str:
    """Return the comparable form of a header: half-width, lower case, no blanks, no ``*``."""
    return half_width(clean(header)).replace(" ", "").strip("*:").lower()


def bare_key(key: str) -> str:
    """Return a header key without its trailing remark in brackets: ``保费(元)`` is ``保费``."""
    return _PARENTHESES.sub("", key).strip("*")


def _ignored(*headers: str) -> tuple[Column, ...]:
    return tuple(Column(Field.IGNORED, header) for header in headers)


F = Field

STANDARD = Profile(
    code="standard",
    name=Label("标准模板", "Standard layout"),
    columns=(
        Column(F.POLICY_NO, "保单号", ("保单号码",)),
        Column(F.LINE, "险类", ("险种",)),
        Column(F.VIN, "车架号", ("vin", "vin码", "车辆识别代号", "车架号码")),
        Column(F.PLATE, "车牌号", ("车牌", "车牌号码", "号牌号码")),
        Column(F.OWNER_NAME, "车主", ("车主姓名", "被保险人", "客户姓名")),
        Column(F.ID_NO, "证件号码", ("证件号", "身份证号")),
        Column(F.PHONE, "手机", ("手机号", "手机号码", "联系电话")),
        Column(F.MAKE_MODEL, "厂牌车型", ("厂牌型号", "品牌型号")),
        Column(F.FIRST_REGISTRATION, "初登日期", ("初次登记日期",)),
        Column(F.USE, "使用性质"),
        Column(F.ENERGY, "能源类型", ("能源种类",)),
        Column(F.SEATS, "座位数", ("座位",)),
        Column(F.NEW_CAR_PRICE, "新车购置价"),
        Column(F.START_DATE, "起保日期", ("起保日",)),
        Column(F.EXPIRY, "到期日期", ("到期日",)),
        Column(F.SIGNED_DATE, "签单日期"),
        Column(F.PREMIUM, "保费"),
        Column(F.THIRD_PARTY_LIMIT, "三者保额", ("三者限额",)),
        Column(F.NCD, "NCD系数", ("ncd",)),
        Column(F.SELF_PRICING, "自主定价系数"),
        Column(F.CLAIMS, "出险次数"),
        Column(F.YEARS_INSURED, "连续承保年数"),
        Column(F.SUB_BRANCH, "支公司"),
        Column(F.WORKPLACE, "职场"),
        Column(F.AGENT_NO, "营销员工号"),
        Column(F.SPECIALIST_NO, "专员工号"),
    ),
    required=(F.POLICY_NO, F.LINE, F.VIN, F.EXPIRY, F.SUB_BRANCH, F.AGENT_NO),
    expiry=ExpiryConvention.DATE_ONLY,
)

CORE_EXPORT = Profile(
    code="core_export",
    name=Label("核心系统导出", "Core system export"),
    columns=(
        *_ignored("序号"),
        Column(F.POLICY_NO, "保单号", ("保单号码",)),
        *_ignored("上年保单号", "批单号"),
        Column(F.ENDORSEMENT, "批改类型", ("保单状态",)),
        Column(F.LINE, "险类名称", ("险类", "险种名称")),
        *_ignored("险别组合", "投保人"),
        Column(F.OWNER_NAME, "被保险人", ("车主", "行驶证车主")),
        *_ignored("证件类型"),
        Column(F.ID_NO, "证件号码", ("被保险人证件号码",)),
        Column(F.PHONE, "联系电话", ("手机1", "移动电话")),
        Column(F.OTHER_PHONE, "联系电话2", ("手机2",)),
        Column(F.PLATE, "车牌号码", ("号牌号码", "车牌号")),
        Column(F.VIN, "车架号", ("车架号/vin", "车辆识别代码")),
        *_ignored("发动机号"),
        Column(F.MAKE_MODEL, "厂牌车型", ("厂牌型号",)),
        Column(F.FIRST_REGISTRATION, "初登日期", ("初次登记日期",)),
        Column(F.USE, "使用性质", ("客户类别", "车辆种类")),
        Column(F.SEATS, "核定座位数", ("座位数",)),
        Column(F.ENERGY, "能源类型", ("能源种类",)),
        Column(F.NEW_CAR_PRICE, "新车购置价"),
        Column(F.SIGNED_DATE, "签单日期"),
        Column(F.START_DATE, "保险起期", ("起保日期",)),
        Column(F.EXPIRY, "保险止期", ("终保日期", "到期日期")),
        Column(F.PREMIUM, "签单保费(含税)", ("签单保费", "含税保费")),
        *_ignored("签单保费(不含税)", "车船税"),
        Column(F.THIRD_PARTY_LIMIT, "三者限额", ("三者保额",)),
        Column(F.NCD, "无赔款优待系数", ("ncd系数",)),
        Column(F.SELF_PRICING, "自主定价系数"),
        Column(F.CLAIMS, "出险次数"),
        Column(F.YEARS_INSURED, "连续承保年数", ("连续承保年限",)),
        *_ignored("风险等级", "二级机构", "三级机构"),
        Column(F.SUB_BRANCH, "四级机构", ("支公司", "归属机构")),
        Column(F.SPECIALIST_NO, "业务员", ("归属业务员",)),
        Column(F.AGENT_NO, "营销员", ("寿险营销员",)),
        Column(F.WORKPLACE, "寿险职场", ("职场",)),
        *_ignored("终端来源", "备注"),
    ),
    required=(F.POLICY_NO, F.LINE, F.VIN, F.EXPIRY, F.SUB_BRANCH, F.AGENT_NO),
    expiry=ExpiryConvention.END_OF_DAY,
)

SAAS_TEMPLATE = Profile(
    code="saas_template",
    name=Label("续保软件批量模板", "Commercial batch template"),
    columns=(
        Column(F.PLATE, "车牌号"),
        Column(F.VIN, "车架号"),
        *_ignored("发动机号"),
        Column(F.MAKE_MODEL, "品牌型号"),
        Column(F.FIRST_REGISTRATION, "初登日期"),
        *_ignored("去年投保公司"),
        Column(F.CTP_EXPIRY, "交强险到期时间", ("交强到期时间", "交强险到期日期")),
        Column(F.COMMERCIAL_EXPIRY, "商业险到期时间", ("商业到期时间", "商业险到期日期")),
        Column(F.OWNER_NAME, "客户姓名"),
        Column(F.PHONE, "客户电话1", ("客户电话",)),
        Column(F.OTHER_PHONE, "客户电话2"),
        Column(F.USE, "客户类别"),
        *_ignored("客户备注", "业务员姓名"),
        Column(F.AGENT_NO, "业务员账号"),
    ),
    required=(F.VIN, F.AGENT_NO),
    any_of=(F.CTP_EXPIRY, F.COMMERCIAL_EXPIRY),
    expiry=ExpiryConvention.MIDNIGHT_AFTER,
    serial_is_usual=True,
)

BRANCH_SHEET = Profile(
    code="branch_sheet",
    name=Label("机构手工台账", "Branch worksheet"),
    columns=(
        *_ignored("序号", "到期月份"),
        Column(F.POLICY_NO, "保单号码", ("保单号",)),
        Column(F.LINE, "险种", ("险类",)),
        Column(F.VIN, "车架号", ("车架号码", "vin")),
        Column(F.PLATE, "车牌号码", ("车牌号", "车牌")),
        Column(F.OWNER_NAME, "被保险人", ("车主", "客户姓名")),
        Column(F.PHONE, "联系电话", ("手机", "电话")),
        Column(F.MAKE_MODEL, "车型", ("厂牌车型",)),
        Column(F.USE, "使用性质"),
        Column(F.FIRST_REGISTRATION, "初登日期"),
        Column(F.START_DATE, "起保日期"),
        Column(F.EXPIRY, "到期日", ("到期日期", "保险止期")),
        Column(F.PREMIUM, "上年保费", ("保费",)),
        Column(F.CLAIMS, "出险次数"),
        Column(F.SUB_BRANCH, "支公司", ("机构",)),
        Column(F.WORKPLACE, "职场"),
        *_ignored("营销员姓名"),
        Column(F.AGENT_NO, "营销员", ("营销员工号", "工号")),
        Column(F.SPECIALIST_NO, "专员", ("专员工号",)),
        *_ignored("备注"),
    ),
    required=(F.LINE, F.VIN, F.EXPIRY, F.AGENT_NO),
    expiry=ExpiryConvention.DATE_ONLY,
    every_sheet=True,
    serial_is_usual=True,
)


def _aliases(profile: Profile) -> Mapping[str, tuple[Field, int]]:
    found: dict[str, tuple[Field, int]] = {header_key(header): (Field.IGNORED, 0) for header in ERROR_HEADERS}
    for column in profile.columns:
        for preference, header in enumerate((column.header, *column.aliases)):
            found.setdefault(header_key(header), (column.field, preference))
    return MappingProxyType(found)


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {profile.code: profile for profile in (STANDARD, CORE_EXPORT, SAAS_TEMPLATE, BRANCH_SHEET)}
)
"""Every source profile by its code; new senders are added here."""

_ALIASES = {code: _aliases(profile) for code, profile in PROFILES.items()}
