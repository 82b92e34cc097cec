"""The first set of an empty database needs no approval, but a deployer who is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import DeploymentRefused
from engine.services import publish
from tests.support import databases
from tests.support.house import staffed_house


def test_a_first_deployment_by_nobody_we_know_is_refused_by_name(database: str, tmp_path: Path) -> None:
    home = databases.create(database, tmp_path)
    engine = staffed_house(home)

    with pytest.raises(DeploymentRefused) as refused:
        publish.deploy(engine, publish.read_files(), by="nobody")
    done = publish.deploy(engine, publish.read_files(), by="PO01")

    assert "nobody" in refused.value.say("zh")
    assert 1 == done.version
    engine.store.engine.dispose()
    databases.drop(home)
