"""One bound connection: a command and its answer, and what the other side sends of its own accord."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator

from qiao.channels.sms_smpp.pdu import ANSWER, DELIVER_SM, ENQUIRE_LINK, HEADER, MAX_PDU, UNBIND, Pdu, bind
from qiao.ports.channel import Account, Wire, WireFailed

ANSWER_SECONDS = 10.0
SILENCE_SECONDS = 30.0
"""After so long without a word the other side is asked whether it is there."""


class BindRefused(Exception):
    """The message centre does not let us in; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(f"0x{status:02X}")
        self.status = status


class Session:
    """Made by `bound`. Not for several tasks at once, but `ask` and `messages` may run side by side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._sequence = 0
        self._answers: dict[int, asyncio.Future[Pdu]] = {}
        self._messages: asyncio.Queue[Pdu | None] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read(), name="smpp")

    async def ask(self, command: int, body: bytes = b"") -> Pdu:
        """The answer to a command. Raises WireFailed."""
        self._sequence += 1
        waiting = self._answers[self._sequence] = asyncio.get_running_loop().create_future()
        await self.tell(Pdu(command, 0, self._sequence, body))
        try:
            return await asyncio.wait_for(waiting, ANSWER_SECONDS)
        except TimeoutError:
            raise WireFailed("timeout") from None
        finally:
            self._answers.pop(self._sequence, None)

    async def tell(self, pdu: Pdu) -> None:
        """Send one. Raises WireFailed."""
        try:
            self._writer.write(pdu.encode())
            await self._writer.drain()
        except OSError:
            raise WireFailed("broken") from None

    async def next_message(self, silence: float = SILENCE_SECONDS) -> Pdu | None:
        """The next deliver_sm; None after a silence in which the other side said that it is there. Raises WireFailed when it is not."""
        try:
            pdu = await asyncio.wait_for(self._messages.get(), silence)
        except TimeoutError:
            await self.ask(ENQUIRE_LINK)
            return None
        if pdu is None:
            raise WireFailed("broken")
        return pdu

    async def close(self) -> None:
        """Say goodbye, as far as somebody listens."""
        with contextlib.suppress(WireFailed):
            await self.tell(Pdu(UNBIND, 0, self._sequence + 1))
        self._reading.cancel()
        self._writer.close()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        try:
            while True:
                await self._took(await self._one())
        except (OSError, EOFError, WireFailed):
            for waiting in self._answers.values():
                if not waiting.done():
                    waiting.set_exception(WireFailed("broken"))
        finally:
            self._messages.put_nowait(None)

    async def _one(self) -> Pdu:
        head = await self._reader.readexactly(HEADER.size)
        length, command, status, sequence = HEADER.unpack(head)
        if not HEADER.size <= length <= MAX_PDU:
            raise WireFailed("broken")
        return Pdu(command, status, sequence, await self._reader.readexactly(length - HEADER.size))

    async def _took(self, pdu: Pdu) -> None:
        if pdu.command & ANSWER:
            waiting = self._answers.get(pdu.sequence)
            if waiting is not None and not waiting.done():
                waiting.set_result(pdu)
        elif pdu.command == DELIVER_SM:
            self._messages.put_nowait(pdu)
        else:
            await self.tell(pdu.answer())
            if pdu.command == UNBIND:
                raise WireFailed("broken")


@contextlib.asynccontextmanager
async def bound(command: int, account: Account, wire: Wire) -> AsyncGenerator[Session]:
    """A connection that is let in. Raises WireFailed, BindRefused."""
    host, _, port = str(account.settings.get("host") or "").rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise WireFailed("refused")
    address = await wire.address(host, int(port))
    tls = ssl.create_default_context() if account.settings.get("tls") else None
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(address, int(port), ssl=tls, server_hostname=host if tls else None)
    except (OSError, TimeoutError) as error:
        raise WireFailed("tls" if isinstance(error, ssl.SSLError) else "connect") from None
    session = Session(reader, writer)
    try:
        body = bind(str(account.settings.get("system_id") or ""), account.secrets.get("password", ""))
        answer = await session.ask(command, body)
        if answer.status:
            raise BindRefused(answer.status)
        yield session
    finally:
        await session.close()
