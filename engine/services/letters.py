"""The letter that tells a customer of the coming expiry (到期告知书, P-L2): its facts, written down before it is shown.

Source: domain.md §4.8 (what it says), §1.1 P-L2, threats.md §4 (a clear name has a measure), PIPL Art. 24 (whoever
asked to be left alone is not written to), Art. 15 (once sharing was withdrawn the life insurer's people see no name).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.bootstrap import Engine
from engine.clock import business_date
from engine.domain.actor import Actor
from engine.domain.codes import Line
from engine.domain.directory import Directory
from engine.domain.masking import mask_plate, mask_policy_no
from engine.domain.org import Side
from engine.domain.withheld import Withheld, is_of_life, may_reveal
from engine.errors import Conflict, EngineError, Forbidden, NotFound
from engine.label import Label, Thing
from engine.services.access import sees
from engine.services.reveal import ErasureStands
from engine.store.accounts import lock_account
from engine.store.history import count_about_instance, count_of_actor
from engine.store.instances import lock_open
from engine.store.organisation import directory_on
from engine.store.people import Person, person_by_number
from engine.store.renewals import Customer, Renewal, Vehicle, lines_of
from engine.store.same_customer import withheld_of
from engine.store.session import Tx
from engine.store.tasks import delegated_to

MOST_LETTERS = 60
"""Letters of one person within an hour, and thus at once: as many names in the clear."""
WITHIN = timedelta(hours=1)
WRITTEN, REFUSED = "letter_written", "letter_refused"
VERSION = 1
"""Of the wording; the history keeps it with each letter."""


@dataclass(frozen=True, slots=True)
class ExpiringPolicy:
    """One policy as the letter names it: its last digits, and the last covered day (until 24:00)."""

    line: Line
    number: str
    expiry_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryLetter:
    """What one letter says; the customer's name is clear, the plate masked. ``phone`` is the colleague's own."""

    number: str
    renewal_id: int
    day: date
    customer: str
    plate: str
    policies: tuple[ExpiringPolicy, ...]
    company: str
    office: str
    server: str
    server_no: str
    phone: str | None


class NothingTicked(EngineError):
    """No renewal was chosen."""

    code = "no_letters_chosen"
    zh = "请先勾选要出具到期告知书的续保。"
    en = "Tick the renewals that shall have a letter first."


class TooManyLetters(EngineError):
    """A person has had as many letters written as an hour allows."""

    code = "too_many_letters"
    zh = "每人每小时最多出具 {most} 封到期告知书，已出具 {had} 封，本次要 {wanted} 封，未出具，并已记入历史。请减少勾选或稍后再试。"
    en = "At most {most} letters a person and hour; {had} are written, {wanted} were asked for, none was made. Try fewer or later."


class NotToBeWritten(Conflict):
    """A renewal of which no letter may go out now; nothing was made."""

    code = "not_to_be_written"
    zh = "{plate} 不能出具到期告知书：{reason}。本次未出具任何一封，请去掉该笔后重试。"
    en = "No letter can be written for {plate}: {reason}. Nothing was made; leave it out and try again."


NO_CONTACT = Label("客户已要求不再联系", "the customer asked not to be contacted")
NO_SHARING = Label(
    "客户已撤回向寿险公司提供个人信息的同意，请交由交叉销售专员出具",
    "the customer withdrew that the life insurer gets the data; ask the cross-selling specialist to write it",
)
ENDED = Label("续保已结束", "the renewal has ended")
EXPIRED = Label("保险已过到期日", "the cover has expired")
NOBODY = Label("暂无责任人，信上没有可联系的服务人员", "nobody answers for it whom the letter could name")
NO_POLICY = Label("没有将要到期的有效保单", "no valid policy is about to expire")
NO_NAME = Label("客户未登记", "no customer is known")


def letters_left(engine: Engine, actor: Actor) -> int:
    """Return how many letters *actor* may still have written within the present hour."""
    since = engine.clock.now() - WITHIN
    with engine.store.reading() as session:
        return max(0, MOST_LETTERS - count_of_actor(session, actor.name, WRITTEN, since=since))


def write_letters(
    engine: Engine, renewal_ids: Sequence[int], *, actor: Actor, address: str | None
) -> tuple[ExpiryLetter, ...]:
    """Return the letters of these renewals, all or none; who had them written, for whom and from where is recorded.

    Raises:
        NotFound: one lies outside the actor's scope. Forbidden: the actor's roles may not see clear values.
        NothingTicked: no renewal was chosen. NotToBeWritten, ErasureStands: one may not be written.
        TooManyLetters: the hour's measure would be exceeded; this attempt is recorded.
    """
    if not may_reveal(actor):
        raise Forbidden(act=Label("出具到期告知书", "have expiry letters written"))
    wanted = list(dict.fromkeys(renewal_ids))
    if not wanted:
        raise NothingTicked
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        lock_account(tx, actor.name)
        had = count_of_actor(tx, actor.name, WRITTEN, since=now - WITHIN)
        letters: tuple[ExpiryLetter, ...] = ()
        if had + len(wanted) > MOST_LETTERS:
            tx.record(REFUSED, at=now, actor=actor.name, wanted=len(wanted), had=had, address=address)
        else:
            lock_open(tx, wanted)  # so that no two letters of a renewal get one number
            directory = directory_on(tx, business_date(now, engine.clock.zone))
            letters = tuple(_letter(engine, tx, number, directory, actor, now) for number in wanted)
            for letter in letters:
                _record(tx, letter, actor, now, address)
    if not letters:
        raise TooManyLetters(most=MOST_LETTERS, had=had, wanted=len(wanted))
    return letters


def _record(tx: Tx, letter: ExpiryLetter, actor: Actor, now: datetime, address: str | None) -> None:
    """What was said, but nothing that names the customer: with the wording's version the letter can be told again."""
    tx.record(
        WRITTEN,
        at=now,
        actor=actor.name,
        instance_id=letter.renewal_id,
        subject=letter.number,
        version=VERSION,
        policies=[[str(one.line), one.number, one.expiry_date] for one in letter.policies],
        plate=letter.plate,
        owner=letter.server_no,
        company=letter.company,
        address=address,
    )


