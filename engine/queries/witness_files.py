"""The checkpoint files as witnesses: read in order, each believed only when it is truly signed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator

from engine.crypto import is_signed
from engine.domain.chain import Chain
from engine.domain.checkpoint import FIRST, Checkpoint, NotACheckpoint, decode
from engine.domain.tampering import Finding, Tampering
from engine.store.checkpoints import CheckpointFolder


class WitnessFiles:
    """The checkpoints of a folder beside a walk of the history; keeps the first fault of the files.

    ``witnessed`` is the number of the last row that a checkpoint has confirmed so far.
    """

    def __init__(self, folder: CheckpointFolder | None, trusted: Collection[str]) -> None:
        self.folder = folder
        self.trusted = trusted
        self.fault: Finding | None = None
        self.count = 0
        self.newest: Checkpoint | None = None
        self.witnessed = 0
        self._files = self._read()
        self._next = next(self._files, None)

    def is_there(self) -> bool:
        """Whether there is a folder to look into."""
        return self.folder is not None and self.folder.exists()

    def rewritten(self, chain: Chain) -> Finding | None:
        """Compare *chain* with the checkpoints that end with its last row."""
        while self._next is not None and self._next.rows == chain.size:
            made = self._next
            if not made.matches(chain):
                return Finding(Tampering.REWRITTEN, self.witnessed + 1, made.rows, checkpoint=made.number)
            self.witnessed = made.rows
            self._next = next(self._files, None)
        return None

    def cut(self, chain: Chain) -> Finding | None:
        """Say which rows after the end of *chain* the newest checkpoint has seen."""
        self.finish()
        if self.newest is None or self.newest.rows <= chain.size:
            return None
        return Finding(Tampering.CUT, chain.size + 1, self.newest.rows, checkpoint=self.newest.number)

    def finish(self) -> None:
        """Look at the files that no row has asked for, too."""
        for _ in self._files:
            pass

    def compare(self, number: int, digest: str) -> None:
        """See that the checkpoint which the history names last is still there as it was written."""
        if self.folder is None or not self.folder.exists():
            return
        try:
            content = self.folder.read(number)
        except OSError:
            self._blame(Tampering.CHECKPOINT_MISSING, number)
        else:
            if hashlib.sha256(content).hexdigest() != digest:
                self._blame(Tampering.CHECKPOINT_REPLACED, number)

    def _read(self) -> Iterator[Checkpoint]:
        """Yield what is truly signed, in order of number."""
        before, expected, rows = FIRST, 1, 0
        for number in self.folder.numbers() if self.folder is not None else ():
            if number != expected:
                self._blame(Tampering.CHECKPOINT_MISSING, expected)
            content = self._content(number)
            made = self._believed(number, content)
            if made is not None:
                if number == expected and made.previous != before:
                    self._blame(Tampering.CHECKPOINT_REPLACED, max(number - 1, 1))
                self.count, self.newest = self.count + 1, made
                if made.rows >= rows:
                    rows = made.rows
                    yield made
                else:
                    self._blame(Tampering.CHECKPOINT_REPLACED, number)
            before, expected = hashlib.sha256(content).hexdigest(), number + 1

    def _content(self, number: int) -> bytes:
        assert self.folder is not None
        try:
            return self.folder.read(number)
        except OSError:
            return b""  # refused as not signed

    def _believed(self, number: int, content: bytes) -> Checkpoint | None:
        try:
            made = decode(content)
        except NotACheckpoint:
            self._blame(Tampering.CHECKPOINT_FORGED, number)
            return None
        if made.number != number or not is_signed(made.signed(), made.signature, by=made.key):
            self._blame(Tampering.CHECKPOINT_FORGED, number)
            return None
        if made.key not in self.trusted:
            self._blame(Tampering.CHECKPOINT_UNKNOWN_KEY, number, detail=made.key)
            return None
        return made

    def _blame(self, kind: Tampering, number: int, *, detail: str = "") -> None:
        self.fault = self.fault or Finding(kind, checkpoint=number, detail=detail)
