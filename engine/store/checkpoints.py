"""The folder of checkpoint files: numbered, written whole or not at all, never written over."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from engine.domain.checkpoint import Checkpoint

PREFIX, SUFFIX = "checkpoint-", ".json"


class CheckpointFolder:
    """Where checkpoints are kept, outside the database."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        """Whether the folder is there at all; a machine that never wrote one has none."""
        return self.path.is_dir()

    def numbers(self) -> list[int]:
        """Return the numbers of the files that are there, in order."""
        if not self.exists():
            return []
        names = (path.name.removeprefix(PREFIX) for path in self.path.glob(f"{PREFIX}*{SUFFIX}"))
        return sorted(int(digits) for name in names if (digits := name.removesuffix(SUFFIX)).isdigit())

    def file(self, number: int) -> Path:
        """Return the path of the checkpoint with this number."""
        return self.path / f"{PREFIX}{number:08d}{SUFFIX}"

    def read(self, number: int) -> bytes:
        """Return a file's content."""
        return self.file(number).read_bytes()

    def write(self, checkpoint: Checkpoint) -> Path:
        """Store a checkpoint durably; who calls holds the lock of the writer.

        Raises:
            FileExistsError: there is one with its number.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        target = self.file(checkpoint.number)
        if target.exists():
            raise FileExistsError(target)
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            with draft.open("wb") as file:
                file.write(checkpoint.encode())
                file.flush()
                os.fsync(file.fileno())
            draft.chmod(0o444)
            draft.rename(target)
        finally:
            draft.unlink(missing_ok=True)
        _sync_folder(self.path)
        return target


def set_aside(folder: CheckpointFolder) -> None:
    """Give the checkpoints of a history that is no more a place of their own, for a new one to begin; none is lost."""
    if folder.numbers():
        taken = (folder.path / f"former-{number}" for number in count(1))
        place = next(path for path in taken if not path.exists())
        place.mkdir()
        for number in folder.numbers():
            folder.file(number).rename(place / folder.file(number).name)


def _sync_folder(path: Path) -> None:
    """Make the new name itself survive a power loss."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