def _letter(
    engine: Engine, tx: Tx, renewal_id: int, directory: Directory, actor: Actor, now: datetime
) -> ExpiryLetter:
    renewal = tx.get(Renewal, renewal_id)
    if renewal is None or not (sees(actor, renewal) or delegated_to(tx, renewal_id, actor.numbers)):
        raise NotFound(what=Thing.RENEWAL, key=renewal_id)
    day = business_date(now, engine.clock.zone)
    plate = mask_plate(tx.get_one(Vehicle, renewal.vehicle_id).plate)
    customer = tx.get(Customer, renewal.customer_id) if renewal.customer_id is not None else None
    server = person_by_number(tx, renewal.owner_no)
    policies = _policies(tx, renewal_id, day)
    reason = _reason_against(
        renewal, customer, withheld_of(tx, customer), server, day, for_life=is_of_life(actor)
    ) or (None if policies else NO_POLICY)
    if reason is not None or customer is None or server is None:
        raise NotToBeWritten(plate=plate or renewal.business_key.split(":")[0][-6:], reason=reason or NOBODY)
    local = now.astimezone(engine.clock.zone)
    company, office = _house(directory, renewal)
    return ExpiryLetter(
        number=f"DQ{local:%Y%m%d}-{renewal_id}-{count_about_instance(tx, renewal_id, WRITTEN) + 1:02}",
        renewal_id=renewal_id,
        day=day,
        customer=customer.name.strip(),
        plate=plate,
        policies=policies,
        company=company,
        office=office,
        server=server.name,
        server_no=server.employee_no,
        phone=server.phone,
    )


def _policies(tx: Tx, renewal_id: int, day: date) -> tuple[ExpiringPolicy, ...]:
    return tuple(
        ExpiringPolicy(Line(line.line), mask_policy_no(line.policy_no or ""), line.expiry_date)
        for line in lines_of(tx, renewal_id)
        if not line.cancelled and line.expiry_date >= day
    )


def _reason_against(
    renewal: Renewal,
    customer: Customer | None,
    stopped: Withheld,
    server: Person | None,
    day: date,
    *,
    for_life: bool,
) -> Label | None:
    if renewal.ended_at is not None:
        return ENDED
    if renewal.expiry_date < day:
        return EXPIRED
    if customer is None or not customer.name.strip():
        return NO_NAME
    if stopped.erasure_asked_on is not None:
        raise ErasureStands(day=stopped.erasure_asked_on, until=stopped.kept_until)
    if stopped.do_not_contact:
        return NO_CONTACT
    if stopped.no_sharing and for_life:
        return NO_SHARING
    return NOBODY if server is None else None


def _house(directory: Directory, renewal: Renewal) -> tuple[str, str]:
    """The insurer whose letter it is, and its office nearest to the customer."""
    offices = [
        unit.name
        for unit in directory.ancestors(renewal.sub_branch_code or renewal.branch_code)
        if unit.side == Side.PC
    ]
    return (offices[-1], offices[0]) if offices else ("", "")
