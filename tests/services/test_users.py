"""Who may sign in, what a person reaches on a day, and when a session is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.bootstrap import Engine
from engine.clock import SHANGHAI
from engine.domain.actor import SYSTEM
from engine.domain.codes import Role
from engine.errors import BadInput, Forbidden, NotFound, SignInRefused, WeakPassword
from engine.services import access, clockwork, sign_in, users
from engine.store.history import HistoryEvent
from engine.store.people import Post, SignInSession, UserAccount
from tests.support import databases, thrift
from tests.support.house import PASSWORD, actor, opened, sign_in_for, staffed_house

pytestmark = pytest.mark.one_database

REAL = datetime(2026, 11, 24, 8, tzinfo=UTC)


class RealTime:
    """Real time that a test moves."""

    def __init__(self) -> None:
        self.now = REAL

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **length: float) -> None:
        self.now += timedelta(**length)


@pytest.fixture(scope="module")
def staffed(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = databases.create(database, tmp_path_factory.mktemp("users"))
    staffed_house(home).store.engine.dispose()
    yield home
    databases.drop(home)


@pytest.fixture(scope="module")
def prepared(staffed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with opened(databases.copy(staffed, tmp_path_factory.mktemp("still") / "users")) as engine:
        yield engine


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> RealTime:
    time = RealTime()
    monkeypatch.setattr(sign_in, "wall_now", time)
    monkeypatch.setattr(users, "wall_now", time)
    return time


@pytest.fixture
def engine(staffed: Path, tmp_path: Path) -> Iterator[Engine]:
    with opened(databases.copy(staffed, tmp_path / "house")) as engine:
        yield engine


def actions(engine: Engine, name: str | None = None) -> list[str]:
    with engine.store.reading() as session:
        rows = session.query(HistoryEvent).order_by(HistoryEvent.seq).all()
    return [row.action for row in rows if name is None or row.subject == name]


# --- rights ------------------------------------------------------------------


def test_staff_of_the_organisation_have_the_role_of_their_post_before_they_have_a_sign_in(prepared):
    agent = actor(prepared, "AG001")

    assert {Role.AGENT} == agent.roles
    assert "AG001" == agent.employee_no
    assert not agent.sees_all
    assert {"ZC01-1"} == agent.unit_codes


def test_channel_staff_posted_in_a_department_reach_the_whole_branch_above_it(prepared):
    channel = actor(prepared, "CC01")

    assert {"PC3301", "PC3301-QD", "PC330101", "PC330102"} == channel.unit_codes


def test_an_auditor_of_a_branch_reaches_the_branch_and_not_everything(prepared):
    auditor = actor(prepared, "AU01")

    assert not auditor.sees_all
    assert "PC330102" in auditor.unit_codes


@pytest.mark.parametrize("unit", [None, "PC"], ids=["no unit", "the head office"])
def test_an_auditor_above_all_units_sees_everything(engine, unit):
    users.add_user(engine, "chief", roles=[Role.AUDITOR], unit_code=unit, actor=SYSTEM)

    assert actor(engine, "chief").sees_all


def test_a_working_role_at_the_head_office_does_not_see_everything(engine):
    users.add_user(engine, "visitor", roles=[Role.SPECIALIST], unit_code=None, actor=SYSTEM)

    assert not actor(engine, "visitor").sees_all


def test_the_role_of_a_post_that_ended_is_gone_even_if_the_account_was_given_it(engine):
    sign_in_for(engine, "AG001")
    with engine.store.transaction() as tx:
        tx.query(Post).filter_by(employee_no="AG001").one().valid_to = datetime(2026, 10, 3).date()

    clockwork.set_clock(engine, datetime(2026, 10, 4, 0, 0, 1, tzinfo=SHANGHAI), actor=SYSTEM)

    assert frozenset() == actor(engine, "AG001").roles


def test_nobody_is_found_under_an_unknown_name(prepared):
    with pytest.raises(NotFound):
        actor(prepared, "nobody")


# --- accounts ----------------------------------------------------------------


def test_an_initial_password_is_made_up_and_stored_only_as_a_hash(engine):
    initial = users.add_user(engine, "AG001", roles=[Role.AGENT], unit_code="ZC01-1", actor=SYSTEM)

    with engine.store.reading() as session:
        row = session.query(UserAccount).filter_by(name="AG001").one()
    assert row.password_hash.startswith("$argon2id$")
    assert initial not in row.password_hash
    assert row.must_change_password
    assert initial not in repr(actions(engine))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"name": "two words"}, "用户名"),
        ({"name": ""}, "用户名"),
        ({"roles": ["king"]}, "角色"),
        ({"unit_code": "XX99"}, "机构代码"),
    ],
    ids=["a space in the name", "no name", "an unknown role", "an unknown unit"],
)
def test_an_account_with_an_unusable_value_is_refused_by_name(prepared, change, what):
    values = {"name": "new", "roles": [Role.AGENT], "unit_code": None} | change
    name = values.pop("name")

    with pytest.raises(BadInput) as refusal:
        users.add_user(prepared, name, actor=SYSTEM, **values)

    assert what == refusal.value.params["what"].zh


def test_a_name_is_given_once(engine):
    sign_in_for(engine, "AG001")

    with pytest.raises(BadInput):
        users.add_user(engine, "AG001", roles=[Role.AGENT], unit_code=None, actor=SYSTEM)


@pytest.mark.parametrize("name", ["AG001", "AU01", "PO01", "CC01"])
def test_only_administrators_manage_accounts(engine, name):
    who = actor(engine, name)

    with pytest.raises(Forbidden):
        users.add_user(engine, "new", roles=[Role.ADMIN], unit_code=None, actor=who)
    with pytest.raises(Forbidden):
        users.set_roles(engine, "AG001", [Role.ADMIN], actor=who)
    with pytest.raises(Forbidden):
        users.set_active(engine, "AG001", False, actor=who)
    with pytest.raises(Forbidden):
        users.set_password(engine, "AG001", actor=who)


# --- signing in --------------------------------------------------------------


def test_the_right_password_opens_and_is_recorded(engine, real):
    sign_in_for(engine, "AG001")

    token = sign_in.open_session(engine, sign_in.check_password(engine, "AG001", PASSWORD))

    signed_in = sign_in.touch_session(engine, token)
    assert signed_in is not None
    assert "AG001" == signed_in.actor.name
    assert "signed_in" in actions(engine, "AG001")


def test_the_stored_session_does_not_hold_the_token(engine, real):
    sign_in_for(engine, "AG001")
    token = sign_in.open_session(engine, sign_in.check_password(engine, "AG001", PASSWORD))

    with engine.store.reading() as session:
        stored = session.query(SignInSession).one()

    assert token != stored.id
    assert sign_in.touch_session(engine, stored.id) is None


def test_unknown_closed_locked_and_wrong_get_the_same_answer(engine, real):
    sign_in_for(engine, "AG001", "AG002", "AG003")
    users.set_active(engine, "AG002", False, actor=SYSTEM)
    for _ in range(sign_in.FREE_FAILURES):
        with pytest.raises(SignInRefused):
            sign_in.check_password(engine, "AG003", "wrong")

    sentences = set()
    for name, password in (("nobody", "x"), ("AG001", "x"), ("AG002", PASSWORD), ("AG003", PASSWORD)):
        with pytest.raises(SignInRefused) as refusal:
            sign_in.check_password(engine, name, password)
        sentences.add(refusal.value.say("zh"))

    assert 1 == len(sentences)


def test_guessing_a_password_is_dear():
    """OWASP's least for Argon2id: 19 MiB and two rounds."""
    rounds, kibibytes = thrift.PRODUCTION_COST

    assert rounds >= 2
    assert kibibytes >= 19 * 1024


