"""Rows of vectors that only ever grow, shared by one index and the next.

A version sees the first `count` rows of a buffer. Adding writes behind the last row when this version owns the end of the
buffer, and copies otherwise; what another version sees is never overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

from qiao.domains.bot.retrieval.tuning import Damping
from qiao.kit.arrays import DTypeLike, NDArray, np

_GROWTH = 1.5
_WRITING = Lock()
_AT_A_TIME = 16_384
_SMALLEST = 1e-3
_LEVELS = 127.0


class Damper:
    """Cosines after damping, with rows stored as they were: the question is damped twice, a row's new length kept beside it."""

    def __init__(self, damping: Damping) -> None:
        self._basis = damping.basis()
        kept = 1 - np.asarray(damping.strengths, dtype=np.float32)
        self._once: NDArray[np.float32] = np.subtract(1, kept, dtype=np.float32)
        self._twice: NDArray[np.float32] = np.subtract(1, kept**2, dtype=np.float32)

    def question(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """What to multiply rows with, for cosines once each is divided by its length."""
        if len(vector) != self._basis.shape[1]:
            return vector
        parts = self._basis @ vector
        length = float(np.linalg.norm(vector - (parts * self._once) @ self._basis))
        return np.divide(vector - (parts * self._twice) @ self._basis, max(length, _SMALLEST), dtype=np.float32)

    def shrunk(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """One over the length of each unit row after damping."""
        if rows.shape[1] != self._basis.shape[1]:
            return np.ones(len(rows), dtype=np.float32)
        lost = (rows @ self._basis.T) ** 2 @ self._twice
        return np.divide(1, np.sqrt(np.maximum(1 - lost, _SMALLEST)), dtype=np.float32)


class _Buffer:
    """Rows as they are stored: single precision, or whole numbers from -127 to 127 times a size of each row."""

    def __init__(self, dimensions: int, capacity: int, dtype: DTypeLike) -> None:
        self.rows = np.zeros((capacity, dimensions), dtype=dtype)
        self.sizes = np.ones(0 if self.exact else capacity, dtype=np.float32)
        self.used = 0

    @property
    def exact(self) -> bool:
        return self.rows.dtype == np.float32

    def put(self, at: int, vectors: Sequence[NDArray[np.float32] | None]) -> None:
        none = np.zeros(self.rows.shape[1], dtype=np.float32)
        for start in range(0, len(vectors), _AT_A_TIME):
            part = np.stack([none if vector is None else vector for vector in vectors[start : start + _AT_A_TIME]])
            place = slice(at + start, at + start + len(part))
            if self.exact:
                self.rows[place] = part
            else:
                self.rows[place], self.sizes[place] = _rounded(part)

    def read(self, which: Any) -> NDArray[np.float32]:
        part = self.rows[which].astype(np.float32, copy=False)
        return part if self.exact else part * self.sizes[which, None]

    def times(self, which: Any, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        found = self.rows[which].astype(np.float32, copy=False) @ vector
        return found if self.exact else found * self.sizes[which]


def _rounded(rows: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    sizes = np.maximum(np.abs(rows).max(axis=1, initial=0), _SMALLEST) / _LEVELS
    return np.rint(rows / sizes[:, None]).astype(np.int8), sizes.astype(np.float32)


def as_stored(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows as they come out again where they are not stored exactly."""
    whole, sizes = _rounded(rows)
    return whole.astype(np.float32) * sizes[:, None]


class Rows:
    """Vectors by row number; a row may be absent. In whole numbers, except where `exact` asks for single precision."""

    def __init__(
        self,
        buffer: _Buffer,
        present: NDArray[np.bool_],
        damper: Damper | None = None,
        scale: NDArray[np.float32] | None = None,
    ) -> None:
        self._buffer = buffer
        self._damper = damper
        self._scale = scale
        self.present = present
        self.count = len(present)

    @classmethod
    def of(cls, vectors: Sequence[NDArray[np.float32] | None], *, exact: bool = False) -> Rows:
        """Rows numbered as in `vectors`. All vectors are of one length."""
        empty = cls(_Buffer(0, 0, np.float32 if exact else np.int8), np.zeros(0, dtype=np.bool_))
        return empty.with_added(vectors)

    def with_added(self, vectors: Sequence[NDArray[np.float32] | None]) -> Rows:
        """These rows and `vectors` behind them."""
        dimensions = next((len(vector) for vector in vectors if vector is not None), self._buffer.rows.shape[1])
        total = self.count + len(vectors)
        with _WRITING:
            buffer = self._buffer
            if buffer.used != self.count or total > len(buffer.rows) or buffer.rows.shape[1] != dimensions:
                buffer = self._copied(dimensions, total)
            buffer.put(self.count, vectors)
            buffer.used = total
        added = np.fromiter((vector is not None for vector in vectors), dtype=np.bool_, count=len(vectors))
        rows = Rows(buffer, np.concatenate([self.present, added]))
        return rows if self._damper is None else rows.damped(self._damper, self._scale)

    def damped(self, damper: Damper | None, known: NDArray[np.float32] | None = None) -> Rows:
        """The same rows measured through `damper`. `known` are lengths already computed of the first rows, with this damper."""
        if damper is None:
            return Rows(self._buffer, self.present)
        done = np.zeros(0, dtype=np.float32) if known is None else known
        starts = range(len(done), self.count, _AT_A_TIME)
        parts = [damper.shrunk(self._buffer.read(slice(start, min(start + _AT_A_TIME, self.count)))) for start in starts]
        return Rows(self._buffer, self.present, damper, np.concatenate([done, *parts]))

    def _copied(self, dimensions: int, total: int) -> _Buffer:
        capacity = total if self.count == 0 else int(total * _GROWTH)
        buffer = _Buffer(dimensions, capacity, self._buffer.rows.dtype)
        if self._buffer.rows.shape[1] == dimensions:
            buffer.rows[: self.count] = self._buffer.rows[: self.count]
            buffer.sizes[: self.count] = self._buffer.sizes[: self.count]
        return buffer

    def dot(self, vector: NDArray[np.float32], rows: NDArray[np.intp] | None = None) -> NDArray[np.float32]:
        """The cosine of each row, or of `rows`, with `vector`, a unit row. Absent rows give 0."""
        which = slice(self.count) if rows is None else rows
        if self._buffer.rows.shape[1] != len(vector):
            return np.zeros(len(self.present[which]), dtype=np.float32)
        if self._damper is None or self._scale is None:
            return self._buffer.times(which, vector)
        return self._buffer.times(which, self._damper.question(vector)) * self._scale[which]

    def cosine(self, one: NDArray[np.float32], vector: NDArray[np.float32]) -> float:
        """The cosine of a unit row that is not stored, measured as the stored ones are."""
        if self._damper is None:
            return float(one @ vector)
        return float(one @ self._damper.question(vector) * self._damper.shrunk(one[None])[0])

    def get(self, row: int) -> NDArray[np.float32] | None:
        return self._buffer.read([row])[0] if self.present[row] else None

    @property
    def nbytes(self) -> int:
        scale = self._scale.nbytes if self._scale is not None else 0
        return int(self._buffer.rows.nbytes + self._buffer.sizes.nbytes + self.present.nbytes + scale)
