"""nginx for the tests that put two nodes behind a real proxy: installed by apt where we may, or missed aloud."""

import os
import shutil

from dev.machine import say
from dev.mail_servers import install_held_back

_PLACES = "/usr/sbin:/usr/bin:/usr/local/bin"


def ensure_nginx(env: dict[str, str]) -> bool:
    """True when it is here, installed when this is Debian or Ubuntu and we are root; a visible line otherwise."""
    apt = shutil.which("apt-get")
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if apt and is_root and not shutil.which("nginx", path=_PLACES):
        install_held_back("nginx", [apt, "install", "-y", "--no-install-recommends", "nginx-light"], env)
    found = shutil.which("nginx", path=_PLACES) is not None
    if not found:
        say("  ! No nginx: the tests behind a proxy are skipped. To run them, as root: apt-get install nginx-light")
    return found
