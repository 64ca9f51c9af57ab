"""Storing and serving files. Names on disk are random; the url's secret is the key to a file, for one that is `inside` a session too."""

import asyncio
import mimetypes
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import obstore
import structlog
from obstore.store import LocalStore, ObjectStore, from_url

from qiao.kit.errors import NotFound, Unavailable
from qiao.kit.ids import new_id, new_secret, same_secret
from qiao.platform.blobs.contracts import FileContent, StoredFile
from qiao.platform.db.database import Database, Scope
from qiao.platform.settings import SettingsInvalid
from qiao.platform.uploads.api import (
    DEFAULT_LIMITS,
    InspectedUpload,
    UploadLimits,
    clean_image,
    inspect_upload,
    may_show_inline,
    thumbnail,
)

_RETRIES: Any = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}
# Whether the address of the store is http or https is the operator's choice, made in its address.
_CLIENT: Any = {"timeout": "30s", "connect_timeout": "5s", "allow_http": True}
_log = structlog.get_logger("qiao.files")

THUMBNAIL = "thumbnail.webp"
PICTURE_OVER = 640


class FileNotFound(NotFound):
    """No such file, or the url's secret is wrong."""

    code = "files.not_found"


class FileStoreAway(Unavailable):
    """Where files are kept does not answer, or does not let us in; nothing was stored. Safe to try again."""

    code = "files.store_away"


def open_store(blobs_url: str, folder: Path) -> ObjectStore:
    """The store of an installation: a folder, or what `blobs_url` names (s3://bucket/prefix). Raises SettingsInvalid."""
    if blobs_url:
        try:
            return from_url(blobs_url, client_options=_CLIENT, retry_config=_RETRIES)
        except (ValueError, obstore.exceptions.BaseError):
            raise SettingsInvalid("QIAO_BLOBS_URL is no address like s3://bucket/prefix") from None
    folder.mkdir(parents=True, exist_ok=True)
    return LocalStore(prefix=str(folder), mkdir=True)


class Files:
    """The files of every workspace."""

    def __init__(self, database: Database, store: ObjectStore, limits: UploadLimits = DEFAULT_LIMITS) -> None:
        self._database = database
        self._store = store
        self._limits = limits

    async def store(self, scope: Scope, name: str, data: bytes, *, owner: UUID | None) -> StoredFile:
        """Check, clean and keep a file. Raises UploadRefused and its kin. Not for retrying: each call makes another file."""
        inspected, data, small = await asyncio.to_thread(self._prepare, name, data)
        file_id, secret = new_id(), new_secret()
        await self._put(_path(scope.workspace_id, file_id), data)
        if small is not None:
            await self._put(_path(scope.workspace_id, file_id, THUMBNAIL), small)
        row = await scope.connection.fetchrow(
            "insert into files (workspace_id, id, secret, owner_id, name, content_type, size, width, height, has_thumbnail)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning *",
            scope.workspace_id,
            file_id,
            secret,
            owner,
            inspected.safe_name,
            inspected.content_type,
            len(data),
            inspected.width,
            inspected.height,
            int(small is not None),
        )
        return _read(row)

    async def keep_page(self, scope: Scope, name: str, html: str) -> UUID:
        """Keep HTML that the program itself has cleaned; its id. It has no address that anybody is told: whoever kept it serves it."""
        file_id, data = new_id(), html.encode()
        await self._put(_path(scope.workspace_id, file_id), data)
        await scope.connection.execute(
            "insert into files (workspace_id, id, secret, name, content_type, size, inside) values ($1, $2, $3, $4, $5, $6, true)",
            scope.workspace_id,
            file_id,
            new_secret(),
            name,
            "text/html",
            len(data),
        )
        return file_id

    async def by_ids(self, scope: Scope, ids: Sequence[UUID], *, owner: UUID | None = None) -> list[StoredFile]:
        """Files in the order of `ids`; with `owner`, only those it stored. Raises FileNotFound for any other."""
        rows = await scope.connection.fetch(
            "select * from files where workspace_id = $1 and id = any($2) and ($3::uuid is null or owner_id = $3)",
            scope.workspace_id,
            list(ids),
            owner,
        )
        found = {row["id"]: _read(row) for row in rows}
        if any(one not in found for one in ids):
            raise FileNotFound("no such file")
        return [found[one] for one in ids]

    async def read(
        self, workspace_id: UUID, file_id: UUID, secret: str, *, small: bool, reader: UUID | None = None
    ) -> FileContent:
        """The bytes behind a url. `reader`: the workspace that whoever asks is signed in to. Raises FileNotFound."""
        async with self._database.across() as connection:
            row: Any = await connection.fetchrow(
                "select secret, name, content_type, has_thumbnail, inside from files where workspace_id = $1 and id = $2",
                workspace_id,
                file_id,
            )
        if row is None or not same_secret(row["secret"], secret) or (small and not row["has_thumbnail"]):
            raise FileNotFound("no such file")
        if row["inside"] and reader != workspace_id:
            raise FileNotFound("no such file")
        data = await self._get(_path(workspace_id, file_id, THUMBNAIL if small else ""))
        content_type = "image/webp" if small else row["content_type"]
        return FileContent(data, content_type, row["name"], may_show_inline(content_type), row["inside"])

    async def bytes_of(self, workspace_id: UUID, file_id: UUID, *, small: bool = False) -> bytes:
        """The bytes of a file, or of its thumbnail, that the program itself hands on. Raises FileNotFound, FileStoreAway."""
        return await self._get(_path(workspace_id, file_id, THUMBNAIL if small else ""))

    async def _put(self, path: str, data: bytes) -> None:
        try:
            await obstore.put_async(self._store, path, data)
        except (obstore.exceptions.BaseError, OSError) as error:
            raise _away(error) from None

    async def _get(self, path: str) -> bytes:
        try:
            return bytes(await (await obstore.get_async(self._store, path)).bytes_async())
        except FileNotFoundError:
            raise FileNotFound("no such file") from None
        except (obstore.exceptions.BaseError, OSError) as error:
            raise _away(error) from None

    def _prepare(self, name: str, data: bytes) -> tuple[InspectedUpload, bytes, bytes | None]:
        inspected = inspect_upload(data, name, self._limits)
        if not inspected.content_type.startswith("image/"):
            return inspected, data, None
        cleaned = clean_image(data)
        large = max(inspected.width or 0, inspected.height or 0) > PICTURE_OVER
        return inspected, cleaned, thumbnail(cleaned, PICTURE_OVER) if large else None


