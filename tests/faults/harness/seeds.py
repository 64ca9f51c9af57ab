"""The seed of a run: given, or made once and printed."""

import os
import secrets

VARIABLE = "QIAO_SKIP_FAULTS_SEED"
"""`QIAO_SKIP_`, because the program refuses settings that it does not know."""


def seed() -> int:
    """The same for a whole run; `./dev faults --seed N` gives it."""
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = str(secrets.randbelow(1_000_000_000))
    return int(os.environ[VARIABLE])
