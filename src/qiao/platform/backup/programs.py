"""PostgreSQL's own programs for backups, run with the database's password in their environment and never on their command line."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from qiao.platform.backup.errors import BackupFailed, SourceDamaged
from qiao.platform.db.cluster import ENVIRONMENT
from qiao.platform.db.engine import find_engine

READ = 1 << 20


def program(name: str) -> str:
    """The path of a program that comes with the embedded PostgreSQL."""
    return str(find_engine(None) / name)


def addressed(dsn: str) -> tuple[str, dict[str, str]]:
    """An address without its password, and the environment that holds it. Raises BackupFailed for what is no address."""
    try:
        parts = urlsplit(dsn)
    except ValueError as error:
        raise BackupFailed("the address of the database cannot be read") from error
    options = parse_qsl(parts.query, keep_blank_values=True)
    password = unquote(parts.password or "") or dict(options).get("password", "")
    person, at, host = parts.netloc.rpartition("@")
    query = urlencode([one for one in options if one[0] != "password"])
    bare = f"{parts.scheme}://{person.split(':', 1)[0]}{at}{host}{parts.path}{'?' if query else ''}{query}"
    return bare, {**ENVIRONMENT, **({"PGPASSWORD": password} if password else {})}


def run(command: list[str], environment: dict[str, str] | None = None) -> str:
    """Run to the end; what it said. Raises BackupFailed with PostgreSQL's words."""
    done = subprocess.run(  # noqa: S603
        command, check=False, env=environment or ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, cwd="/"
    )
    if done.returncode != 0:
        raise _failed(command, done.returncode, done.stderr or done.stdout)
    return done.stdout.decode(errors="replace")


def stream(command: list[str], environment: dict[str, str]) -> Iterator[bytes]:
    """What a program writes, part by part. Raises BackupFailed after its last part when it failed; ends it when nobody reads on."""
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, cwd="/"
        ) as process,
    ):
        assert process.stdout is not None  # noqa: S101 - asked for above
        try:
            while part := process.stdout.read(READ):
                yield part
            if process.wait() != 0:
                said.seek(0)
                raise _failed(command, process.returncode, said.read())
        finally:
            if process.poll() is None:
                process.kill()


def _failed(command: list[str], status: int, said: bytes) -> BackupFailed | SourceDamaged:
    words = " / ".join(line for line in said.decode(errors="replace").splitlines() if line.strip())[-800:]
    if "checksum" in words and ("verification failed" in words or "checksum error" in words):
        return SourceDamaged(
            f"Pages of the database are damaged: {words}. Nothing was backed up. Restore the newest good backup into an empty"
            " folder, or mend the disk and look at the pages that are named.",
        )
    return BackupFailed(f"{Path(command[0]).name} ended with status {status}: {words or 'it said nothing'}")
