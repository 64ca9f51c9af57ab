"""An ASGI application on a loopback socket: so that a platform's own client library can call its simulator, as it would the platform."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import uvicorn


@asynccontextmanager
async def served(app: Any) -> AsyncGenerator[str, None]:
    """Where it is, "http://127.0.0.1:PORT", until the block ends."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, lifespan="off", log_config=None, access_log=False, ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    server.capture_signals = _nothing  # type: ignore[method-assign]
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - this is how uvicorn tells it
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = server.force_exit = True
        await running


def _nothing() -> Any:
    """The signals are the test runner's."""
    return nullcontext()
