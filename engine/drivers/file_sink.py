"""The file driver: one JSON line for each message (architecture.md §6.6)."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path

from engine.drivers.port import Letter, NotSent


class FileSink:
    """Appends to one file that several processes may share; the file itself knows which keys left."""

    honours_keys = True

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, key: str) -> str | None:
        """Return a receipt if the file holds a line with *key*."""
        with suppress(FileNotFoundError), self.path.open("rb") as lines:
            if any(_key_of(line) == key for line in lines if key.encode() in line):
                return _receipt(key)
        return None

    def send(self, letter: Letter) -> str:
        """Append one line, in one write; a message that may have left before is looked up first.

        Raises:
            NotSent: the file cannot be written.
        """
        line = {
            "key": letter.key,
            "channel": letter.channel,
            "to": letter.to,
            "text": letter.text,
            "at": letter.at.isoformat(),
        }
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
            with self.path.open("ab+", buffering=0) as sink:
                fcntl.flock(sink, fcntl.LOCK_EX)
                if letter.again and self.find(letter.key):
                    return _receipt(letter.key)
                sink.write(_ending(sink.fileno()) + json.dumps(line, ensure_ascii=False).encode() + b"\n")
        except OSError as error:
            raise NotSent(f"{self.path.name}: {error.strerror}") from error
        return _receipt(letter.key)

    def settle(self) -> None:
        """Bring the file to the disk."""
        with suppress(FileNotFoundError), self.path.open("rb") as sink:
            os.fsync(sink.fileno())


def _ending(descriptor: int) -> bytes:
    """Return the line end that a write cut short by a full disk did not get."""
    size = os.fstat(descriptor).st_size
    return b"\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else b""


def _key_of(line: bytes) -> str | None:
    try:
        return str(json.loads(line)["key"])
    except (ValueError, KeyError, TypeError):
        return None  # a line cut short


def _receipt(key: str) -> str:
    return f"file:{key}"[:64]
