r"""A subset of regular expressions that an editor may write and that cannot be made to run long. Pure.

Allowed: literals, `.`, classes like `[A-Z0-9-]`, `\d \w \s`, and one counted repetition of a single such thing: `?`, `{n}`, `{n,m}`
with m <= 64. Also alternatives of whole patterns with `|`. No groups, no `*`, no `+`, no references: with repetitions of single
characters, bounded in number and length, backtracking is bounded too.
"""

import re
from functools import lru_cache

from qiao.kit.lazy import lazy_pattern

MAX_PATTERN = 200
_MAX_REPEATS = 3
_MAX_COUNT = 64
_ATOM = lazy_pattern(r"\\[dwsDWS.\-+*?()\[\]{}|^$/\\]|\[\^?(?:\\[dws\]\\^-]|[^\[\]\\])+\]|[^\\\[\](){}*+?|^$]")
_COUNT = lazy_pattern(r"\?|\{(\d{1,2})(?:,(\d{1,2}))?\}")


def pattern_fault(pattern: str) -> str | None:
    """Why a pattern is not allowed; None when it is."""
    if len(pattern) > MAX_PATTERN:
        return "the pattern is too long"
    repeats = 0
    for part in pattern.removeprefix("^").removesuffix("$").split("|"):
        found = _repeats(part)
        if found is None:
            return "only single characters, classes and counted repetitions {n,m} are allowed, no groups, * or +"
        repeats += found
    if repeats > _MAX_REPEATS:
        return f"at most {_MAX_REPEATS} repetitions of changing length"
    try:
        lazy_pattern(pattern)
    except re.error as error:
        return f"the pattern cannot be read: {error}"
    return None


def fits(pattern: str, value: str) -> bool:
    """Whether the whole value fits. A pattern that is not allowed fits nothing."""
    compiled = _compiled(pattern)
    return compiled is not None and compiled.fullmatch(value[:500]) is not None


@lru_cache(maxsize=500)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    return lazy_pattern(pattern) if pattern_fault(pattern) is None else None


def _repeats(part: str) -> int | None:
    """How many repetitions of changing length a pattern without alternatives has; None when something in it is not allowed."""
    at, repeats = 0, 0
    while at < len(part):
        atom = _ATOM.match(part, at)
        if atom is None:
            return None
        at = atom.end()
        count = _COUNT.match(part, at)
        if count is not None:
            low, high = int(count[1] or 0), int(count[2] or count[1] or 1)
            if not 0 <= low <= high <= _MAX_COUNT:
                return None
            repeats += low != high
            at = count.end()
    return repeats