def test_an_unknown_name_costs_a_verification_as_well(prepared, monkeypatch):
    verified = []
    monkeypatch.setattr(sign_in, "_verify", lambda hashed, password: verified.append(hashed) or False)

    with pytest.raises(SignInRefused):
        sign_in.check_password(prepared, "nobody", "x")

    assert 1 == len(verified)
    assert verified[0].startswith("$argon2id$")


def test_five_failures_lock_the_account_and_each_further_one_doubles_the_wait(engine, real):
    sign_in_for(engine, "AG001")
    for _ in range(sign_in.FREE_FAILURES):
        with pytest.raises(SignInRefused):
            sign_in.check_password(engine, "AG001", "wrong")

    with pytest.raises(SignInRefused):
        sign_in.check_password(engine, "AG001", PASSWORD)
    real.pass_by(seconds=31)
    with pytest.raises(SignInRefused):
        sign_in.check_password(engine, "AG001", "wrong")
    real.pass_by(seconds=31)
    with pytest.raises(SignInRefused):
        sign_in.check_password(engine, "AG001", PASSWORD)
    real.pass_by(seconds=30)

    assert "AG001" == sign_in.check_password(engine, "AG001", PASSWORD).name


def test_a_person_whose_posts_have_ended_cannot_sign_in(engine, real):
    sign_in_for(engine, "AG001")
    with engine.store.transaction() as tx:
        tx.query(Post).filter_by(employee_no="AG001").one().valid_to = datetime(2026, 9, 30).date()

    with pytest.raises(SignInRefused):
        sign_in.check_password(engine, "AG001", PASSWORD)


