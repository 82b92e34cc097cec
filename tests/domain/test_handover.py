"""The split of a leaver's renewals: total, nobody departed, one customer to one person, the load balanced."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.codes import SplitRule
from engine.domain.handover import Case, Proposal, Taker, split

LEAVER = "AG000"
TEAMS, PLACES = ("T1", "T2"), ("W1", "W2")

takers = st.lists(
    st.builds(
        Taker,
        number=st.integers(0, 12).map(lambda n: f"AG{n:03}"),
        team_code=st.sampled_from(TEAMS),
        workplace_code=st.sampled_from(PLACES),
        load=st.integers(0, 30),
        is_available=st.booleans(),
        is_peer=st.booleans(),
    ),
    max_size=10,
    unique_by=lambda one: one.number,
)
numbers = st.frozensets(st.integers(0, 12).map(lambda n: f"AG{n:03}"), max_size=2)
cases = st.lists(
    st.builds(
        Case,
        renewal_id=st.integers(1, 500),
        customer_id=st.none() | st.integers(1, 12),
        served_by=numbers,
    ),
    max_size=40,
    unique_by=lambda one: one.renewal_id,
)


def done(of: list[Case], people: list[Taker], team: str | None = "T1") -> dict[int, Proposal]:
    return dict(split(of, people, leaver_no=LEAVER, team_code=team, workplace_code="W1"))


@given(cases, takers)
def test_every_renewal_goes_to_somebody_who_serves_or_to_the_pool(
    of: list[Case], people: list[Taker]
) -> None:
    found = done(of, people)

    serving = {one.number for one in people if one.is_available} - {LEAVER}
    assert {case.renewal_id for case in of} == set(found)
    assert {p.to_no for p in found.values()} <= serving | {None}
    assert all((p.to_no is None) == (p.rule is SplitRule.POOL) for p in found.values())


@given(cases, takers)
def test_the_cars_of_one_customer_stay_together(of: list[Case], people: list[Taker]) -> None:
    found = done(of, people)

    for customer in {case.customer_id for case in of} - {None}:
        assert 1 == len({found[case.renewal_id] for case in of if case.customer_id == customer})


@given(cases, takers, st.randoms(use_true_random=False))
def test_the_split_does_not_depend_on_the_order_of_its_input(
    of: list[Case], people: list[Taker], random: object
) -> None:
    shuffled, others = list(of), list(people)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    random.shuffle(others)  # type: ignore[attr-defined]

    assert done(of, people) == done(shuffled, others)


@given(cases, takers)
def test_nobody_ends_more_than_one_customer_above_a_colleague_who_could_have_had_it(
    of: list[Case], people: list[Taker]
) -> None:
    strangers = [Case(renewal_id=c.renewal_id, customer_id=c.customer_id) for c in of]
    found = done(strangers, people)

    team = [one for one in people if one.is_peer and one.is_available and one.team_code == "T1"]
    team = [one for one in team if one.number != LEAVER]
    got = Counter(p.to_no for p in found.values() if p.rule is SplitRule.TEAM)
    final = {one.number: one.load + got[one.number] for one in team}
    alone = sum(1 for case in of if case.customer_id is None)
    of_customers = Counter(case.customer_id for case in of if case.customer_id is not None)
    largest = max([*of_customers.values(), 1 if alone else 0], default=0)
    for number in got:
        assert final[str(number)] <= min(final.values()) + largest


@given(cases, takers)
def test_whoever_knows_the_customer_comes_first_then_the_team_then_the_workplace(
    of: list[Case], people: list[Taker]
) -> None:
    found = done(of, people)
    fit = [one for one in people if one.is_available and one.number != LEAVER]
    peers = [one for one in fit if one.is_peer]

    for case in of:
        together = [c for c in of if c is case or (case.customer_id and c.customer_id == case.customer_id)]
        known = {number for c in together for number in c.served_by} & {one.number for one in peers}
        proposal = found[case.renewal_id]
        if known:
            assert proposal.to_no in known
        elif any(one.team_code == "T1" for one in peers):
            assert proposal.rule is SplitRule.TEAM
        elif any(one.workplace_code == "W1" for one in peers):
            assert proposal.rule is SplitRule.WORKPLACE
        elif fit and len(peers) < len(fit):
            assert proposal.rule is SplitRule.STAND_IN
        else:
            assert proposal.to_no is None
