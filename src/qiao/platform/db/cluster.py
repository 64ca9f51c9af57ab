"""Making a new cluster whole or not at all, and the settings it runs with."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from qiao.platform.db.folder_errors import DatabaseFolderError, DiskFull, FolderDamaged, WrongVersion, told_plainly
from qiao.platform.db.placement import MAJOR, Place, sync_folder, write_whole

SETTINGS = "qiao.conf"
# Messages in English whatever the machine speaks (they are searched), and no search for the machine's time zone.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
DOORS = "qiao-hba.conf"
_FRESH = "cluster.new-"

_DOORS_TEXT = """\
# Written by Qiao at every start. The socket's folder is private; there is no other way in.
local all all trust
local replication all trust
"""

_SETTINGS_TEXT = """\
# Written by Qiao at every start. Put changes of your own into local.conf beside this file.
listen_addresses = ''
port = 5432
unix_socket_directories = '{run_folder}'
unix_socket_permissions = 0700

fsync = on
synchronous_commit = on
full_page_writes = on
wal_level = replica
# Backups: a base and its log at once, somebody who follows, and the summaries that incremental ones need.
max_wal_senders = 6
summarize_wal = on
max_slot_wal_keep_size = 4GB
hba_file = '{doors}'
wal_compression = on
min_wal_size = 48MB
max_wal_size = 256MB
checkpoint_timeout = 10min

max_connections = 60
shared_buffers = 64MB
work_mem = 4MB
maintenance_work_mem = 48MB
effective_cache_size = 512MB
huge_pages = off
io_method = sync
max_logical_replication_workers = 0
max_worker_processes = 4
max_parallel_workers_per_gather = 0
random_page_cost = 1.1
jit = off

timezone = 'UTC'
log_timezone = 'UTC'
idle_in_transaction_session_timeout = 60s
client_connection_check_interval = 5s

# Errors of statements reach Qiao, which logs them itself; here they would only carry customers' words into a file.
log_min_messages = log
log_min_error_statement = panic
log_checkpoints = off
log_line_prefix = '%m [%p] '

include_if_exists = 'local.conf'
"""


def check_cluster(place: Place) -> None:
    """Refuses a cluster that this PostgreSQL cannot or must not open. Reads only."""
    version_file = place.cluster / "PG_VERSION"
    with told_plainly(place.cluster):
        complete = version_file.is_file() and (place.cluster / "global" / "pg_control").is_file()
        version = version_file.read_text(encoding="ascii", errors="replace").strip() if version_file.is_file() else ""
    if version and version != MAJOR:
        raise WrongVersion(
            f"The database in {place.asked} was written by PostgreSQL {version}, and this Qiao carries PostgreSQL {MAJOR}. Start "
            "it with the Qiao that wrote it, make a backup there, and restore the backup into an empty folder.",
            path=str(place.asked),
            found=version,
            expected=MAJOR,
        )
    if not complete:
        raise FolderDamaged(
            f"The database in {place.cluster} is incomplete. Restore a backup, or move that folder away to start with an empty "
            "database.",
            path=str(place.cluster),
        )


def create_cluster(place: Place, programs: Path) -> None:
    """Initialises beside the final place and renames, so that a start killed half-way leaves only a stray folder to sweep."""
    fresh = place.home / f"{_FRESH}{secrets.token_hex(4)}"
    with told_plainly(place.home):
        fresh.mkdir(mode=0o700)
        try:
            if place.account is not None:
                os.chown(fresh, place.account.uid, place.account.gid)
            _initdb(place, programs, fresh, ["--no-sync"])
            _own_files(fresh)
            _initdb(place, programs, fresh, ["--sync-only"])
            fresh.rename(place.cluster)
            sync_folder(place.home)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def sweep_strays(place: Place) -> None:
    """Removes what starts killed half-way through making a cluster have left."""
    for stray in place.home.glob(f"{_FRESH}*"):
        shutil.rmtree(stray, ignore_errors=True)


def write_settings(place: Place, run_folder: Path) -> None:
    """Writes the settings files of this start. They stand outside the cluster: root never writes where the server could."""
    doors = str(place.home / DOORS).replace("\\", "\\\\").replace("'", "''")
    with told_plainly(place.home):
        write_whole(place.home / DOORS, _DOORS_TEXT)
        write_whole(place.home / SETTINGS, _SETTINGS_TEXT.format(run_folder=run_folder, doors=doors))


def _own_files(fresh: Path) -> None:
    # Changed in place, so that the files keep the owner and mode that initdb gave them; what initdb found out about this
    # machine's shared memory stays in force.
    with (fresh / "postgresql.conf").open("a", encoding="ascii") as settings:
        settings.write(f"\ninclude '../{SETTINGS}'\n")
    (fresh / "pg_hba.conf").write_text(
        "# The socket's folder is private; there is no other way in.\nlocal all all trust\n", "ascii"
    )


def _initdb(place: Place, programs: Path, folder: Path, options: list[str]) -> None:
    command = [str(programs / "initdb"), "--pgdata", str(folder), "--username", "qiao", *options]
    if "--sync-only" not in options:
        command += ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command += ["--data-checksums", "--no-instructions", "--set", "shared_buffers=16MB", "--set", "max_connections=20"]
    account = place.account
    done = subprocess.run(  # noqa: S603
        command,
        check=False,
        cwd="/",
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        umask=0o077,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        kind = DiskFull if "No space left" in said else DatabaseFolderError
        raise kind(f"A new database could not be made in {place.home}: {said[-600:]}", path=str(place.home))
