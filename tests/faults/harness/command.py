"""`./dev faults`: every fault of the catalogue, the long ones too, and the page that says what came of each."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from faults.harness import report
from faults.harness.catalogue import CASES
from faults.harness.guard import Guard
from faults.harness.promises import VARIABLE as PROMISES
from faults.harness.seeds import VARIABLE

ROOT = Path(__file__).resolve().parents[3]
NO_TESTS = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit status: 0 all passed, 1 something did not, 2 not understood."""
    parser = argparse.ArgumentParser(prog="./dev faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=90, help="begin nothing new after so many (90)")
    parser.add_argument("--seed", type=int, help="the seed of an earlier run, to run it again")
    parser.add_argument("--only", default="", help="these cases, with commas: F-S1,F-S5")
    parser.add_argument("--report", default=str(ROOT / "docs/trust/faults.md"), help="the page to write")
    given = parser.parse_args(arguments)
    unknown = set(filter(None, given.only.split(","))) - CASES.keys()
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    if given.seed is not None:
        os.environ[VARIABLE] = str(given.seed)
    os.environ[PROMISES] = "1"
    os.chdir(ROOT)
    # Whoever is told to end ends as by Ctrl-C: the case under way tidies up, and the page says what was reached.
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    options = [
        "-q",
        "-m",
        "fault",
        "-o",
        "console_output_style=classic",
        f"--faults-minutes={given.minutes}",
        f"--faults-only={given.only}",
        f"--faults-report={given.report}",
    ]
    return 0 if pytest.main(options, plugins=[report, Guard()]) in {0, NO_TESTS} else 1


if __name__ == "__main__":
    sys.exit(main())
