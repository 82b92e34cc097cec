"""Processes that are born with the program imported: one more death costs no two seconds of imports."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_births = multiprocessing.get_context("forkserver")
_births.set_forkserver_preload(["engine.api", "engine.cli", "engine.scheduler"])


class Child:
    """A process that runs Python code as ``python -c`` would; what it prints can be read when it has ended."""

    def __init__(self, code: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="child-")
        self._paths = [str(Path(self._home.name) / name) for name in ("stdout", "stderr")]
        born = (code, list(arguments), dict(environment), self._paths)
        self._process = _births.Process(target=_live, args=born)
        self._process.start()

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Wait for its end and return what it printed on stdout and on stderr.

        Raises:
            TimeoutError: it still runs after *timeout* seconds; it is killed.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            self._process.kill()
            raise TimeoutError(f"a process did not end within {timeout} s")
        said, complained = (Path(path).read_text(encoding="utf-8") for path in self._paths)
        self._home.cleanup()
        return said, complained

    def words(self, timeout: float) -> list[str]:
        """Wait for its end and return what it printed on stdout, word by word."""
        return self.communicate(timeout)[0].split()

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative after a signal; None while it runs."""
        return self._process.exitcode


def _live(code: str, arguments: list[str], environment: dict[str, str], paths: list[str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate(paths, start=1):
        with Path(path).open("w", encoding="utf-8") as file:
            os.dup2(file.fileno(), number)
    sys.argv = ["-c", *arguments]
    exec(compile(code, "<child>", "exec"), {"__name__": "__main__"})
