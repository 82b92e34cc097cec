"""What lists say of a vehicle's use and energy, in English; lists give both in Chinese."""

from __future__ import annotations

_WORDS = {
    "家庭自用": "private",
    "非营业个人客车": "private car",
    "非营业企业客车": "company car, non-commercial",
    "非营业机关客车": "public body car, non-commercial",
    "非营业货车": "goods vehicle, non-commercial",
    "非营业": "non-commercial",
    "企业非营业": "company, non-commercial",
    "机关非营业": "public body, non-commercial",
    "营业": "commercial",
    "营业货车": "commercial goods vehicle",
    "营业客车": "commercial passenger vehicle",
    "营业出租租赁": "taxi or hire",
    "出租租赁": "taxi or hire",
    "网约车": "ride-hailing",
    "特种车": "special vehicle",
    "燃油": "petrol or diesel",
    "汽油": "petrol",
    "柴油": "diesel",
    "纯电": "battery electric",
    "纯电动": "battery electric",
    "插电混动": "plug-in hybrid",
    "插电式混合动力": "plug-in hybrid",
    "插混": "plug-in hybrid",
    "混动": "hybrid",
    "混合动力": "hybrid",
    "增程": "range extender",
    "新能源": "new energy",
    "燃料电池": "fuel cell",
    "其他": "other",
}


def in_english(text: str) -> str:
    """Return *text* in English, as it is when nobody has met it before."""
    return _WORDS.get(text.strip(), text)
