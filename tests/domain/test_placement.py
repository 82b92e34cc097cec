"""Where a listed policy belongs when it names its place wrongly or not at all (domain.md §1.5, §7 cases 16, 45)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.domain.codes import Role
from engine.domain.demo_people import demo_org
from engine.domain.directory import Directory
from engine.domain.org import LiaisonEntry, PostEntry, Side, UnitEntry, UnitKind
from engine.domain.placement import Listed, Placer

DAY = date(2026, 11, 24)
SINCE = date(2025, 1, 1)


def unit(code: str, name: str, parent: str, kind: UnitKind, side: Side) -> UnitEntry:
    return UnitEntry(code=code, name=name, parent_code=parent, kind=kind, side=side, valid_from=SINCE)


def organisation() -> Directory:
    """The demonstration's, and a second pair of branches beside it."""
    org = demo_org()
    units = [
        *org.units,
        unit("PC3302", "宁波分公司", "PC", UnitKind.BRANCH, Side.PC),
        unit("PC330201", "宁波江北支公司", "PC3302", UnitKind.SUB_BRANCH, Side.PC),
        unit("LI3302", "寿险宁波分公司", "LF", UnitKind.LIFE_BRANCH, Side.LIFE),
        unit("NB01", "宁波江北职场", "LI3302", UnitKind.WORKPLACE, Side.LIFE),
        unit("NB02", "宁波镇海职场", "LI3302", UnitKind.WORKPLACE, Side.LIFE),
    ]
    specialist = PostEntry(
        employee_no="SP90", name="甲", role=Role.SPECIALIST, unit_code="PC330201", valid_from=SINCE
    )
    liaison = LiaisonEntry(workplace_code="NB01", specialist_no="SP90", trainer_no=None, valid_from=SINCE)
    return Directory.build(DAY, units, [*org.posts, specialist], [*org.liaisons, liaison])


PLACER = Placer(organisation())


def placed(*, home: str | None = None, **listed: Any) -> tuple[str | None, str | None, list[str]]:
    place = PLACER.place(Listed(**{"sub_branch": None, **listed}), home=home)
    return place.sub_branch_code, place.workplace_code, [problem.code for problem in place.problems]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        pytest.param(
            {"sub_branch": "PC330101", "workplace": "ZC01"},
            ("PC330101", "ZC01", []),
            id="both are what they should be",
        ),
        pytest.param(
            {"sub_branch": "PC330101", "workplace": "ZC01-1"},
            ("PC330101", "ZC01", []),
            id="a team stands for its workplace",
        ),
        pytest.param(
            {"sub_branch": "PC330101", "workplace": "ZC99"},
            ("PC330101", None, ["unknown_workplace"]),
            id="an unknown workplace is left out",
        ),
        pytest.param(
            {"sub_branch": "PC330101", "workplace": "PC330102"},
            ("PC330101", None, ["unknown_workplace"]),
            id="a sub-branch is no workplace",
        ),
        pytest.param(
            {"sub_branch": "PC330101", "workplace": "NB02"},
            ("PC330101", None, ["foreign_workplace"]),
            id="a workplace of a life branch that others serve is left out",
        ),
        pytest.param(
            {"sub_branch": "NOWHERE", "workplace": "ZC01"},
            (None, None, ["unknown_unit"]),
            id="an unknown sub-branch places nothing",
        ),
        pytest.param(
            {"sub_branch": "ZC01"}, (None, None, ["not_a_property_unit"]), id="a workplace is no sub-branch"
        ),
        pytest.param(
            {"sub_branch": "PC3301"},
            ("PC3301", None, ["not_a_sub_branch"]),
            id="a branch keeps the row when no sub-branch follows",
        ),
        pytest.param(
            {"sub_branch": "PC3301", "agent_no": "AG009"},
            ("PC330102", None, ["not_a_sub_branch"]),
            id="a branch gives way to the sub-branch of the serving specialist",
        ),
        pytest.param(
            {"sub_branch": "PC3302", "agent_no": "AG009"},
            ("PC3302", None, ["not_a_sub_branch"]),
            id="but not to one of another branch",
        ),
        pytest.param(
            {"agent_no": "AG009"}, ("PC330102", None, []), id="without a sub-branch the specialist's counts"
        ),
        pytest.param({"agent_no": "XX"}, (None, None, ["no_unit"]), id="nobody would see it"),
    ],
)
def test_a_row_is_placed(listed: dict[str, Any], expected: tuple[str | None, str | None, list[str]]) -> None:
    assert expected == placed(**listed)


@pytest.mark.parametrize(
    ("home", "unit_code"),
    [
        pytest.param("PC3301-QD", "PC3301", id="a department's branch"),
        pytest.param("PC330101", "PC330101", id="a sub-branch"),
    ],
)
def test_a_row_that_names_no_place_goes_to_its_sender(home: str, unit_code: str) -> None:
    assert (unit_code, None, []) == placed(home=home, agent_no="XX")


def test_an_orphan_of_an_unknown_workplace_falls_to_the_specialist_of_the_sub_branch() -> None:
    listed = Listed(sub_branch="PC330101", workplace="ZC99", agent_no="XX")

    people = PLACER.responsible_for(listed, PLACER.place(listed, home=None))

    assert ("SP01", Role.SPECIALIST, "PC3301") == (people.owner_no, people.owner_role, people.branch_code)


def test_an_orphan_of_a_branch_falls_to_its_channel_department() -> None:
    listed = Listed(sub_branch="PC3302", agent_no="XX")

    people = PLACER.responsible_for(listed, PLACER.place(listed, home=None))

    assert (None, Role.CHANNEL, "PC3302") == (people.owner_no, people.owner_role, people.branch_code)
