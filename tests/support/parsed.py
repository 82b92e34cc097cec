"""One parse of the same files serves every engine of a test process, as it serves all threads of a real one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from engine import bootstrap
from engine.bootstrap import Deployed


@contextmanager
def once() -> Iterator[None]:
    """Let engines built inside the block share what was parsed from equal files for an equal version."""
    known: dict[Any, Deployed] = {}
    parse = bootstrap.parse_deployed

    def parse_once(files: Mapping[str, bytes], *, set_id: int, version: int, digest: str) -> Deployed:
        key = (set_id, version, digest, *sorted(files.items()))
        if key not in known:
            known[key] = parse(files, set_id=set_id, version=version, digest=digest)
        return known[key]

    with patch.object(bootstrap, "parse_deployed", parse_once):
        yield
