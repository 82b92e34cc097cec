"""What quotes say to a reader: reasons, what a person must look at, causes of a difference; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.domain.codes import Label
from engine.domain.forecast import Ask
from engine.domain.numbers import trimmed

_ASKS: Mapping[str, Label] = {
    Ask.NO_COMMERCIAL_PREMIUM: Label(
        "清单没有上年商业险保费", "the list gives no commercial premium of last year"
    ),
    Ask.NO_CTP_BASE: Label(
        "登记地、座位或使用性质不足以判定交强险", "province, seats or use do not tell the compulsory premium"
    ),
    Ask.NO_TABLE: Label("费率表没有适用的行", "no row of the tariff tables applies"),
    Ask.MANY_CLAIMS: Label("上年出险两次及以上", "two or more claims last year"),
    Ask.STEEP_RISE: Label("比上年贵两成以上", "more than 20 % dearer than last year"),
    Ask.NEW_ENERGY: Label("新能源车", "a new-energy vehicle"),
    Ask.TRANSFERRED: Label("车辆已过户", "the vehicle changed hands"),
}
_CAUSES: Mapping[str, Label] = {
    "none": Label("无明显差异", "no notable difference"),
    "missed_claim": Label("出险漏入", "claim not counted"),
    "wrong_discount": Label("折扣误套", "wrong discount"),
    "version_overwritten": Label("版本覆盖", "version overwritten"),
    "channel_conflict": Label("渠道冲突", "channel conflict"),
    "new_claim": Label("预测后新出险", "new claim since the forecast"),
    "tariff_change": Label("费率调整", "tariff changed"),
    "cover_change": Label("险种保额变化", "cover or sums changed"),
    "other": Label("其他", "other"),
    "unstated": Label("原因未填", "cause not given"),
}
_FLOATS: Mapping[str, Label] = {
    "A0": Label("不浮动", "not floated"),
    "A1": Label("一年无有责事故", "one year without an at-fault accident"),
    "A2": Label("两年无有责事故", "two years without an at-fault accident"),
    "A3": Label("三年及以上无有责事故", "three or more years without an at-fault accident"),
    "A4": Label("一次有责事故", "one at-fault accident"),
    "A5": Label("两次及以上有责事故", "two or more at-fault accidents"),
    "A6": Label("有责死亡事故", "an at-fault fatal accident"),
}
_TABLES: Mapping[str, Label] = {
    "ctp_base": Label("交强险基础保费", "compulsory base premium"),
    "ctp_float": Label("交强险费率浮动", "compulsory float"),
    "ncd_level": Label("无赔款优待系数", "no-claim factor"),
    "self_pricing_range": Label("自主定价系数区间", "self-pricing range"),
    "forecast_band": Label("预测区间", "forecast band"),
    "vehicle_tax": Label("车船税", "vehicle tax"),
}
DISCLAIMER = Label(
    "预测，不构成要约；以平台返回为准", "A forecast, not an offer; the platform's figures are binding"
)


def ask_text(code: str) -> Label:
    """Return why a person looks at a forecast."""
    return _ASKS.get(code, Label(code, code))


def cause_text(code: object) -> Label:
    """Return the cause of a difference between forecast and actual quote."""
    return _CAUSES.get(str(code), Label("其他", "other"))


def table_text(rows: Mapping[str, Any]) -> Label:
    """Return which rows of which tables made a forecast."""
    named = [(_TABLES.get(table, Label(table, table)), numbers) for table, numbers in rows.items() if numbers]
    return Label(
        "；".join(f"{name.zh}第 {'、'.join(map(str, numbers))} 行" for name, numbers in named),
        "; ".join(f"{name.en} row {', '.join(map(str, numbers))}" for name, numbers in named),
    )


def reason_text(reason: Mapping[str, Any]) -> Label:
    """Return one reason of a forecast as a sentence without its full stop."""
    say = _REASONS.get(str(reason.get("code")))
    return say(reason) if say else Label("其他依据", "another reason")


def _ncd(reason: Mapping[str, Any]) -> Label:
    claims, before, after = reason.get("claims"), reason.get("before"), trimmed(reason.get("after"))
    told = Label("上年出险次数未知", "last year's claims are unknown")
    if claims is not None:
        told = Label(f"上年出险 {claims} 次", f"{claims} claims last year")
    if before is None:
        return Label(f"{told.zh}，无赔款优待系数预计 {after}", f"{told.en}, NCD expected at {after}")
    return Label(
        f"{told.zh}，无赔款优待系数由 {trimmed(before)} 到 {after}",
        f"{told.en}, NCD from {trimmed(before)} to {after}",
    )


def _float(reason: Mapping[str, Any]) -> Label:
    why = _FLOATS.get(str(reason.get("reason")), Label("不浮动", "not floated"))
    percent = f"{float(reason.get('rate') or 0):+.0%}"
    return Label(
        f"交强险基础保费 {reason.get('base')} 元，{why.zh}，浮动 {percent}",
        f"compulsory base {reason.get('base')} yuan, {why.en}, float {percent}",
    )


def _drift(reason: Mapping[str, Any]) -> Label:
    return Label(
        f"基准保费年度变动 ×{trimmed(reason.get('factor'))}",
        f"pure premium moves by ×{trimmed(reason.get('factor'))}",
    )


def _clamped(reason: Mapping[str, Any]) -> Label:
    before, after = trimmed(reason.get("before")), trimmed(reason.get("after"))
    return Label(
        f"上年自主定价系数 {before} 超出现行区间，按 {after} 计",
        f"last year's self-pricing factor {before} lies outside the range in force: {after} is used",
    )


def _always(zh: str, en: str) -> Callable[[Mapping[str, Any]], Label]:
    return lambda _reason: Label(zh, en)


_REASONS: Mapping[str, Callable[[Mapping[str, Any]], Label]] = {
    "ncd": _ncd,
    "float": _float,
    "drift": _drift,
    "clamped": _clamped,
    "unknown_ncd": _always("上年无赔款优待系数未知", "last year's NCD is unknown"),
    "unknown_self_pricing": _always("上年自主定价系数未知", "last year's self-pricing factor is unknown"),
    "unknown_claims": _always("出险次数未知，按无出险计", "claims are unknown and taken as none"),
    "likely_claims": _always(
        "更早的出险按三分之二仍计入推算", "two thirds of earlier claims are taken as still counting"
    ),
    "by_person": _always("由专员核定", "settled by the specialist"),
}
