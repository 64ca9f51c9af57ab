"""What all parts of one run share: how long to measure, and one prepared desk."""

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

from bench.drive import Started, desk_running, prepare_desk, until_quiet
from bench.prepare import Desk

T = TypeVar("T")


class Setting:
    """Given to every part. The desk is prepared when the first part asks for it."""

    def __init__(self, at: Path, *, quick: bool) -> None:
        self.quick = quick
        self._at = at
        self._desk: Desk | None = None

    def pick(self, quick: T, full: T) -> T:
        """One of the two."""
        return quick if self.quick else full

    @property
    def visitors(self) -> int:
        """How many customers have a token."""
        return self.pick(600, 5_000)

    def prepared(self) -> tuple[Path, Desk]:
        """The data folder and who may use it."""
        if self._desk is None:
            self._desk = prepare_desk(self._at, self.visitors, self.pick(300, 1_200))
        return self._at, self._desk

    @contextlib.contextmanager
    def desk(self, *, model: str = "off") -> Generator[tuple[Started, Desk]]:
        """A running desk that has read what it reads after its start."""
        at, desk = self.prepared()
        with desk_running(at, model=model) as started:
            until_quiet(started.pid)
            yield started, desk
