"""What customers agreed to is what was recorded: whoever changes, removes or adds a consent is found, by its renewal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, text, update

from engine import api
from engine.api import Engine
from engine.domain.tampering import Tampering
from engine.queries.verification import verify
from engine.store.consents import CONSENTED, WITHDRAWN
from engine.tables import Consent, Renewal
from tests.support.console import TODAY, renewal_of

CAR = 7
GIVEN = {
    "kinds": ["marketing_call", "share_to_life"],
    "answer": "given",
    "method": "signed",
    "evidence": "授权书 2026-0117",
}


@pytest.fixture
def agreed(book: Engine) -> Engine:
    """The book in which the customer of car 7 agreed to two things and withdrew one."""
    actor, number = api.actor_of(book, "AG001"), renewal_of(book, CAR)
    with book.store.reading() as session:
        customer_id = session.get_one(Renewal, number).customer_id or 0
    api.record_consent(book, customer_id, GIVEN, actor=actor)
    said = {"kinds": ["share_to_life"], "answer": "withdrawn"}
    api.record_consent(book, customer_id, said, actor=actor)
    return book


def run(statement: object) -> Callable[[Engine], None]:
    def act(engine: Engine) -> None:
        with engine.store.engine.begin() as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    return act


def swap_proof(engine: Engine) -> None:
    with engine.store.transaction() as tx:  # by somebody who holds the keys
        tx.scalars(select(Consent).order_by(Consent.id)).first().evidence = "录音 1"  # type: ignore[union-attr]
        tx.record("checked", at=engine.clock.now(), actor="x")


def plant(engine: Engine) -> None:
    with engine.store.engine.begin() as connection:
        one = connection.execute(select(Consent.__table__).order_by(Consent.id)).mappings().first()
        connection.execute(insert(Consent).values({**dict(one or {}), "id": 900}))


LAST = select(text("max(id)")).select_from(text("consent")).scalar_subquery()


@pytest.mark.parametrize(
    ("tamper", "kind"),
    [
        pytest.param(
            run(update(Consent).values(is_given=True)), Tampering.CONSENT_EDITED, id="given instead"
        ),
        pytest.param(
            run(update(Consent).values(said_on=TODAY - timedelta(days=9))), Tampering.CONSENT_EDITED, id="day"
        ),
        pytest.param(swap_proof, Tampering.CONSENT_EDITED, id="another proof"),
        pytest.param(
            run(update(Consent).values(evidence_sealed=b"\x00")), Tampering.CONSENT_EDITED, id="damaged proof"
        ),
        pytest.param(run(update(Consent).values(salt=None)), Tampering.CONSENT_EDITED, id="salt taken away"),
        pytest.param(run(delete(Consent).where(Consent.id == LAST)), Tampering.CONSENT_EDITED, id="removed"),
        pytest.param(plant, Tampering.CONSENT_ADDED, id="put in"),
    ],
)
def test_a_falsified_consent_is_reported_with_its_renewal(
    agreed: Engine, tamper: Callable[[Engine], None], kind: Tampering
) -> None:
    sound = verify(agreed)
    assert (True, 3) == (sound.is_sound, sound.consents)

    tamper(agreed)

    found = verify(agreed).findings[0]
    assert (kind, renewal_of(agreed, CAR)) == (found.kind, found.other)
    assert f"续保 {renewal_of(agreed, CAR)} 上" in found.say("zh") and "renewal" in found.say("en")


@pytest.fixture
def of_before(book: Engine) -> Engine:
    """The book with a consent and its withdrawal as former versions wrote them: no salt, no hash."""
    number, now = renewal_of(book, CAR), book.clock.now()
    with book.store.transaction() as tx:
        customer_id = tx.get_one(Renewal, number).customer_id
        for is_given in (True, False):
            facts = {"kind": "share_to_life", "method": "told", "said_on": TODAY, "wording": "v1"}
            tx.add(
                Consent(
                    customer_id=customer_id,
                    instance_id=number,
                    is_given=is_given,
                    recorded_by="AG001",
                    recorded_at=now,
                    **facts,
                )
            )
            action = CONSENTED if is_given else WITHDRAWN
            tx.record(action, at=now, actor="AG001", instance_id=number, valid_until=None, **facts)
    return book


@pytest.mark.parametrize(
    "tamper",
    [
        run(update(Consent).values(is_given=True)),
        run(update(Consent).values(kind="marketing_call")),
        run(update(Consent).values(said_on=TODAY - timedelta(days=1))),
        run(delete(Consent)),
    ],
)
@pytest.mark.one_database
def test_consents_of_former_versions_are_held_against_what_their_events_say(
    of_before: Engine, tamper: Callable[[Engine], None]
) -> None:
    sound = verify(of_before)
    assert (True, 2) == (sound.is_sound, sound.consents)

    tamper(of_before)

    found = verify(of_before).findings[0]
    assert (Tampering.CONSENT_EDITED, renewal_of(of_before, CAR)) == (found.kind, found.other)


@pytest.mark.one_database
def test_one_put_in_beside_those_of_former_versions_is_found(of_before: Engine) -> None:
    plant(of_before)

    found = verify(of_before).findings[0]
    assert (Tampering.CONSENT_ADDED, renewal_of(of_before, CAR)) == (found.kind, found.other)
