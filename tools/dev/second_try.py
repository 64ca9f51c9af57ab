"""Tests that failed beside thousands of others are asked once more, alone, and named if they pass then.

A few tests wait for other processes, and on a machine that stands still for seconds one of ten thousand may wait too short. That is
a fault of that test, to be mended; it says nothing of the program. What is wrong with the program fails alone too.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from dev.machine import PRIVATE, ROOT, openly, say

FEW = 3
"""More than this many failures are no chance: they count as they are."""
_FAILED = 1


def try_twice(name: str, pytest: Sequence[str], parallel: Sequence[str], env: dict[str, str], *, root: Path = ROOT) -> int:
    """Run tests, and once more, one after the other, those few that failed. Gives pytest's exit code: of the second run if there is one.

    `name` is of the step, for what it remembers; `parallel` are the options of the first run alone.
    """
    memory = (PRIVATE if root == ROOT else root) / "tried" / name.replace(" ", "-")
    failures = memory / "v" / "cache" / "lastfailed"
    failures.unlink(missing_ok=True)
    command = [*pytest, "-o", f"cache_dir={memory}"]
    code = openly([*command, *parallel], cwd=root, env=env)
    failed = _read(failures) if code == _FAILED else []
    if not 0 < len(failed) <= FEW:
        return code
    say(f"\n── {len(failed)} failed beside others; once more, alone")
    code = openly([*command, "--last-failed", "--last-failed-no-failures", "none"], cwd=root, env=env)
    if code == 0:
        say("\n".join(["⚠ unsteady, to be mended: failed beside others, passed alone", *(f"  {one}" for one in failed)]))
    return code


def _read(failures: Path) -> list[str]:
    return sorted(json.loads(failures.read_text(encoding="utf-8"))) if failures.exists() else []
