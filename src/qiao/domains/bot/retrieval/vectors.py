"""Rows of vectors that only ever grow, shared by one index and the next.

A version sees the first `count` rows of a buffer. Adding writes behind the last row when this version owns the end of the
buffer, and copies otherwise; what another version sees is never overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from qiao.kit.arrays import DTypeLike, NDArray, np

_GROWTH = 1.5
_WRITING = Lock()


class _Buffer:
    def __init__(self, dimensions: int, capacity: int, dtype: DTypeLike) -> None:
        self.rows = np.zeros((capacity, dimensions), dtype=dtype)
        self.used = 0


class Rows:
    """Vectors by row number; a row may be absent. Half precision, except where `exact` asks for single."""

    def __init__(self, buffer: _Buffer, present: NDArray[np.bool_]) -> None:
        self._buffer = buffer
        self.present = present
        self.count = len(present)

    @classmethod
    def of(cls, vectors: Sequence[NDArray[np.float32] | None], *, exact: bool = False) -> Rows:
        """Rows numbered as in `vectors`. All vectors are of one length."""
        empty = cls(_Buffer(0, 0, np.float32 if exact else np.float16), np.zeros(0, dtype=np.bool_))
        return empty.with_added(vectors)

    def with_added(self, vectors: Sequence[NDArray[np.float32] | None]) -> Rows:
        """These rows and `vectors` behind them."""
        dimensions = next((len(vector) for vector in vectors if vector is not None), self._buffer.rows.shape[1])
        total = self.count + len(vectors)
        with _WRITING:
            buffer = self._buffer
            if buffer.used != self.count or total > len(buffer.rows) or buffer.rows.shape[1] != dimensions:
                buffer = self._copied(dimensions, total)
            for row, vector in enumerate(vectors, start=self.count):
                buffer.rows[row] = 0 if vector is None else vector
            buffer.used = total
        added = np.fromiter((vector is not None for vector in vectors), dtype=np.bool_, count=len(vectors))
        return Rows(buffer, np.concatenate([self.present, added]))

    def _copied(self, dimensions: int, total: int) -> _Buffer:
        capacity = total if self.count == 0 else int(total * _GROWTH)
        buffer = _Buffer(dimensions, capacity, self._buffer.rows.dtype)
        if self._buffer.rows.shape[1] == dimensions:
            buffer.rows[: self.count] = self._buffer.rows[: self.count]
        return buffer

    def dot(self, vector: NDArray[np.float32], rows: NDArray[np.intp] | None = None) -> NDArray[np.float32]:
        """The product of each row, or of `rows`, with `vector`. Absent rows give 0."""
        part = self._buffer.rows[: self.count] if rows is None else self._buffer.rows[rows]
        if part.shape[1] != len(vector):
            return np.zeros(len(part), dtype=np.float32)
        return part.astype(np.float32, copy=False) @ vector

    def get(self, row: int) -> NDArray[np.float32] | None:
        return self._buffer.rows[row].astype(np.float32) if self.present[row] else None

    @property
    def nbytes(self) -> int:
        return int(self._buffer.rows.nbytes + self.present.nbytes)
