"""What hundreds of engines and consoles in one test process need not do more than once, or at full price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from argon2.profiles import CHEAPEST
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from engine import bootstrap
from engine.bootstrap import Deployed
from engine.services.users import hasher

PRODUCTION_COST = (hasher.time_cost, hasher.memory_cost)
"""What a password costs outside the tests: rounds, and KiB of memory."""


@contextmanager
def practised() -> Iterator[None]:
    """Parse equal files once, compile a template once, and hash passwords at the lowest price."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(bootstrap, "parse_deployed", _parser()))
        options = {**Flask.jinja_options, "bytecode_cache": _Compiled()}
        stack.enter_context(patch.object(Flask, "jinja_options", options))
        stack.enter_context(patch.object(hasher, "_parameters", CHEAPEST))
        yield


def _parser() -> Any:
    """A parser that remembers; the files themselves are the key."""
    known: dict[Any, Deployed] = {}
    parse = bootstrap.parse_deployed

    def parse_once(files: Mapping[str, bytes], *, set_id: int, version: int, digest: str) -> Deployed:
        key = (set_id, version, digest, *sorted(files.items()))
        if key not in known:
            known[key] = parse(files, set_id=set_id, version=version, digest=digest)
        return known[key]

    return parse_once


class _Compiled(BytecodeCache):
    """Compiled templates of every console in this process; jinja itself checks that the source is the same."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (code := self._code.get(bucket.key)) is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()
