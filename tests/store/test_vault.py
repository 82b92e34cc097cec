"""What is sealed opens where it stands and nowhere else, under its own key and no other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from engine.clock import wall_now
from engine.domain.vehicle import normalise_id_no, normalise_name, normalise_phone, normalise_plate
from engine.store import keyring, migrate
from engine.store.personal import JSON, TEXT, context_of
from engine.store.renewals import Customer, Vehicle
from engine.store.session import Store
from engine.vault import Keys, NoKeys, SealedValueRefused, UnknownKey, Vault, WrongMasterKey, prefix_of

MASTER = bytes(range(32))
PLACE = context_of("customer", "name", (1,))


def vault_of(*numbers: int) -> Vault:
    keys = Keys({number: bytes([number]) * 32 for number in numbers}, bytes(32), bytes(32))
    return Vault(lambda: keys)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path / 'sealed.db'}", MASTER)
    migrate.upgrade(made.engine, MASTER)
    yield made
    made.engine.dispose()


# --- sealing -----------------------------------------------------------------


@given(st.text())
def test_any_text_comes_back_as_it_was(clear: str) -> None:
    vault = vault_of(1)

    opened = vault.open(vault.seal(TEXT.dump(clear), PLACE), PLACE)

    assert opened is not None
    assert clear == TEXT.load(opened)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(-(2**53), 2**53)))
def test_any_values_come_back_as_they_were(clear: dict[str, int]) -> None:
    assert clear == JSON.load(JSON.dump(clear))


def test_the_same_value_is_never_sealed_to_the_same_bytes() -> None:
    vault = vault_of(1)

    assert vault.seal(b"13800138000", PLACE) != vault.seal(b"13800138000", PLACE)


def test_the_newest_key_seals_and_every_key_opens() -> None:
    old = vault_of(1).seal(b"x", PLACE)
    vault = vault_of(1, 7)

    assert vault.seal(b"x", PLACE).startswith(prefix_of(7))
    assert b"x" == vault.open(old, PLACE)


def test_a_key_that_was_made_elsewhere_is_read_when_it_is_met() -> None:
    held = [Keys({1: bytes(32)}, bytes(32), bytes(32))]
    vault = Vault(lambda: held[-1])
    vault.seal(b"x", PLACE)
    held.append(replace(held[0], fields={1: bytes(32), 2: bytes([2]) * 32}))
    sealed = Vault(lambda: held[-1]).seal(b"new", PLACE)

    assert b"new" == vault.open(sealed, PLACE)
    assert vault.seal(b"x", PLACE).startswith(prefix_of(2))


def test_a_value_of_an_unknown_key_is_refused_by_the_key_s_number() -> None:
    with pytest.raises(UnknownKey) as refusal:
        vault_of(1).open(vault_of(9).seal(b"x", PLACE), PLACE)

    assert "9" in refusal.value.say("zh") and "data_key" in refusal.value.say("en")


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(context_of("customer", "name", (2,)), id="another row"),
        pytest.param(context_of("customer", "phone", (1,)), id="another column"),
        pytest.param(context_of("vehicle", "name", (1,)), id="another table"),
        pytest.param(context_of("customer", "name", ("1",)), id="a key of another kind"),
        pytest.param(context_of("customer", "name", (1, None)), id="a longer key"),
    ],
)
def test_a_value_opens_at_its_own_place_alone(place: bytes) -> None:
    assert vault_of(1).open(vault_of(1).seal(b"x", PLACE), place) is None


@pytest.mark.parametrize("at", [7, 20, -1], ids=["nonce", "ciphertext", "tag"])
def test_a_changed_byte_is_noticed(at: int) -> None:
    sealed = bytearray(vault_of(1).seal(b"a longer value", PLACE))
    sealed[at] ^= 1

    assert vault_of(1).open(bytes(sealed), PLACE) is None


# --- indexes -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("normalise", "written", "other"),
    [
        (normalise_phone, "13800138000", "+86 138-0013-8000"),
        (normalise_phone, "13800138000", "１３８００１３８０００"),
        (normalise_plate, "川A12345", "川 a·12345"),
        (normalise_id_no, "11010519491231002X", "11010519491231002x"),
        (normalise_name, "阿里木·买买提", "阿里木 买买提"),
    ],
)
def test_one_value_written_two_ways_has_one_index(normalise: object, written: str, other: str) -> None:
    assert callable(normalise)
    vault = vault_of(1)

    assert vault.index("f", normalise(written)) == vault.index("f", normalise(other))


def test_fields_do_not_share_their_indexes() -> None:
    assert vault_of(1).index("customer.phone", "1") != vault_of(1).index("customer.id_no", "1")


def test_indexes_outlive_a_rotation() -> None:
    assert vault_of(1).index("f", "term") == vault_of(1, 2).index("f", "term")


# --- the keyring -------------------------------------------------------------


def test_another_master_is_refused_by_name(store: Store) -> None:
    with store.engine.connect() as connection, pytest.raises(WrongMasterKey) as refusal:
        keyring.read(connection, os.urandom(32))

    for lang in ("zh", "en"):
        assert "RENEWALS_DATA_KEY" in refusal.value.say(lang)
        assert "keys rewrap" in refusal.value.say(lang)


def test_a_database_without_keys_says_what_to_run(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM data_key"))
        with pytest.raises(NoKeys) as refusal:
            keyring.read(connection, MASTER)

    assert "renewals db upgrade" in refusal.value.say("en")


def test_a_wrapped_key_serves_its_own_purpose_alone(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE data_key SET purpose = 'field' WHERE purpose = 'index'"))
        with pytest.raises(WrongMasterKey):
            keyring.read(connection, MASTER)


def test_a_change_of_the_master_keeps_every_key(store: Store) -> None:
    with store.engine.begin() as connection:
        before = keyring.read(connection, MASTER)
        new = os.urandom(32)

        assert 3 == keyring.rewrap(connection, old=MASTER, new=new)
        assert 0 == keyring.rewrap(connection, old=MASTER, new=new)
        assert before == keyring.read(connection, new)
        with pytest.raises(WrongMasterKey):
            keyring.read(connection, MASTER)


def test_making_keys_again_makes_none(store: Store) -> None:
    with store.engine.begin() as connection:
        before = keyring.lines(connection)
        keyring.ensure(connection, MASTER, wall_now())

        assert before == keyring.lines(connection)


# --- rows --------------------------------------------------------------------


def customer(store: Store, **values: object) -> int:
    with store.transaction() as tx:
        row = Customer(**values)
        tx.add(row)
        tx.flush()
        return row.id


def test_a_row_is_clear_in_memory_and_sealed_in_its_columns(store: Store) -> None:
    number = customer(store, name="张三", phone="13800138000", id_no=None)

    with store.reading() as session:
        row = session.get_one(Customer, number)
        raw = session.execute(text("SELECT * FROM customer")).mappings().one()

    assert ("张三", "13800138000", None) == (row.name, row.phone, row.id_no)
    assert all(b"13800138000" not in value for value in raw.values() if isinstance(value, bytes))
    assert raw["id_no_index"] is None


def test_a_value_that_is_taken_away_takes_its_indexes_along(store: Store) -> None:
    number = customer(store, name="张三", phone="13800138000")

    with store.transaction() as tx:
        tx.get_one(Customer, number).phone = None

    with store.reading() as session:
        raw = session.execute(text("SELECT * FROM customer")).mappings().one()
    assert (None, None, None) == (raw["phone_sealed"], raw["phone_index"], raw["phone_tail"])


def test_rows_are_found_by_the_whole_value_and_by_its_last_four(store: Store) -> None:
    number = customer(store, name="张三", phone="13800138000")

    with store.reading() as session:
        for clause in (
            Customer.phone.is_(session, "+86 138 0013 8000"),
            Customer.phone.ends_with(session, "8000"),
            Customer.name.is_(session, " 张 三"),
        ):
            assert [number] == list(session.scalars(select(Customer.id).where(clause)))
        for clause in (Customer.phone.is_(session, "138"), Customer.phone.ends_with(session, "13800138000")):
            assert [] == list(session.scalars(select(Customer.id).where(clause)))


def test_a_value_moved_to_another_row_is_refused_by_name(store: Store) -> None:
    first, second = customer(store, name="张三"), customer(store, name="李四")
    with store.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE customer SET name_sealed = (SELECT name_sealed FROM customer WHERE id = :a) WHERE id = :b"
            ),
            {"a": first, "b": second},
        )

    with store.reading() as session, pytest.raises(SealedValueRefused) as refusal:
        _ = session.get_one(Customer, second).name

    assert "customer.name" in refusal.value.say("zh") and str(second) in refusal.value.say("en")
    assert "张三" not in refusal.value.say("zh")


def test_a_value_moved_to_another_column_is_refused(store: Store) -> None:
    number = customer(store, name="张三", phone="13800138000")
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE customer SET name_sealed = phone_sealed"))

    with store.reading() as session, pytest.raises(SealedValueRefused):
        _ = session.get_one(Customer, number).name


def test_many_new_rows_are_each_bound_to_their_own_number(store: Store) -> None:
    with store.transaction() as tx:
        tx.add_all(Customer(name=f"客户{n}") for n in range(5))

    with store.reading() as session:
        assert {f"客户{n}" for n in range(5)} == {row.name for row in session.scalars(select(Customer))}


def test_a_clear_value_that_nothing_would_seal_is_not_written(store: Store) -> None:
    with store.reading() as session, pytest.raises(Exception, match="sealed column") as refusal:
        session.add(Vehicle(vin="LSVAA4182E2123456", plate="川A12345"))
        session.flush()

    assert "川A12345" not in str(refusal.value)
