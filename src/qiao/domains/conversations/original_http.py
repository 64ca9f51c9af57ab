"""A message as its writer laid it out, for colleagues: a page of its own that runs nothing, in a frame that lets it do nothing.

The page is cleaned again whenever it is shown. Pictures that came along are inside it, so that the frame asks for nothing and needs no
session; pictures from elsewhere are left out until somebody asks for them.
"""

import asyncio
from base64 import b64encode
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get

from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import Attachment, Message
from qiao.domains.conversations.errors import ConversationNotFound
from qiao.kit.ids import ConversationId, WorkspaceId
from qiao.platform.auth.caller import Caller
from qiao.platform.blobs.files import FileNotFound, Files
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires
from qiao.platform.uploads.originals import clean_original

MAX_PICTURES = 8_000_000
"""Bytes of pictures inside a page; what goes beyond stands under the message as every file does."""
POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:{elsewhere}; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
ELSEWHERE = " https: http:"
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Otherwise names of links are looked up before anybody follows one.
    "X-DNS-Prefetch-Control": "off",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PAGE = """<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light"><title>·</title><style>
html{{background:#fff;color:#1c1c1c;font:15px/1.5 system-ui,"PingFang SC","Microsoft YaHei",sans-serif}}
body{{margin:12px;overflow-wrap:anywhere}} img{{max-width:100%;height:auto}} table{{max-width:100%}}
img:not([src]){{min-width:24px;min-height:24px;background:#eee;border:1px dashed #999;font-size:12px;color:#555}}
blockquote{{margin:0 0 0 8px;padding:0 0 0 10px;border-inline-start:3px solid #ccc}} pre{{white-space:pre-wrap}}
</style></head><body>{body}</body></html>"""


class OriginalController(Controller):
    """Messages as they were laid out."""

    path = "/api/v1/conversations/{conversation_id:uuid}/messages"
    tags = ("conversations",)

    @get("/{seq:int}/original", guards=[requires("conversations.read")], media_type="text/html")
    async def original(
        self,
        conversation_id: UUID,
        seq: int,
        caller: Caller,
        database: Database,
        conversations: Conversations,
        files: Files,
        elsewhere: bool = False,
    ) -> Response[str]:
        """The message as a page to be shown in a frame; with `elsewhere`, pictures may be fetched from the addresses it names."""
        async with database.scope(caller.workspace_id) as scope:
            message = await conversations.at(scope, ConversationId(conversation_id), seq)
        html = (await files.bytes_of(caller.workspace_id, _file_of(message))).decode()
        pictures = await _pictures(files, caller.workspace_id, message, html)
        body = await asyncio.to_thread(clean_original, html, _Shown(pictures, elsewhere=elsewhere))
        policy = POLICY.format(elsewhere=ELSEWHERE if elsewhere else "")
        return Response(_PAGE.format(body=body), media_type="text/html", headers={**HEADERS, "Content-Security-Policy": policy})


class _Shown:
    """What stands for the pictures of a kept page."""

    def __init__(self, pictures: dict[str, str], *, elsewhere: bool) -> None:
        self._pictures = pictures
        self._elsewhere = elsewhere

    def __call__(self, place: str) -> str | None:
        if place.startswith("cid:"):
            return self._pictures.get(place[4:])
        return place if self._elsewhere else None


def _file_of(message: Message) -> UUID:
    original: Any = (message.content or {}).get("original")
    if not isinstance(original, dict):
        raise ConversationNotFound("this message has no layout of its own")
    return UUID(original["file_id"])


async def _pictures(files: Files, workspace_id: WorkspaceId, message: Message, html: str) -> dict[str, str]:
    """The message's own pictures that the page shows, written as addresses that hold them."""
    shown: dict[str, str] = {}
    room = MAX_PICTURES
    for one in message.attachments:
        if not one.content_type.startswith("image/") or f"cid:{one.id}" not in html:
            continue
        data = await _bytes(files, workspace_id, one)
        room -= len(data)
        if data and room >= 0:
            kind = "image/webp" if one.thumbnail_url else one.content_type
            shown[str(one.id)] = f"data:{kind};base64,{b64encode(data).decode()}"
    return shown


async def _bytes(files: Files, workspace_id: WorkspaceId, one: Attachment) -> bytes:
    try:
        return await files.bytes_of(workspace_id, one.id, small=one.thumbnail_url is not None)
    except FileNotFound:
        return b""
