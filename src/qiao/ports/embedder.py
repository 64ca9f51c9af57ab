"""Sentence vectors for the meaning of short texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from qiao.kit.arrays import NDArray, np


class Embedder(Protocol):
    """Turns texts into unit vectors. CPU-bound and synchronous: callers run it in a thread."""

    @property
    def version(self) -> str:
        """Changes whenever vectors of the old and new model must not be compared."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One L2-normalised row a text, shape (len(texts), dimensions). Safe to repeat: the same within 0.01 of cosine."""
        ...
