"""What only shows when the fields of a form are seen side by side: doubles, order, conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from typing import Any

from forms.components import read_condition
from forms.conditions import Condition, Equals, Has, OneOf
from forms.errors import FormDefinitionError, fault_in
from forms.model import DAYS, ONE_CHOICE, SEVERAL_CHOICES, Field, FieldKind, Text

MAX_CASES = 20_000
MAX_LITERALS = 10


def disagreements(components: list[Any], fields: list[Field], file: str) -> Iterator[FormDefinitionError]:
    """Yield what only shows when the fields are seen side by side."""
    if not fields:
        yield fault_in(
            "not_a_form",
            file,
            "没有任何可填写的字段",
            "there is no field to fill in",
            "请添加字段",
            "Add a field",
        )
    yield from _duplicates([part["id"] for part in components], "duplicate_id", file)
    yield from _duplicates([field.key for field in fields], "duplicate_key", file)
    known: dict[str, Field] = {}
    by_key = {field.key: field for field in reversed(fields)}
    for component in components:
        field = by_key.get(component.get("key", ""))
        condition = field.condition if field else read_condition(component, file)
        where = str(component.get("key") or component["id"])
        if condition is not None:
            yield from _condition_faults(condition, where, known, file)
        if field is not None:
            yield from _reach_faults(field, known, file)
            known[field.key] = field


def _duplicates(names: list[str], code: str, file: str) -> Iterator[FormDefinitionError]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield fault_in(
            code,
            file,
            f"“{name}”重复出现",
            f"{name!r} occurs more than once",
            "请保证唯一",
            "Keep it once",
            field=name,
        )


def _reach_faults(field: Field, known: Mapping[str, Field], file: str) -> Iterator[FormDefinitionError]:
    if field.not_below is None:
        return
    other = known.get(field.not_below)
    if other is None or other.kind is not field.kind or field.kind not in DAYS | {FieldKind.NUMBER}:
        yield fault_in(
            "bad_not_below",
            file,
            f"not_below 指向的“{field.not_below}”须是排在前面的同类数字或日期字段",
            f"not_below names {field.not_below!r}, which is no earlier number or date field of the same kind",
            "请改正 properties.not_below",
            "Correct properties.not_below",
            field=field.key,
        )


def _condition_faults(
    condition: Condition, where: str, known: Mapping[str, Field], file: str
) -> Iterator[FormDefinitionError]:
    for test in condition.tests():
        other = known.get(test.key)
        fault = _test_fault(test, other)
        if fault is not None:
            yield fault_in(
                "condition_refused",
                file,
                f"隐藏条件中的“{test.key}”：{fault.zh}",
                f"{test.key!r} in the hide condition: {fault.en}",
                "请改正条件或调整字段顺序",
                "Correct the condition or the order of the fields",
                field=where,
            )
            return
    for key in sorted(condition.keys):
        parent = known[key].condition
        if parent is not None and not _follows(parent, condition, known):
            yield fault_in(
                "condition_outlives_parent",
                file,
                f"字段“{key}”隐藏时，本字段可能仍然显示",
                f"this field may still show while {key!r} is hidden",
                f"请在条件前加上：({parent.source[1:]}) or …",
                f"Begin the condition with: ({parent.source[1:]}) or …",
                field=where,
            )
            return


def _test_fault(test: Equals | OneOf | Has, other: Field | None) -> Text | None:
    if other is None:
        return Text("不是排在前面的字段", "it is not the key of an earlier field")
    literals = test.literals if isinstance(test, OneOf) else (test.literal,)
    if other.kind is FieldKind.CHECKBOX:
        if isinstance(test, Equals) and isinstance(test.literal, bool):
            return None
        return Text("勾选字段只能与 true 或 false 比较", "a checkbox is compared with true or false")
    wanted = SEVERAL_CHOICES if isinstance(test, Has) else ONE_CHOICE
    if other.kind not in wanted:
        return Text("该类型的字段不能这样比较", "a field of this type is not compared this way")
    strangers = [str(literal) for literal in literals if literal not in other.values]
    if strangers:
        return Text(f"没有选项“{strangers[0]}”", f"it has no option {strangers[0]!r}")
    return None


def _follows(parent: Condition, child: Condition, known: Mapping[str, Field]) -> bool:
    """Tell whether the child is hidden in every case in which the parent is.

    form-js keeps what was typed into a field that is hidden later and evaluates conditions on it, while the
    server drops it. With this rule both come to the same answer.
    """
    literals: dict[str, set[Any]] = {}
    for test in (*parent.tests(), *child.tests()):
        literals.setdefault(test.key, set()).update(
            test.literals if isinstance(test, OneOf) else {test.literal}
        )
    if any(len(seen) > MAX_LITERALS for key, seen in literals.items() if known[key].kind in SEVERAL_CHOICES):
        return False
    domains = [_domain(known[key], seen) for key, seen in literals.items()]
    if prod(len(domain) for domain in domains) > MAX_CASES:
        return False
    assignments = (dict(zip(literals, case, strict=True)) for case in product(*domains))
    return all(child.hides(values) for values in assignments if parent.hides(values))


def _domain(field: Field, literals: set[Any]) -> list[Any]:
    """Return the cases that matter: each literal asked for, one value that is none of them, no value."""
    if field.kind is FieldKind.CHECKBOX:
        return [False, True]
    if field.kind in ONE_CHOICE:
        return [None, "", *sorted(literals)]
    subsets: list[list[str]] = [[]]
    for literal in sorted(literals):
        subsets += [[*subset, literal] for subset in subsets]
    return subsets
