"""Processes that are born with the program imported: one more death costs no two seconds of imports."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_births = multiprocessing.get_context("forkserver")
_births.set_forkserver_preload(["engine.api", "engine.scheduler"])


class Child:
    """A process that runs Python code as ``python -c`` would; what it prints can be read when it has ended."""

    def __init__(self, code: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        handle, path = tempfile.mkstemp(prefix="child-")
        os.close(handle)
        self._said = Path(path)
        self._process = _births.Process(target=_live, args=(code, list(arguments), dict(environment), path))
        self._process.start()

    def words(self, timeout: float) -> list[str]:
        """Wait for its end and return what it printed, word by word.

        Raises:
            TimeoutError: it still runs after *timeout* seconds; it is killed.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            self._process.kill()
            raise TimeoutError(f"a process did not end within {timeout} s")
        said = self._said.read_text(encoding="utf-8").split()
        self._said.unlink()
        return said

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative after a signal; None while it runs."""
        return self._process.exitcode


def _live(code: str, arguments: list[str], environment: dict[str, str], path: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    with Path(path).open("w", encoding="utf-8") as said:
        os.dup2(said.fileno(), 1)
    sys.argv = ["-c", *arguments]
    exec(compile(code, "<child>", "exec"), {"__name__": "__main__"})
