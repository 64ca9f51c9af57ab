"""Routes of the visitor's face. The bearer token is the only authority; nothing from the page is believed without a signed proof."""

from typing import Annotated, Any

from litestar import Controller, Request, get, patch, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, Parameter
from msgspec import Struct

from qiao.domains.contacts.api import Contacts
from qiao.domains.conversations.visitor_socket import topic_of
from qiao.domains.conversations.visitors import (
    Sending,
    Sent,
    SessionRequest,
    VisitorMessage,
    Visitors,
    VisitorSession,
    show_message,
)
from qiao.kit.errors import NotFound
from qiao.platform.auth.shared_throttle import SharedThrottle
from qiao.platform.auth.throttle import Throttle
from qiao.platform.blobs.contracts import StoredFile
from qiao.platform.blobs.files import Files
from qiao.platform.db.database import Database
from qiao.platform.http.client_ip import client_ip
from qiao.platform.http.guards import public, visitor
from qiao.platform.http.uploads import BODY_LIMIT, read_upload
from qiao.platform.live.http import until_gone
from qiao.platform.live.polling import MAX_SECONDS, Asker, Polls
from qiao.platform.settings import Settings

# One address may be a whole campus; a thousand new visitors a minute from one are too many.
_sessions = SharedThrottle("visits", rate=10.0, burst=300, portion=10)
_uploads = SharedThrottle("uploads", rate=0.5, burst=20)
# In each process: a query more for each message would cost as much as the message.
_sending = Throttle(rate=5.0, burst=60)

FIRST_SECONDS = 2
"""Before the first message there is no conversation to listen to: who waits asks again."""


class Claims(Struct, frozen=True, forbid_unknown_fields=True):
    """What a visitor says of themselves."""

    name: str | None = None
    email: str | None = None


class VisitorPage(Struct, frozen=True):
    """A part of the visitor's messages, oldest first. With another `epoch` than before, history was replaced: begin the visit again."""

    items: list[VisitorMessage]
    has_more: bool
    epoch: str


class VisitorController(Controller):
    """What a widget, an app or a page does for a visitor."""

    path = "/visitor/v1"
    tags = ("visitors",)

    @post("/sessions", guards=[public], status_code=200)
    async def begin(
        self, data: SessionRequest, request: Request[Any, Any, Any], visitors: Visitors, settings: Settings, database: Database
    ) -> VisitorSession:
        """Begin or continue a visit."""
        proxies = settings.proxies
        if not data.token:
            await _sessions.check(database, client_ip(request.scope, proxies))
        return await visitors.begin(data)

    @get("/messages", guards=[visitor])
    async def messages(
        self,
        request: Request[Any, Any, Any],
        contacts: Contacts,
        visitors: Visitors,
        polls: Polls,
        before: int | None = None,
        after: int | None = None,
        limit: Annotated[int, Parameter(ge=1, le=100)] = 50,
        wait: Annotated[int, Parameter(ge=0, le=MAX_SECONDS)] = 0,
    ) -> VisitorPage:
        """The visitor's messages before or after a number. With `wait` it is answered when there are any, at latest after so long."""
        holder = await contacts.bearer(request.headers.get("authorization", ""))

        async def ask() -> VisitorPage:
            return VisitorPage(*await visitors.messages(holder, before=before, after=after, limit=limit))

        current = await visitors.show_current(holder) if wait else None
        topics = [topic_of(holder.workspace_id, current.id)] if current else []
        asker = Asker(holder.workspace_id, holder.contact_id.hex, topics, wait if topics else min(wait, FIRST_SECONDS))
        return await polls.answer(asker, ask, lambda page: bool(page.items), lambda: until_gone(request))

    @post("/messages", guards=[visitor])
    async def send(self, data: Sending, request: Request[Any, Any, Any], contacts: Contacts, visitors: Visitors) -> Sent:
        """Send a message; answered after its commit. Repeating the client id is safe."""
        holder = await contacts.bearer(request.headers.get("authorization", ""))
        _sending.check(holder.contact_id.hex)
        posted = await visitors.send(holder, data)
        message, conversation = show_message(posted.message), await visitors.show_current(holder)
        if message is None or conversation is None:
            raise NotFound("the conversation has gone")
        return Sent(message, conversation)

    @post("/files", guards=[visitor], request_max_body_size=BODY_LIMIT)
    async def upload(
        self,
        data: Annotated[UploadFile, Body(media_type=RequestEncodingType.MULTI_PART)],
        request: Request[Any, Any, Any],
        contacts: Contacts,
        database: Database,
        files: Files,
    ) -> StoredFile:
        """Store a file for a message that is about to be sent."""
        holder = await contacts.bearer(request.headers.get("authorization", ""))
        await _uploads.check(database, holder.contact_id.hex)
        name, content = await read_upload(data)
        async with database.scope(holder.workspace_id) as scope:
            return await files.store(scope, name, content, owner=holder.contact_id)

    @patch("/contact", guards=[visitor], status_code=204)
    async def claim(self, data: Claims, request: Request[Any, Any, Any], contacts: Contacts, visitors: Visitors) -> None:
        """Say one's name or e-mail: kept as a claim, never a proof."""
        holder = await contacts.bearer(request.headers.get("authorization", ""))
        _sending.check(holder.contact_id.hex)
        await visitors.claim_fields(holder, data.name, data.email)
