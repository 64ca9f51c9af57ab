"""What the doctor looks at on the machine: folders, space, ports, limits, certificate, bus, files, the last backup."""

import asyncio
import errno
import os
import resource
import shutil
import socket
import ssl
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import obstore

from qiao.app.backup import read_note
from qiao.app.doctor_findings import Finding
from qiao.app.secret import FILE_NAME
from qiao.kit.errors import QiaoError
from qiao.kit.ids import new_secret
from qiao.platform.blobs.files import open_store
from qiao.platform.settings import Settings

FREE_MEGABYTES = 1_024
OPEN_FILES = 4_096
MEMORY_MEGABYTES = 512
CERTIFICATE_DAYS = 14
BACKUP_DAYS = 2
PATIENCE_SECONDS = 5.0
_MEGABYTE = 1 << 20


async def folder(settings: Settings) -> list[Finding]:
    """The data folder is there, can be written, and its secret key is its owner's alone."""
    path = settings.data_path
    if not path.is_dir():
        return [Finding("folder.missing", {"path": str(path)})]
    if not _writable(path):
        return [Finding("folder.locked", {"path": str(path)})]
    secret = path / FILE_NAME
    if secret.exists() and stat.S_IMODE(secret.stat().st_mode) & 0o077:
        return [Finding("folder.secret_open", {"path": str(secret)})]
    return []


def _writable(path: Path) -> bool:
    probe = path / f".doctor-{new_secret()[:8]}"
    try:
        probe.touch(mode=0o600)
    except OSError:
        return False
    probe.unlink()
    return True


async def space(settings: Settings) -> list[Finding]:
    """Room on the disk of the data folder."""
    path = next(one for one in (settings.data_path, *settings.data_path.parents) if one.exists())
    free = shutil.disk_usage(path).free // _MEGABYTE
    low = Finding("space.low", {"path": str(settings.data_path), "free": free, "needed": FREE_MEGABYTES})
    return [low] if free < FREE_MEGABYTES else []


async def port(settings: Settings) -> list[Finding]:
    """The address is free, or this desk itself listens there."""
    where: dict[str, str | int | float] = {"host": settings.host, "port": settings.port}
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((settings.host, settings.port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            return [] if taken and await _is_qiao(settings) else [Finding("port.taken" if taken else "port.no_address", where)]
    return []


async def _is_qiao(settings: Settings) -> bool:
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104 - where it listens on all
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(host, settings.port)
            writer.write(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            answer = await _begin_of(reader)
            writer.close()
    except (OSError, TimeoutError):
        return False
    return b"\r\nqiao-version:" in answer.lower()


async def _begin_of(reader: asyncio.StreamReader) -> bytes:
    """An answer, which may come in pieces."""
    try:
        return await reader.readexactly(4_096)
    except asyncio.IncompleteReadError as ended:
        return ended.partial


async def limits(_settings: Settings) -> list[Finding]:
    """Open files and memory that the system allows."""
    found: list[Finding] = []
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files != resource.RLIM_INFINITY and files < OPEN_FILES:
        found.append(Finding("limits.files", {"found": files, "needed": OPEN_FILES}))
    memory = _memory()
    if memory is not None and memory < MEMORY_MEGABYTES:
        found.append(Finding("limits.memory", {"found": memory, "needed": MEMORY_MEGABYTES}))
    return found


def _memory() -> int | None:
    given = resource.getrlimit(resource.RLIMIT_AS)[0]
    bounds = [given] if given != resource.RLIM_INFINITY else []
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        text = Path(path).read_text(encoding="ascii").strip() if os.access(path, os.R_OK) else "max"
        bounds += [int(text)] if text.isdecimal() else []
    return min(bounds) // _MEGABYTE if bounds else None


async def certificate(settings: Settings) -> list[Finding]:
    """What browsers meet at the public address, when it is https."""
    address = urlsplit(settings.public_url)
    if address.scheme != "https" or not address.hostname:
        return []
    try:
        ends = await _end_of_certificate(address.hostname, address.port or 443)
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or "TLS"
        return [Finding("certificate.bad", {"host": address.hostname, "reason": reason})]
    except (OSError, TimeoutError):
        return [Finding("certificate.away", {"host": address.hostname})]
    days = int((ends - datetime.now(UTC).timestamp()) // 86_400)
    return [Finding("certificate.ends", {"host": address.hostname, "days": days})] if days < CERTIFICATE_DAYS else []


async def _end_of_certificate(host: str, port: int) -> float:
    async with asyncio.timeout(PATIENCE_SECONDS):
        _reader, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context())
        shown: Any = writer.get_extra_info("peercert")
        writer.close()
    return ssl.cert_time_to_seconds(shown["notAfter"])


async def bus(settings: Settings) -> list[Finding]:
    """Whoever carries hints between nodes answers."""
    found: list[Finding] = []
    for one in filter(None, settings.bus_url.split(",")):
        address = urlsplit(one)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                _reader, writer = await asyncio.open_connection(address.hostname, address.port or 4222)
                writer.close()
        except (OSError, TimeoutError, ValueError):
            found.append(Finding("bus.away", {"host": address.hostname or "?"}))
    return found


async def files(settings: Settings) -> list[Finding]:
    """A few bytes are kept, read and taken away again."""
    name, data = f"doctor/{new_secret()[:12]}", b"qiao doctor"
    try:
        store: Any = open_store(settings.blobs_url, settings.data_path / "files")
        await obstore.put_async(store, name, data)
        read = bytes(await (await obstore.get_async(store, name)).bytes_async())
        await obstore.delete_async(store, name)
    except (obstore.exceptions.BaseError, OSError, QiaoError) as error:
        # Only what kind of trouble: the message of a store may hold its address and keys.
        return [Finding("files.away", {"reason": type(error).__name__})]
    return [] if read == data else [Finding("files.away", {"reason": "other bytes came back"})]


async def backup(settings: Settings) -> list[Finding]:
    """The last backup is young, and was read back."""
    last = read_note(settings)
    if last is None:
        return [Finding("backup.none")]
    days = (datetime.now(UTC) - max(last.ended_at, last.followed_at or last.ended_at)).days
    if days >= BACKUP_DAYS:
        return [Finding("backup.old", {"days": days})]
    return [] if last.verified_at else [Finding("backup.unverified")]
