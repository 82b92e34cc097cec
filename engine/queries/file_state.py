"""What the check of a customer's file (G-L3) opens with: how complete the file is, and what the system lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.customer_file import FilePart
from engine.errors import NotFound
from engine.queries.customer_file import Gap, customer_file
from engine.queries.diagram import DeployedOf
from engine.queries.present import Present
from engine.store.renewals import Renewal

_ITEMS: Mapping[FilePart, str] = {
    FilePart.NAME: "licence",
    FilePart.ID_NO: "id_document",
    FilePart.PHONE: "phone",
    FilePart.SOUND_PHONE: "phone",
    FilePart.PREFERRED_TIME: "preferred_time",
    FilePart.CONSENT: "consent",
    FilePart.PLATE: "licence",
    FilePart.MODEL: "licence",
    FilePart.REGISTRATION: "licence",
    FilePart.USE: "licence",
    FilePart.PRICE: "other",
    FilePart.PREMIUM: "other",
    FilePart.CLAIMS: "claims",
}
"""Which item of the form ``complete_customer_file`` asks for a part; that nobody was reached is no item of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """A customer's file in short; ``items`` are the codes of the form's missing items."""

    customer_id: int
    percent: int
    gaps: tuple[Gap, ...]
    items: tuple[str, ...]


def file_state(
    session: Session, actor: Actor, renewal: Renewal, present: Present, *, deployed_of: DeployedOf
) -> FileState | None:
    """Return the state of the file of a renewal's customer, as the file itself shows it to *actor*.

    None where the renewal has no customer, or *actor* does the task without seeing the file.
    """
    if renewal.customer_id is None:
        return None
    try:
        page = customer_file(session, actor, renewal.customer_id, present, deployed_of=deployed_of)
    except NotFound:
        return None
    return FileState(
        customer_id=page.id,
        percent=page.percent,
        gaps=page.gaps,
        items=tuple(dict.fromkeys(_ITEMS[gap.part] for gap in page.gaps if gap.part in _ITEMS)),
    )
