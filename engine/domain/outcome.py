"""What newly issued policies make of an expiring renewal: renewed, partly renewed, won back, or nothing yet.

Source: domain.md §2.2 (REN), §2.4 (headline line), §0.6 (late and short-term policies), §7 cases 6 to 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from engine.domain.codes import Line, RenewalState

SHORT_TERM_DAYS = 360
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalWindow:
    """How far the start of a new policy may lie from the day after expiry, in calendar days."""

    early_days: int = 90
    grace_days: int = 30


DEFAULT_WINDOW = RenewalWindow()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiringLine:
    """One expiring policy of the vehicle; ``expiry_date`` is its last covered date."""

    line: Line
    expiry_date: date
    policy_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPolicy:
    """A policy on the same vehicle, as known today.

    Args:
        signed_date: day of issue (签单); None where the list does not say.
        expiry_date: last covered date; None where the list does not say.
        is_ours: issued by our company, through whatever channel.
        is_our_channel: issued through the cross-selling channel.
        is_cancelled: surrendered or voided by now.
    """

    policy_no: str
    line: Line
    start_date: date
    signed_date: date | None = None
    expiry_date: date | None = None
    is_ours: bool = True
    is_our_channel: bool = True
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class LineMatch:
    """An expiring policy and the new one that continues it."""

    expiring: ExpiringLine
    new: NewPolicy
    signed_date: date

    @property
    def is_late(self) -> bool:
        """Whether the new policy was signed after cover had ended."""
        return self.signed_date > self.expiring.expiry_date


@dataclass(frozen=True, slots=True)
class RenewalVerdict:
    """What the new policies amount to; ``outcome`` None means not renewed (yet).

    ``is_channel_leak``: renewed with our company, but past the cross-selling channel (渠道流失).
    ``may_improve``: a PARTIAL whose commercial line can still be renewed in time, so work goes on.
    """

    outcome: RenewalState | None
    matched: tuple[LineMatch, ...] = ()
    unmatched: tuple[ExpiringLine, ...] = ()
    is_channel_leak: bool = False
    may_improve: bool = False


def judge_renewal(
    expiring: Sequence[ExpiringLine],
    new: Sequence[NewPolicy],
    *,
    today: date,
    window: RenewalWindow = DEFAULT_WINDOW,
) -> RenewalVerdict:
    """Judge by *new*, the policies known of the same vehicle, whether *expiring* is renewed on *today*.

    The headline line is commercial where one expires, else compulsory. Headline line renewed: RENEWED,
    or WON_BACK when it was signed after its own expiry. Compulsory alone while commercial is due:
    PARTIAL. Of two expiring policies of one line the later-expiring is the base (double cover).

    A new policy continues an expiring one when it is of the same line, ours, not cancelled, not shorter
    than 360 days, and starts in the window around the day after that policy's expiry. The earliest
    signed one counts. A policy cannot have been signed after we learnt of it: an unknown or future
    signing date is taken as *today*.

    Calling it again with a policy cancelled takes the renewal back (domain.md §7 case 12).
    """
    due = _base_by_line(expiring)
    if not due:
        return RenewalVerdict(None)
    found = [_match(line, new, today, window) for line in due]
    matched = tuple(match for match in found if match is not None)
    unmatched = tuple(line for line, match in zip(due, found, strict=True) if match is None)
    headline = found[0]
    if headline is not None:
        return RenewalVerdict(
            RenewalState.WON_BACK if headline.is_late else RenewalState.RENEWED,
            matched,
            unmatched,
            is_channel_leak=not headline.new.is_our_channel,
        )
    if not matched:
        return RenewalVerdict(None, unmatched=unmatched)
    return RenewalVerdict(
        RenewalState.PARTIAL, matched, unmatched, may_improve=today <= _last_start(due[0], window)
    )


def is_renewal_of(line: ExpiringLine, policy: NewPolicy, window: RenewalWindow = DEFAULT_WINDOW) -> bool:
    """Return whether *policy* continues *line*; rules as in `judge_renewal`."""
    earliest = line.expiry_date + _DAY - timedelta(days=window.early_days)
    return (
        policy.line == line.line
        and policy.policy_no != line.policy_no
        and policy.is_ours
        and not policy.is_cancelled
        and not _is_short_term(policy)
        and earliest <= policy.start_date <= _last_start(line, window)
    )


_RANK = {RenewalState.PARTIAL: 1, RenewalState.WON_BACK: 2, RenewalState.RENEWED: 2}


def is_taken_back(reached: RenewalState, before: RenewalVerdict, after: RenewalVerdict) -> bool:
    """Return whether *reached* rested on policies that are cancelled now (domain.md §7 case 12).

    *before* and *after* judge without and with the cancellation. What somebody reported without a policy
    rests on none and stays.
    """
    held = _RANK.get(reached, 0)
    return _rank(before) >= held > _rank(after)


def _rank(verdict: RenewalVerdict) -> int:
    return _RANK.get(verdict.outcome, 0) if verdict.outcome is not None else 0


def is_full_refund(refund: Decimal | None, premium: Decimal | None) -> bool:
    """Return whether *refund* (negative, yuan) gives a policy back rather than reducing its premium.

    None as *refund*: the row says in words that the policy was cancelled. Less than half is a reduction (批减).
    """
    return refund is None or premium is None or -refund * 2 >= premium


def _base_by_line(expiring: Sequence[ExpiringLine]) -> list[ExpiringLine]:
    """The later-expiring policy of each line, the headline line first."""
    base = {each.line: each for each in sorted(expiring, key=lambda e: (e.expiry_date, e.policy_no))}
    return [base[line] for line in (Line.COMMERCIAL, Line.CTP) if line in base]


def _match(
    line: ExpiringLine, new: Sequence[NewPolicy], today: date, window: RenewalWindow
) -> LineMatch | None:
    signed = [
        (min(policy.signed_date or today, today), policy.start_date, policy.policy_no, policy)
        for policy in new
        if is_renewal_of(line, policy, window)
    ]
    if not signed:
        return None
    signed_date, _, _, policy = min(signed, key=lambda entry: entry[:3])
    return LineMatch(line, policy, signed_date)


def _last_start(line: ExpiringLine, window: RenewalWindow) -> date:
    return line.expiry_date + _DAY + timedelta(days=window.grace_days)


def _is_short_term(policy: NewPolicy) -> bool:
    """Whether the policy covers less than 360 days (domain.md §0.6); unknown terms count as a year."""
    if policy.expiry_date is None:
        return False
    return (policy.expiry_date - policy.start_date).days + 1 < SHORT_TERM_DAYS
