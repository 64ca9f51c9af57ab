"""At the door while the disk is full: reads pass, what would be stored is answered 503 `db.storage_full` with Retry-After."""

from typing import Any

import msgspec

from qiao.platform.db.room import RETRY_SECONDS, Room, storage_full
from qiao.platform.http.problems import MEDIA_TYPE, problem_body

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = [(b"content-type", MEDIA_TYPE.encode()), (b"retry-after", str(RETRY_SECONDS).encode())]


def with_room(front: Any, room: Room) -> Any:
    """`front`, asked for nothing that needs room when there is none. Sockets look for themselves, message by message."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] in _READS or not room.full():
            await front(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 503, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": msgspec.json.encode(problem_body(storage_full()))})

    return serve
