"""Dovecot and Postfix for the tests that want a mail server written by others: installed by apt where we may, or missed aloud."""

import os
import shutil
from pathlib import Path

from dev.machine import StepFailed, quietly, say

_PACKAGES = ["dovecot-imapd", "dovecot-lmtpd", "postfix"]
_PROGRAMS = (Path("/usr/sbin/dovecot"), Path("/usr/lib/dovecot/lmtp"), Path("/usr/sbin/postfix"))
_POLICY = Path("/usr/sbin/policy-rc.d")


def has_mail_servers() -> bool:
    """Whether both are here."""
    return all(one.exists() for one in _PROGRAMS)


def ensure_mail_servers(env: dict[str, str]) -> bool:
    """True when both are here, installed when this is Debian or Ubuntu and we are root; a visible line otherwise."""
    apt = shutil.which("apt-get")
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if apt and is_root and not has_mail_servers():
        install_held_back("mail servers", [apt, "install", "-y", "--no-install-recommends", *_PACKAGES], env)
    if not (has_mail_servers() and is_root):
        say("  ! No mail servers to start: their tests are skipped. To run them, as root: apt-get install " + " ".join(_PACKAGES))
    return has_mail_servers() and is_root


def install_held_back(what: str, command: list[str], env: dict[str, str]) -> None:
    """Install packages of the system without starting what is in them; a failure is said and stops nothing."""
    quiet = {**env, "DEBIAN_FRONTEND": "noninteractive"}
    # Debian starts what it installs; these are started by the tests alone, in folders of their own.
    is_ours = not _POLICY.exists()
    if is_ours:
        _POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
        _POLICY.chmod(0o755)
    try:
        quietly("package lists of the system", [command[0], "update"], fix="", env=quiet)
        quietly(what, command, fix="", env=quiet)
    except StepFailed as problem:
        say(f"  ! {problem}")
    finally:
        if is_ours:
            _POLICY.unlink(missing_ok=True)
