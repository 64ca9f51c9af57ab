"""A post office that others wrote: Dovecot and Postfix on loopback, in a folder of their own, for as long as the tests last."""

import os
import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

PROGRAMS = ("/usr/sbin/dovecot", "/usr/sbin/postfix", "/usr/lib/dovecot/lmtp")
MISSING = "needs Dovecot and Postfix, and root to start them: apt-get install dovecot-imapd dovecot-lmtpd postfix"
PASSWORD = "an-app-password"

_DOVECOT = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {folder}/dovecot/run
state_dir = {folder}/dovecot/state
log_path = {folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
auth_username_format = %Lu
recipient_delimiter = +
mail_location = maildir:{folder}/mail/%Ln
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%Ln
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {auth}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
"""

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/postfix/queue
data_directory = {folder}/postfix/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.lanting.example
mydestination =
alias_maps =
virtual_mailbox_domains = lanting.example, customers.example
virtual_mailbox_maps = static:anybody
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
recipient_delimiter = +
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
mynetworks = 127.0.0.0/8
default_transport = smtp:[127.0.0.1]:{outside}
smtp_host_lookup = native
disable_dns_lookups = yes
"""

_MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class PostOffice(Struct, frozen=True):
    """Where it listens; `outside` is where mail for other domains is sent to: whoever tests listens there."""

    folder: Path
    imap: int
    smtp: int
    outside: int

    def post(self, raw: bytes, receiver: str, sender: str = "yutong@customers.example") -> None:
        """Hand a letter in, as a stranger does."""
        with smtplib.SMTP("127.0.0.1", self.smtp) as server:
            server.sendmail(sender, [receiver], raw)

    def maildir(self, name: str) -> Path:
        """The folder of a mailbox."""
        return self.folder / "mail" / name


def can_open() -> bool:
    """Whether the programs are here and we may start them."""
    return os.geteuid() == 0 and all(Path(one).exists() for one in PROGRAMS)


@contextmanager
def opened(folder: Path) -> Iterator[PostOffice]:
    """Both servers, until the end of the block."""
    folder.chmod(0o755)
    ports = dict(zip(("imap", "lmtp", "smtp", "auth", "outside"), _free_ports(5), strict=True))
    for one in ("dovecot/run", "dovecot/state", "mail", "postfix/etc", "postfix/queue", "postfix/data"):
        (folder / one).mkdir(parents=True)
    shutil.chown(folder / "mail", "nobody")
    shutil.chown(folder / "postfix/data", "postfix")
    given = {"folder": folder, "password": PASSWORD, **ports}
    (folder / "dovecot.conf").write_text(_DOVECOT.format(**given))
    (folder / "postfix/etc/main.cf").write_text(_MAIN.format(**given))
    (folder / "postfix/etc/master.cf").write_text(_MASTER.format(**given))
    dovecot = subprocess.Popen([PROGRAMS[0], "-F", "-c", folder / "dovecot.conf"])
    _postfix(folder, "start")
    try:
        for port in (ports["imap"], ports["lmtp"], ports["smtp"]):
            _wait_for(port)
        yield PostOffice(folder, ports["imap"], ports["smtp"], ports["outside"])
    finally:
        _postfix(folder, "stop")
        dovecot.terminate()
        dovecot.wait(10)


def _postfix(folder: Path, act: str) -> None:
    subprocess.run([PROGRAMS[1], "-c", folder / "postfix/etc", act], check=False, capture_output=True, timeout=20)


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(port)
