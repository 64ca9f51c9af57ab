"""A step between Qiao and the server, run as a script: drops root, asks to be stopped with its parent, becomes PostgreSQL.

Arguments: the parent's pid, the uid and gid to become (or `-`), then the program and its arguments. The system forgets the
wish to be signalled when the account changes, so it comes after that. It imports nothing of Qiao's.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def _become(uid: str, gid: str) -> None:
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))


def _stop_with(parent: int) -> None:
    """SIGINT is PostgreSQL's fast and clean shutdown. Systems other than Linux lack this; the next start stops the leftover."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the parent is gone")


def main() -> None:
    """Never returns: the process becomes the server."""
    parent, uid, gid, *command = sys.argv[1:]
    os.umask(0o077)
    _become(uid, gid)
    _stop_with(int(parent))
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
