"""Chromium and Chinese fonts for the browser tests: found, installed by apt where we may, or missed aloud."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from dev.machine import StepFailed, quietly, say

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PACKAGES = ["chromium", "fonts-noto-cjk"]
_FONTS = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


def find_chromium(which: Callable[[str], str | None] = shutil.which) -> str | None:
    """Where a Chromium is: CHROMIUM, else one of its usual names on the PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(which, _NAMES)), None)


def ensure_browser(env: dict[str, str]) -> str | None:
    """The path of Chromium, installed when this is Debian or Ubuntu and we are root; None, and a visible line, otherwise."""
    apt = shutil.which("apt-get")
    may_install = bool(apt) and hasattr(os, "geteuid") and os.geteuid() == 0
    if apt and may_install and not (find_chromium() and _FONTS.exists()):
        _install(apt, env)
    found = find_chromium()
    if not found:
        say("  ! No Chromium here: the browser tests are skipped. To run them: sudo apt-get install " + " ".join(_PACKAGES))
    return found


def _install(apt: str, env: dict[str, str]) -> None:
    quiet = {**env, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        quietly("package lists of the system", [apt, "update"], fix="", env=quiet)
        quietly("Chromium and Chinese fonts", [apt, "install", "-y", "--no-install-recommends", *_PACKAGES], fix="", env=quiet)
    except StepFailed as problem:
        say(f"  ! {problem}")
