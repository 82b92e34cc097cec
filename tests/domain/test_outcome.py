from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.codes import Line, RenewalState
from engine.domain.outcome import ExpiringLine, NewPolicy, RenewalVerdict, RenewalWindow, judge_renewal

EXPIRY = date(2026, 12, 31)
TODAY = date(2026, 12, 1)
CTP = ExpiringLine(line=Line.CTP, expiry_date=EXPIRY, policy_no="OLD-CTP")
COMMERCIAL = ExpiringLine(line=Line.COMMERCIAL, expiry_date=EXPIRY, policy_no="OLD-COM")


def new(
    line: Line = Line.COMMERCIAL, *, start: int = 1, signed: int | None = -40, **facts: object
) -> NewPolicy:
    """A new policy; *start* and *signed* count days from expiry."""
    return NewPolicy(
        policy_no=str(facts.pop("policy_no", f"NEW-{line}")),
        line=line,
        start_date=EXPIRY + timedelta(days=start),
        signed_date=None if signed is None else EXPIRY + timedelta(days=signed),
        **facts,  # type: ignore[arg-type]
    )


def judge(
    *policies: NewPolicy, expiring: tuple[ExpiringLine, ...] = (CTP, COMMERCIAL), today: date = TODAY
) -> RenewalVerdict:
    return judge_renewal(expiring, policies, today=today)


@pytest.mark.parametrize(
    ("expiring", "policies", "outcome"),
    [
        pytest.param((CTP, COMMERCIAL), (), None, id="nothing new"),
        pytest.param((CTP, COMMERCIAL), (new(), new(Line.CTP)), RenewalState.RENEWED, id="both lines"),
        pytest.param((CTP, COMMERCIAL), (new(),), RenewalState.RENEWED, id="commercial is the headline"),
        pytest.param(
            (CTP, COMMERCIAL), (new(Line.CTP),), RenewalState.PARTIAL, id="compulsory alone is partial"
        ),
        pytest.param((CTP,), (new(Line.CTP),), RenewalState.RENEWED, id="only compulsory was due"),
        pytest.param((CTP,), (new(),), None, id="commercial does not continue compulsory"),
        pytest.param((COMMERCIAL,), (new(Line.CTP),), None, id="compulsory does not continue commercial"),
        pytest.param((), (new(),), None, id="nothing was due"),
    ],
)
def test_the_headline_line_decides(
    expiring: tuple[ExpiringLine, ...], policies: tuple[NewPolicy, ...], outcome: RenewalState | None
) -> None:
    assert outcome == judge(*policies, expiring=expiring).outcome


@pytest.mark.parametrize(
    ("policy", "counts"),
    [
        pytest.param(new(start=-89), True, id="starts 90 days before the day after expiry"),
        pytest.param(new(start=-90), False, id="starts a day too early"),
        pytest.param(new(start=31), True, id="starts on the last day of grace"),
        pytest.param(new(start=32), False, id="starts after the grace"),
        pytest.param(new(is_cancelled=True), False, id="cancelled"),
        pytest.param(new(is_ours=False), False, id="another company's"),
        pytest.param(new(expiry_date=EXPIRY + timedelta(days=180)), False, id="short-term"),
        pytest.param(new(expiry_date=EXPIRY + timedelta(days=360)), True, id="360 days are no short term"),
        pytest.param(new(policy_no="OLD-COM"), False, id="the expiring policy itself"),
    ],
)
def test_a_new_policy_counts_only_when_it_continues_the_old(policy: NewPolicy, counts: bool) -> None:
    assert counts == (judge(policy).outcome is RenewalState.RENEWED)


@pytest.mark.parametrize(
    ("signed", "today", "outcome"),
    [
        pytest.param(0, 5, RenewalState.RENEWED, id="signed on the last covered day"),
        pytest.param(1, 5, RenewalState.WON_BACK, id="signed after the lapse"),
        pytest.param(None, 5, RenewalState.WON_BACK, id="unknown date, learnt after the lapse"),
        pytest.param(None, -5, RenewalState.RENEWED, id="unknown date, learnt before it"),
        pytest.param(9, -5, RenewalState.RENEWED, id="a date still to come cannot be right"),
    ],
)
def test_a_policy_signed_after_expiry_is_won_back(
    signed: int | None, today: int, outcome: RenewalState
) -> None:
    found = judge(new(signed=signed), today=EXPIRY + timedelta(days=today))

    assert outcome == found.outcome