def test_failures_stand_in_the_history_without_what_was_typed(engine, real):
    sign_in_for(engine, "AG001")

    for name in ("AG001", "typed-my-password-here"):
        with pytest.raises(SignInRefused):
            sign_in.check_password(engine, name, "secret-typo")

    with engine.store.reading() as session:
        rows = session.query(HistoryEvent).filter_by(action="sign_in_failed").all()
    assert ["AG001", None] == [row.subject for row in rows]
    assert "secret-typo" not in repr([row.payload for row in rows])
    assert "typed-my" not in repr([(row.actor, row.subject, row.payload) for row in rows])


# --- sessions ----------------------------------------------------------------


@pytest.fixture
def token(engine: Engine, real: RealTime) -> str:
    sign_in_for(engine, "AG001")
    return sign_in.open_session(engine, actor(engine, "AG001"))


def test_a_session_lives_while_it_is_used_and_ends_after_twelve_hours(engine, real, token):
    for _ in range(24):
        real.pass_by(minutes=29)
        assert sign_in.touch_session(engine, token) is not None

    real.pass_by(minutes=29)

    assert sign_in.touch_session(engine, token) is None


def test_a_session_ends_after_thirty_idle_minutes(engine, real, token):
    real.pass_by(minutes=30)

    assert sign_in.touch_session(engine, token) is None


def test_moving_the_virtual_clock_does_not_end_a_session(engine, real, token):
    clockwork.set_clock(engine, engine.clock.now() + timedelta(days=40), actor=SYSTEM)

    assert sign_in.touch_session(engine, token) is not None


def test_signing_out_ends_the_session_once(engine, real, token):
    sign_in.end_session(engine, token)
    sign_in.end_session(engine, token)

    assert sign_in.touch_session(engine, token) is None
    assert 1 == actions(engine, "AG001").count("signed_out")


@pytest.mark.parametrize(
    "change",
    [
        lambda engine: users.set_active(engine, "AG001", False, actor=SYSTEM),
        lambda engine: users.set_roles(engine, "AG001", [Role.TRAINER], actor=SYSTEM),
        lambda engine: users.set_password(engine, "AG001", actor=SYSTEM),
    ],
    ids=["closing the account", "changing roles", "resetting the password"],
)
def test_a_change_of_rights_ends_the_sessions(engine, real, token, change):
    change(engine)

    assert sign_in.touch_session(engine, token) is None


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(engine, real, token):
    other = sign_in.open_session(engine, actor(engine, "AG001"))

    sign_in.change_password(engine, PASSWORD, "another long one 5", actor=actor(engine, "AG001"), keep=token)

    assert sign_in.touch_session(engine, token) is not None
    assert sign_in.touch_session(engine, other) is None
    assert "AG001" == sign_in.check_password(engine, "AG001", "another long one 5").name


@pytest.mark.parametrize(
    "new",
    ["short", PASSWORD, "my AG001 password", "aaaabbbbaaaa"],
    ids=["short", "old", "name", "monotonous"],
)
def test_a_weak_new_password_is_refused(engine, real, new):
    sign_in_for(engine, "AG001")

    with pytest.raises(WeakPassword):
        sign_in.change_password(engine, PASSWORD, new, actor=actor(engine, "AG001"))


def test_a_refusal_is_written_down(engine):
    access.record_refusal(engine, actor=actor(engine, "AG001"), subject="/renewals/7")

    assert "access_refused" in actions(engine, "/renewals/7")


def test_an_administrator_of_a_branch_manages_its_accounts_and_no_others(engine):
    users.add_user(engine, "chief", roles=[Role.AUDITOR], unit_code="PC", actor=SYSTEM)
    admin = actor(engine, "AD01")

    users.add_user(engine, "AG001", roles=[Role.AGENT], unit_code="ZC01-1", actor=admin)
    users.add_user(engine, "new", roles=[Role.CHANNEL], unit_code="PC3301-QD", actor=admin)

    for act in (
        lambda: users.add_user(engine, "me-too", roles=[Role.ADMIN], unit_code=None, actor=admin),
        lambda: users.add_user(engine, "above", roles=[Role.ADMIN], unit_code="PC33", actor=admin),
        lambda: users.set_password(engine, "chief", actor=admin),
        lambda: users.set_roles(engine, "chief", [Role.ADMIN], actor=admin),
        lambda: users.set_active(engine, "chief", False, actor=admin),
    ):
        with pytest.raises(Forbidden):
            act()
