"""What hundreds of engines and consoles in one test process need not do more than once, or at full price."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from argon2.profiles import CHEAPEST
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine, create_engine, event
from werkzeug.routing import Rule

from engine import bootstrap
from engine.bootstrap import Deployed
from engine.services import publish
from engine.services.users import hasher
from engine.spiff.lint import Finding
from engine.store import session
from engine.store.session import _trust_luck, _tune_sqlite
from tests.support import postgres

PRODUCTION_COST = (hasher.time_cost, hasher.memory_cost)
"""What a password costs outside the tests: rounds, and KiB of memory."""


@contextmanager
def practised() -> Iterator[None]:
    """Parse equal files once, compile templates, statements and routes once, hash passwords at the lowest price."""
    with ExitStack() as stack:
        stack.enter_context(_rarely_collected())
        stack.enter_context(patch.object(session, "create_engine", _connector()))
        stack.enter_context(patch.object(session, "_tune_sqlite", _hurried))
        parser = _parser()
        for user in (bootstrap, publish):
            stack.enter_context(patch.object(user, "parse_deployed", parser))
        stack.enter_context(patch.object(publish, "lint_files", _linter()))
        stack.enter_context(patch.object(Rule, "_compile_builder", _route_compiler()))
        options = {**Flask.jinja_options, "bytecode_cache": _Compiled()}
        stack.enter_context(patch.object(Flask, "jinja_options", options))
        stack.enter_context(patch.object(hasher, "_parameters", CHEAPEST))
        yield


def _parser() -> Any:
    """A parser that remembers; the files themselves are the key."""
    known: dict[Any, Deployed] = {}
    parse = bootstrap.parse_deployed

    def parse_once(
        files: Mapping[str, bytes], *, set_id: int = 0, version: int = 0, digest: str = ""
    ) -> Deployed:
        key = tuple(sorted(files.items()))
        if key not in known:
            known[key] = parse(files)
        return replace(known[key], id=set_id, version=version, digest=digest)

    return parse_once


def _linter() -> Any:
    """A linter for deployments that remembers what it said of the same files."""
    known: dict[Any, list[Finding]] = {}
    lint = publish.lint_files

    def lint_once(files: Mapping[str, bytes], *, root: str | None = None) -> list[Finding]:
        key = (root, *sorted(files.items()))
        if key not in known:
            known[key] = lint(files, root=root)
        return list(known[key])

    return lint_once


def _route_compiler() -> Any:
    """Compile the function that builds the addresses of a route once; it is handed the route at each call."""
    known: dict[Any, Any] = {}
    compile_builder = Rule._compile_builder

    def compile_once(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:  # their converters are called while it is compiled
            return compile_builder(rule, append_unknown)
        key = (rule.rule, append_unknown, *rule._trace)
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    return compile_once


def _connector() -> Any:
    """Make engines that share what SQLAlchemy found out about a kind of server and the statements it compiled.

    Each has its own pool and connections. What one engine alone would do at its first connection (ask the server
    for its version and types) is done by the first of its kind.
    """
    known: dict[str, Engine] = {}

    def connect(url: str, **options: Any) -> Engine:
        kind = url.partition(":")[0]
        if (home := os.environ.get(postgres.HOME)) and home in url:
            options["pool_pre_ping"] = False  # the run's own server stays; one that a test stops is another
        first = known.get(kind)
        if first is None or first.dialect.default_schema_name is None:  # nobody was connected yet
            known[kind] = create_engine(url, query_cache_size=10_000, **options)
            return known[kind]
        engine = create_engine(url, _initialize=False, **options)
        engine.dialect = engine.pool._dialect = first.dialect
        engine._compiled_cache = first._compiled_cache
        if (greet := first.dialect.on_connect_url(engine.url)) is not None:
            event.listen(engine.pool, "connect", lambda connection, _record: greet(connection))
        return engine

    return connect


def _hurried(connection: Any, record: Any) -> None:
    """Prepare a connection as the product does, only that the file need not outlive a crash of the machine."""
    _tune_sqlite(connection, record)
    _trust_luck(connection, record)


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Look for garbage less often: modules and parsed processes stay to the end and need not be walked again."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


class _Compiled(BytecodeCache):
    """Compiled templates of every console in this process; jinja itself checks that the source is the same."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (code := self._code.get(bucket.key)) is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()
