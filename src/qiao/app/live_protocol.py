"""uvicorn's WebSocket with one extension: frames that are encoded already go straight to the transport (see platform/live/socket.py)."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

from qiao.platform.live.socket import WRITE


class LiveProtocol(WebSocketsSansIOProtocol):
    """One connection."""

    async def run_asgi(self) -> None:
        """Serve it, with the extension."""
        self.scope["extensions"][WRITE] = self.write_frame  # type: ignore[index,typeddict-unknown-key]
        await super().run_asgi()

    def write_frame(self, frame: bytes) -> bool:
        """A Write of the live sockets."""
        if self.disconnected or self.close_sent or not self.writable.is_set() or self.conn.state is not OPEN:
            return False
        self.transport.write(frame)
        return True
