"""Shares with their uncertainty. Pure.

Sources: E. B. Wilson, JASA 22 (1927), the score interval of one share; R. G. Newcombe, Statistics in Medicine 17 (1998), method 10,
the interval of a difference between two independent shares made of two score intervals.
"""

from math import sqrt

from msgspec import Struct

Z_95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution: intervals hold in 95 of 100 cases."""


class Share(Struct, frozen=True, kw_only=True):
    """`hits` of `n`. `value` is None without cases; `low` and `high` bound the true share with 95 % confidence."""

    hits: int
    n: int
    value: float | None
    low: float
    high: float


class Difference(Struct, frozen=True, kw_only=True):
    """The second share less the first, with its 95 % interval. `sure`: the interval does not hold zero."""

    value: float | None
    low: float
    high: float
    sure: bool


def share(hits: int, n: int) -> Share:
    """A share with its Wilson interval. Raises ValueError unless 0 <= hits <= n."""
    if not 0 <= hits <= n:
        raise ValueError("hits are among the cases")
    if not n:
        return Share(hits=0, n=0, value=None, low=0.0, high=1.0)
    value, square = hits / n, Z_95**2
    middle = (value + square / (2 * n)) / (1 + square / n)
    half = Z_95 / (1 + square / n) * sqrt(value * (1 - value) / n + square / (4 * n * n))
    low = 0.0 if not hits else max(0.0, middle - half)
    high = 1.0 if hits == n else min(1.0, middle + half)
    return Share(hits=hits, n=n, value=value, low=low, high=high)


def difference(first: Share, second: Share) -> Difference:
    """How much larger `second` is, by Newcombe's method 10. Without cases on a side nothing is known: -1 to 1."""
    if first.value is None or second.value is None:
        return Difference(value=None, low=-1.0, high=1.0, sure=False)
    gap = second.value - first.value
    low = gap - sqrt((second.value - second.low) ** 2 + (first.high - first.value) ** 2)
    high = gap + sqrt((second.high - second.value) ** 2 + (first.value - first.low) ** 2)
    return Difference(value=gap, low=max(-1.0, low), high=min(1.0, high), sure=low > 0 or high < 0)
