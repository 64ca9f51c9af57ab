"""Other people's servers, started for the comparison where they are installed. Nothing is installed from here."""

import contextlib
import shutil
import socket
from collections.abc import Generator
from pathlib import Path

from bench.drive import Started, folder, free_port
from bench.processes import child_environment, running, wait_until

_NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
_NGINX = """\
daemon off;
user root;
worker_processes 1;
pid {at}/nginx.pid;
error_log {at}/server.log;
load_module {module};
events {{ worker_connections 8192; }}
http {{
  access_log off;
  server {{
    listen 127.0.0.1:{port};
    keepalive_requests 10000000;
    nchan_message_buffer_length 1;
    location = /sub {{ nchan_subscriber websocket; nchan_channel_id room; nchan_subscriber_first_message newest; }}
    location = /pub {{ nchan_publisher; nchan_channel_id room; }}
  }}
}}
"""
_EJABBERD = """\
hosts: [localhost]
loglevel: error
auth_method: anonymous
anonymous_protocol: sasl_anon
allow_multiple_connections: true
listen:
  - {{ port: {port}, ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: 65536, shaper: none, access: all }}
shaper_rules: {{}}
modules:
  mod_muc:
    access: all
    access_create: all
    history_size: 0
    max_users: 5000
    max_users_presence: 5
    default_room_options: {{ max_users: 5000, presence_broadcast: [] }}
"""


def nchan_is_there() -> bool:
    """Nginx with the nchan module (Debian: nginx-light, libnginx-mod-nchan)."""
    return shutil.which("nginx") is not None and _NCHAN.exists()


def ejabberd_is_there() -> bool:
    """Ejabberd and Erlang (Debian: ejabberd)."""
    return shutil.which("erl") is not None and _ejabberd_code() is not None


def _ejabberd_code() -> Path | None:
    found = sorted(Path("/usr/lib").glob("*/ejabberd-*/ebin"))
    return found[0] if found else None


def listens(port: int) -> bool:
    """True when somebody accepts connections there."""
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def nchan() -> Generator[Started]:
    """Nginx with one worker."""
    with folder() as at:
        port, settings, log = free_port(), at / "nginx.conf", at / "server.log"
        settings.write_text(_NGINX.format(at=at, module=_NCHAN, port=port))
        log.touch()
        with running(["nginx", "-c", str(settings), "-p", str(at)], log) as process:
            taken = wait_until(lambda: listens(port), process, log)
            yield Started(process.pid, port, taken, log)


@contextlib.contextmanager
def ejabberd() -> Generator[Started]:
    """Ejabberd without its service, without Erlang's distribution."""
    with folder() as at:
        port, settings, log = free_port(), at / "ejabberd.yml", at / "server.log"
        settings.write_text(_EJABBERD.format(port=port))
        log.touch()
        environment = child_environment(
            EJABBERD_CONFIG_PATH=str(settings),
            EJABBERD_LOG_PATH=str(at / "ejabberd.log"),
            HOME=str(at),
            ERL_CRASH_DUMP=str(at / "crash"),
        )
        command = [
            "erl",
            "-noinput",
            "-noshell",
            "-pa",
            str(_ejabberd_code()),
            "-mnesia",
            "dir",
            f'"{at}/mnesia"',
            "+P",
            "250000",
        ]
        with running([*command, "-s", "ejabberd"], log, environment) as process:
            taken = wait_until(lambda: listens(port), process, log)
            yield Started(process.pid, port, taken, log)
