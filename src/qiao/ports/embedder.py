"""Sentence vectors for the meaning of short texts."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


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
        """One L2-normalised row a text, shape (len(texts), dimensions). Deterministic; safe to repeat."""
        ...
