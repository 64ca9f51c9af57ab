"""Tests that failed beside thousands of others are asked once more, alone, and named if they pass then.

A few tests wait for other processes, and on a machine that stands still for seconds one of ten thousand may wait too short. That is
a fault of that test, to be mended; it says nothing of the program. What is wrong with the program fails alone too.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from dev.machine import say

FEW = 3
"""More than this many failures are no chance: they count as they are."""
_FAILED = 1


def try_twice(
    run: Callable[[Sequence[str]], int], pytest: Sequence[str], marks: str, *, beside: Sequence[str], memory: Path
) -> int:
    """Run the tests of these marks with the options `beside`, and once more, one after the other, those few that failed.

    Gives pytest's exit code: of the second run if there is one. `memory` is a folder in which pytest keeps what failed.
    """
    failures = memory / "v" / "cache" / "lastfailed"
    failures.unlink(missing_ok=True)
    command = [*pytest, "-o", f"cache_dir={memory}"]
    code = run([*command, *beside, "-m", marks])
    failed = _read(failures) if code == _FAILED else []
    if not 0 < len(failed) <= FEW:
        return code
    say(f"\n── {len(failed)} failed beside others; once more, alone")
    code = run([*command, "--last-failed", "--last-failed-no-failures", "none", "-m", marks])
    if code == 0:
        say("\n".join(["⚠ unsteady, to be mended: failed beside others, passed alone", *(f"  {one}" for one in failed)]))
    return code


def _read(failures: Path) -> list[str]:
    return sorted(json.loads(failures.read_text(encoding="utf-8"))) if failures.exists() else []
