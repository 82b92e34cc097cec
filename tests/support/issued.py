"""Newly issued policies for cars of the small book."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from engine import api
from engine.tables import Renewal
from tests.acceptance.desk import policy, standard_csv
from tests.support.console import renewal_of


def issue_policy(
    engine: api.Engine, number: int, *, signed: date, policy_no: str = "9700000000000000000001"
) -> None:
    """Import the policy that continues the commercial one of car *number*, signed on that day."""
    with engine.store.reading() as session:
        old = session.get_one(Renewal, renewal_of(engine, number)).expiry_date
    row: dict[str, Any] = policy(
        number, old.replace(year=old.year + 1), agent="AG001", sub_branch="PC330101", issued=True
    )
    row |= {
        "保单号": policy_no,
        "起保日期": (old + timedelta(days=1)).isoformat(),
        "签单日期": signed.isoformat(),
    }
    batch = api.preview_list(
        engine, standard_csv([row]), f"{policy_no}.csv", "standard", kind="issued", actor=api.SYSTEM
    )
    api.commit_batch(engine, batch, actor=api.SYSTEM)
