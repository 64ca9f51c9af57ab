"""The door of providers: what is delivered here is verified, stored, and only then acknowledged."""

import asyncio
from typing import Any

from litestar import Controller, HttpMethod, Request, Response, route

from qiao.domains.inboxes.receipts import Receipts
from qiao.kit.errors import TooLarge
from qiao.platform.http.client_ip import client_ip
from qiao.platform.http.guards import public
from qiao.platform.settings import Settings
from qiao.ports.channel import RawReceipt

MAX_BODY = 10 * 1024 * 1024
MAX_QUERY = 100
BODY_SECONDS = 20.0
"""A body that comes in drops is not waited for any longer."""


class DoorController(Controller):
    """Deliveries of providers. The key in the address finds the inbox; what is believed is decided by its channel."""

    path = "/in"

    @route(
        "/{inbox_key:str}",
        http_method=[HttpMethod.GET, HttpMethod.POST],
        guards=[public],
        include_in_schema=False,
        request_max_body_size=MAX_BODY,
        status_code=200,
    )
    async def deliver(
        self, inbox_key: str, request: Request[Any, Any, Any], receipts: Receipts, settings: Settings
    ) -> Response[bytes]:
        """Take a delivery. Answers what the provider expects to hear when it was stored."""
        if len(request.scope["query_string"]) > MAX_BODY // 1024:
            raise TooLarge("the address is too long", limit=MAX_BODY // 1024)
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.body()
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.scope["headers"]}
        query = dict(list(request.query_params.items())[:MAX_QUERY])
        proxies = settings.proxies
        receipt = RawReceipt(request.scope["method"], headers, query, body, client_ip(request.scope, proxies))
        ack = await receipts.deliver(inbox_key, receipt)
        return Response(ack.body.encode(), status_code=ack.status, media_type=ack.content_type)
