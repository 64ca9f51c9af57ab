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
_SKETCHED_FROM = 4_096
_SKETCHED = 96
_EXACT = 256


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


class Sketch:
    """Many rows along the few directions in which they differ most: what a look at all of them reads instead of all their numbers."""

    def __init__(self, basis: NDArray[np.float32], capacity: int) -> None:
        self.basis = basis
        self.buffer = _Buffer(basis.shape[1], capacity, np.float32)

    @classmethod
    def of(cls, rows: _Buffer, count: int) -> Sketch:
        """Of the first rows of a buffer. Principal components of at most some thousand of them (Pearson 1901)."""
        seen = rows.read(slice(0, count, max(1, count // _SKETCHED_FROM)))
        directions = np.linalg.eigh((seen.T @ seen).astype(np.float64))[1][:, ::-1][:, :_SKETCHED]
        return cls(directions.astype(np.float32), len(rows.rows)).extended(rows, (0, count))

    def extended(self, rows: _Buffer, added: tuple[int, int], *, copied: bool = False) -> Sketch:
        """With some rows more, written behind the others, or behind a copy of them as their buffer was copied."""
        sketch, (start, end) = self, added
        if copied:
            sketch = Sketch(self.basis, len(rows.rows))
            sketch.buffer.rows[:start] = self.buffer.rows[:start]
        for at in range(start, end, _AT_A_TIME):
            part = slice(at, min(at + _AT_A_TIME, end))
            sketch.buffer.rows[part] = rows.read(part) @ self.basis
        return sketch


class Rows:
    """Vectors by row number; a row may be absent. In whole numbers, except where `exact` asks for single precision.

    `exact` is for rows that are all looked at for each question. From 4,096 on they are sketched and not exact: the nearest few
    hundred are, the others' cosines are about right.
    """

    def __init__(
        self,
        buffer: _Buffer,
        present: NDArray[np.bool_],
        damper: Damper | None = None,
        scale: NDArray[np.float32] | None = None,
        sketch: Sketch | None = None,
    ) -> None:
        self._buffer = buffer
        self._sketch = sketch
        self._damper = damper
        self._scale = scale
        self.present = present
        self.count = len(present)

    @classmethod
    def of(cls, vectors: Sequence[NDArray[np.float32] | None], *, exact: bool = False) -> Rows:
        """Rows numbered as in `vectors`. All vectors are of one length."""
        sketched = exact and len(vectors) >= _SKETCHED_FROM
        empty = cls(_Buffer(0, 0, np.float32 if exact and not sketched else np.int8), np.zeros(0, dtype=np.bool_))
        rows = empty.with_added(vectors)
        return rows.sketched() if sketched and rows.present.any() else rows

    def sketched(self) -> Rows:
        """The same rows with a sketch to look at all of them by."""
        return Rows(self._buffer, self.present, self._damper, self._scale, Sketch.of(self._buffer, self.count))

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
            sketch = self._sketch and self._sketch.extended(buffer, (self.count, total), copied=buffer is not self._buffer)
        added = np.fromiter((vector is not None for vector in vectors), dtype=np.bool_, count=len(vectors))
        rows = Rows(buffer, np.concatenate([self.present, added]), sketch=sketch)
        return rows if self._damper is None else rows.damped(self._damper, self._scale)

    def damped(self, damper: Damper | None, known: NDArray[np.float32] | None = None) -> Rows:
        """The same rows measured through `damper`. `known` are lengths already computed of the first rows, with this damper."""
        if damper is None:
            return Rows(self._buffer, self.present, sketch=self._sketch)
        done = np.zeros(0, dtype=np.float32) if known is None else known
        starts = range(len(done), self.count, _AT_A_TIME)
        parts = [damper.shrunk(self._buffer.read(slice(start, min(start + _AT_A_TIME, self.count)))) for start in starts]
        return Rows(self._buffer, self.present, damper, np.concatenate([done, *parts]), self._sketch)

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
        sought = vector if self._damper is None else self._damper.question(vector)
        scale = 1 if self._scale is None else self._scale[which]
        if self._sketch is None or rows is not None:
            return self._buffer.times(which, sought) * scale
        found = self._sketch.buffer.times(which, sought @ self._sketch.basis) * scale
        nearest = np.argpartition(found, -_EXACT)[-_EXACT:]
        found[nearest] = self.dot(vector, nearest)
        return found

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
        sketch = self._sketch.buffer.rows.nbytes if self._sketch is not None else 0
        return int(self._buffer.rows.nbytes + self._buffer.sizes.nbytes + self.present.nbytes + scale + sketch)
