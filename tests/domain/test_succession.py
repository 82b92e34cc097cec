"""Who answers for a renewal when people leave, move or come (domain.md §1.5, §7 cases 13, 14, 16, 17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.codes import Role
from engine.domain.demo_people import demo_org
from engine.domain.directory import Directory, Responsible
from engine.domain.org import LiaisonEntry, OrgFile, PostEntry
from engine.domain.succession import has_left, successors

DAY = date(2026, 11, 1)
ORG = demo_org()


def directory(org: OrgFile = ORG, day: date = DAY) -> Directory:
    return Directory.build(day, org.units, org.posts, org.liaisons)


def without(*numbers: str, org: OrgFile = ORG, last: date = DAY - timedelta(days=1)) -> OrgFile:
    """The organisation after these people's last day."""
    posts = [replace(p, valid_to=last) if p.employee_no in numbers else p for p in org.posts]
    return replace(org, posts=tuple(posts))


def held_by(agent: str, org: OrgFile = ORG) -> Responsible:
    return directory(org).responsible_for(agent_no=agent, sub_branch_code="PC330101", specialist_no=None)


def owner(people: Responsible) -> tuple[str | None, Role | None]:
    return people.owner_no, people.owner_role


def test_nothing_changes_while_everybody_serves() -> None:
    people = held_by("AG001")
    assert (successors(directory(), people), has_left(directory(), people)) == (people, False)


def test_the_last_day_of_a_post_is_still_served() -> None:
    org = without("AG001", last=DAY)
    assert not has_left(directory(org), held_by("AG001"))
    assert has_left(directory(org, DAY + timedelta(days=1)), held_by("AG001"))


def test_a_vacant_supervisor_is_stood_in_for_by_the_other_one_of_the_workplace_and_comes_back() -> None:
    acting = successors(directory(without("SU01")), held_by("AG001"))
    assert acting.supervisor_no == "SU02"
    assert successors(directory(), acting).supervisor_no == "SU01"


def test_an_orphan_falls_to_trainer_specialists_and_the_channels_queue_in_turn() -> None:
    orphan = replace(
        held_by("AG001"), agent_no=None, owner_no="SU01", owner_role=Role.SUPERVISOR, is_orphan=True
    )
    found = []
    gone: list[str] = []
    for more in (("SU01", "SU02"), ("TR01",), ("SP01",), ("SP03",)):
        gone += more
        orphan = successors(directory(without(*gone)), orphan)
        found.append(owner(orphan))
    assert found == [
        ("TR01", Role.TRAINER),
        ("SP01", Role.SPECIALIST),
        ("SP03", Role.SPECIALIST),
        (None, Role.CHANNEL),
    ]
    assert owner(successors(directory(), orphan)) == ("SU01", Role.SUPERVISOR)


def test_somebody_put_in_charge_of_an_orphan_keeps_it_while_serving() -> None:
    chosen = replace(
        held_by("AG001"),
        agent_no=None,
        owner_no="SU05",
        owner_role=Role.SUPERVISOR,
        supervisor_no="SU05",
        is_orphan=True,
    )
    assert successors(directory(), chosen) == chosen
    assert owner(successors(directory(without("SU05")), chosen)) == ("SU01", Role.SUPERVISOR)


def test_open_rows_follow_an_agent_who_moves_to_another_workplace() -> None:
    people = held_by("AG001")
    moved = replace(
        ORG,
        posts=tuple(
            replace(p, unit_code="ZC02-1", manager_no="SU03") if p.employee_no == "AG001" else p
            for p in ORG.posts
        ),
    )
    now = successors(directory(moved), people)
    assert (now.workplace_code, now.team_code, now.supervisor_no, now.trainer_no, now.specialist_no) == (
        "ZC02",
        "ZC02-1",
        "SU03",
        "TR02",
        "SP02",
    )
    assert owner(now) == ("AG001", Role.AGENT)


def liaison(specialist: str, start: date, end: date | None = None) -> LiaisonEntry:
    return LiaisonEntry(
        workplace_code="ZC01", specialist_no=specialist, trainer_no="TR01", valid_from=start, valid_to=end
    )


def test_a_workplace_that_changes_its_specialist_hands_over_on_the_day() -> None:
    rows = [row for row in ORG.liaisons if row.workplace_code != "ZC01"]
    rows += [liaison("SP01", date(2025, 1, 1), DAY - timedelta(days=1)), liaison("SP02", DAY)]
    org = replace(ORG, liaisons=tuple(rows))
    assert successors(directory(org, DAY - timedelta(days=1)), held_by("AG001")).specialist_no == "SP01"
    assert successors(directory(org), held_by("AG001")).specialist_no == "SP02"


def test_a_specialist_whom_the_list_named_needs_no_liaison() -> None:
    people = replace(held_by("AG001"), specialist_no="SP03")
    assert successors(directory(), people).specialist_no == "SP03"


NUMBERS = [post.employee_no for post in ORG.posts]


@given(
    st.sampled_from([p for p in ORG.posts if p.role is Role.AGENT]),
    st.lists(st.sets(st.sampled_from(NUMBERS), max_size=25), min_size=1, max_size=4),
)
def test_whoever_goes_or_comes_there_is_one_serving_owner_or_the_channels_queue(
    agent: PostEntry, absent: list[set[str]]
) -> None:
    people = held_by(agent.employee_no)
    for gone in absent:
        today = directory(without(*gone))
        if has_left(today, people):
            people = replace(people, agent_no=None, owner_no=None, owner_role=None, is_orphan=True)
        people = successors(today, people)
        assert successors(today, people) == people
        if people.owner_no is None:
            assert people.owner_role is Role.CHANNEL
            assert not (people.supervisor_no or people.trainer_no or people.specialist_no)
        else:
            assert people.owner_role is not None
            assert today.post_of(people.owner_no, people.owner_role)
        for number, role in (
            (people.supervisor_no, Role.SUPERVISOR),
            (people.trainer_no, Role.TRAINER),
            (people.specialist_no, Role.SPECIALIST),
        ):
            assert number is None or today.post_of(number, role)
