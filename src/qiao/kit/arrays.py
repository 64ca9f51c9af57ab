"""Rows of numbers: numpy, imported when the first of them is computed. A desk that only carries messages never pays for it."""

from typing import TYPE_CHECKING

from qiao.kit.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import DTypeLike, NDArray

    Vector = NDArray[np.float32]
else:
    # Only annotations name these, and whoever writes them has them unread (`from __future__ import annotations`).
    np = lazy("numpy")
    DTypeLike = NDArray = Vector = object

__all__ = ["DTypeLike", "NDArray", "Vector", "np"]