def test_each_line_is_matched_around_its_own_expiry() -> None:
    later = replace(COMMERCIAL, expiry_date=EXPIRY + timedelta(days=60))

    found = judge(new(Line.CTP), new(start=61), expiring=(CTP, later))

    assert {match.expiring.policy_no: match.new.policy_no for match in found.matched} == {
        "OLD-CTP": "NEW-ctp",
        "OLD-COM": "NEW-commercial",
    }


def test_the_later_expiring_of_two_policies_of_one_line_is_the_base() -> None:
    double = replace(COMMERCIAL, expiry_date=EXPIRY - timedelta(days=100), policy_no="OLD-DOUBLE")

    found = judge(new(), expiring=(COMMERCIAL, double))

    assert [match.expiring.policy_no for match in found.matched] == ["OLD-COM"]


def test_case_10_a_renewal_through_another_channel_is_a_channel_leak() -> None:
    found = judge(new(is_our_channel=False))

    assert (found.outcome, found.is_channel_leak) == (RenewalState.RENEWED, True)


@pytest.mark.parametrize(("days_after", "may_improve"), [(31, True), (32, False)])
def test_a_partial_renewal_may_improve_until_the_grace_is_over(days_after: int, may_improve: bool) -> None:
    found = judge(new(Line.CTP), today=EXPIRY + timedelta(days=days_after))

    assert may_improve == found.may_improve


def test_a_cancelled_renewal_is_taken_back() -> None:
    policies = [new(), new(Line.CTP)]

    found = judge(replace(policies[0], is_cancelled=True), policies[1])

    assert found.outcome is RenewalState.PARTIAL
    assert found.unmatched == (COMMERCIAL,)


policies = st.lists(
    st.builds(
        new,
        st.sampled_from(Line),
        start=st.integers(-120, 60),
        signed=st.none() | st.integers(-120, 60),
        policy_no=st.sampled_from(["A", "B", "C", "OLD-COM"]),
        is_ours=st.booleans(),
        is_cancelled=st.booleans(),
    ),
    max_size=5,
)
due = st.sampled_from([(CTP,), (COMMERCIAL,), (CTP, COMMERCIAL)])
todays = st.integers(-60, 60).map(lambda n: EXPIRY + timedelta(days=n))


@given(expiring=due, new_policies=policies, today=todays)
def test_every_due_line_is_matched_or_not_but_never_both(
    expiring: tuple[ExpiringLine, ...], new_policies: list[NewPolicy], today: date
) -> None:
    found = judge_renewal(expiring, new_policies, today=today)

    lines = [match.expiring for match in found.matched] + list(found.unmatched)
    assert sorted(line.policy_no for line in lines) == sorted(line.policy_no for line in expiring)
    assert bool(found.matched) == (found.outcome is not None)


@given(expiring=due, new_policies=policies, today=todays)
def test_only_our_valid_policies_of_the_line_within_the_window_match(
    expiring: tuple[ExpiringLine, ...], new_policies: list[NewPolicy], today: date
) -> None:
    found = judge_renewal(expiring, new_policies, today=today)

    for match in found.matched:
        distance = (match.new.start_date - match.expiring.expiry_date).days
        assert -89 <= distance <= 31
        assert match.new.line is match.expiring.line
        assert match.new.is_ours and not match.new.is_cancelled
        assert match.signed_date <= today


@given(expiring=due, new_policies=policies, today=todays, extra=policies)
def test_one_more_policy_never_undoes_a_renewal(
    expiring: tuple[ExpiringLine, ...], new_policies: list[NewPolicy], today: date, extra: list[NewPolicy]
) -> None:
    rank = [None, RenewalState.PARTIAL, RenewalState.WON_BACK, RenewalState.RENEWED]

    before = judge_renewal(expiring, new_policies, today=today)
    after = judge_renewal(expiring, [*new_policies, *extra], today=today)

    assert rank.index(before.outcome) <= rank.index(after.outcome)


@given(expiring=due, new_policies=policies, today=todays)
def test_the_order_of_the_lists_does_not_matter(
    expiring: tuple[ExpiringLine, ...], new_policies: list[NewPolicy], today: date
) -> None:
    forwards = judge_renewal(expiring, new_policies, today=today)
    backwards = judge_renewal(expiring[::-1], new_policies[::-1], today=today)

    assert forwards.outcome == backwards.outcome
    assert [m.signed_date for m in forwards.matched] == [m.signed_date for m in backwards.matched]


def test_the_window_is_a_setting() -> None:
    strict = RenewalWindow(early_days=30, grace_days=0)

    found = judge_renewal([COMMERCIAL], [new(start=2)], today=TODAY, window=strict)

    assert found.outcome is None
