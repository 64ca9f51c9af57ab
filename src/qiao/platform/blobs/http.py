"""Routes of files."""

import re
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body

from qiao.platform.auth.caller import Caller
from qiao.platform.blobs.contracts import StoredFile
from qiao.platform.blobs.files import FileNotFound, Files
from qiao.platform.db.database import Database
from qiao.platform.http.guards import FOR_PROGRAMS, public, signed_in
from qiao.platform.http.uploads import BODY_LIMIT, read_upload
from qiao.platform.uploads.api import content_disposition

CACHE = "private, max-age=31536000, immutable"
"""For a customer's own browser, and for what anybody may see. A colleague's keeps nothing: files of all customers pass through it, and it
may be somebody else's tomorrow. Nothing then has to be cleared when they sign out (`without_session` of people says why that matters).
"""
SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class FileController(Controller):
    """Files of the console, and the serving of all."""

    tags = ("files",)

    @post("/api/v1/files", guards=[signed_in], opt=FOR_PROGRAMS, request_max_body_size=BODY_LIMIT)
    async def upload(
        self,
        data: Annotated[UploadFile, Body(media_type=RequestEncodingType.MULTI_PART)],
        caller: Caller,
        database: Database,
        files: Files,
    ) -> StoredFile:
        """Store a file for a message or an article."""
        name, content = await read_upload(data)
        async with database.scope(caller.workspace_id) as scope:
            return await files.store(scope, name, content, owner=caller.person_id)

    @get("/files/{workspace:str}/{file_id:str}/{secret:str}", guards=[public], include_in_schema=False)
    async def serve(
        self, request: Request[Any, Any, Any], workspace: str, file_id: str, secret: str, files: Files
    ) -> Response[bytes]:
        """A file by its secret url, or the part of it that a player asks for."""
        answer = await _serve(request, files, (workspace, file_id, secret.split(".", 1)[0]), small=False)
        return _part_of(answer, request.headers.get("range", ""))

    @get("/files/{workspace:str}/{file_id:str}/{secret:str}/thumbnail", guards=[public], include_in_schema=False)
    async def serve_small(
        self, request: Request[Any, Any, Any], workspace: str, file_id: str, secret: str, files: Files
    ) -> Response[bytes]:
        """A picture made small."""
        return await _serve(request, files, (workspace, file_id, secret.split(".", 1)[0]), small=True)


def _part_of(answer: Response[bytes], wanted: str) -> Response[bytes]:
    """One range of bytes (RFC 9110, 14): some browsers play no video without. Anything else that is asked for gets the whole."""
    whole = answer.content
    answer.headers["Accept-Ranges"] = "bytes"
    found = _RANGE.fullmatch(wanted)
    if found is None or not (found[1] or found[2]):
        return answer
    start = int(found[1]) if found[1] else max(0, len(whole) - int(found[2]))
    end = min(int(found[2]), len(whole) - 1) if found[1] and found[2] else len(whole) - 1
    if start > end:
        headers = {"Content-Range": f"bytes */{len(whole)}", "Cache-Control": "no-store"}
        return Response(b"", status_code=416, media_type=answer.media_type, headers=headers)
    headers = {**answer.headers, "Content-Range": f"bytes {start}-{end}/{len(whole)}"}
    return Response(whole[start : end + 1], status_code=206, media_type=answer.media_type, headers=headers)


async def _serve(request: Request[Any, Any, Any], files: Files, key: tuple[str, str, str], *, small: bool) -> Response[bytes]:
    try:
        workspace_id, file_id = UUID(hex=key[0]), UUID(hex=key[1])
    except ValueError:
        raise FileNotFound("no such file") from None
    caller = request.scope.get("user")
    reader = caller.workspace_id if isinstance(caller, Caller) else None
    content = await files.read(workspace_id, file_id, key[2], small=small, reader=reader)
    headers = {
        "Cache-Control": "no-store" if content.inside or reader else CACHE,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": SANDBOX,
        "Cross-Origin-Resource-Policy": "same-site",
        "Content-Disposition": content_disposition(content.name, inline=content.inline),
    }
    return Response(content.data, media_type=content.content_type, headers=headers)
