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
        _install(apt, env)
    if not (has_mail_servers() and is_root):
        say("  ! No mail servers to start: their tests are skipped. To run them, as root: apt-get install " + " ".join(_PACKAGES))
    return has_mail_servers() and is_root


def _install(apt: str, env: dict[str, str]) -> None:
    quiet = {**env, "DEBIAN_FRONTEND": "noninteractive"}
    # Debian starts what it installs; these are started by the tests alone, in folders of their own.
    is_ours = not _POLICY.exists()
    if is_ours:
        _POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
        _POLICY.chmod(0o755)
    try:
        quietly("package lists of the system", [apt, "update"], fix="", env=quiet)
        quietly("mail servers", [apt, "install", "-y", "--no-install-recommends", *_PACKAGES], fix="", env=quiet)
    except StepFailed as problem:
        say(f"  ! {problem}")
    finally:
        if is_ours:
            _POLICY.unlink(missing_ok=True)
