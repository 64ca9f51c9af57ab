"""Times that are promised: asked for by `./dev faults` alone. Elsewhere a test has twenty times as long, whatever else the machine does."""

import os

VARIABLE = "QIAO_SKIP_FAULTS_PROMISES"
"""Set by `./dev faults`."""


def within(seconds: float) -> float:
    """How long what is promised within so many seconds may take here."""
    return seconds if VARIABLE in os.environ else 20 * seconds