def _away(error: Exception) -> FileStoreAway:
    # Only what kind of trouble: the message of a store may hold its address and keys.
    _log.error("the store of files fails", kind=type(error).__name__)
    return FileStoreAway("files cannot be kept or read at the moment", retry_after=30)


async def known_files(scope: Scope, ids: Sequence[UUID]) -> dict[UUID, StoredFile]:
    """Those of the files that the workspace has and that everybody may be shown."""
    rows = await scope.connection.fetch(
        "select * from files where workspace_id = $1 and id = any($2) and not inside", scope.workspace_id, list(ids)
    )
    return {row["id"]: _read(row) for row in rows}


async def set_inside(scope: Scope, inside: Mapping[UUID, bool]) -> None:
    """Say of files whether they are for those who are signed in alone. Ids that are not there are passed over. Safe to repeat."""
    await scope.connection.execute(
        "update files set inside = r.inside from unnest($2::uuid[], $3::bool[]) as r(id, inside)"
        " where workspace_id = $1 and files.id = r.id and files.inside <> r.inside",
        scope.workspace_id,
        list(inside),
        list(inside.values()),
    )


def file_of(name: str) -> str:
    """Which file an object of the store belongs to: the id in hexadecimal digits."""
    return name.rsplit("/", 1)[-1].split(".", 1)[0]


def _path(workspace_id: UUID, file_id: UUID, part: str = "") -> str:
    return f"{workspace_id.hex}/{file_id.hex[-4:]}/{file_id.hex}" + (f".{part}" if part else "")


def _read(row: Any) -> StoredFile:
    suffix = mimetypes.guess_extension(row["content_type"]) or ""
    url = f"/files/{row['workspace_id'].hex}/{row['id'].hex}/{row['secret']}"
    return StoredFile(
        id=row["id"],
        name=row["name"],
        content_type=row["content_type"],
        size=row["size"],
        url=f"{url}{suffix}",
        thumbnail_url=f"{url}/thumbnail" if row["has_thumbnail"] else None,
        width=row["width"],
        height=row["height"],
    )
