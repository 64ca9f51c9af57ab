"""A message centre on loopback: lets clients bind, takes submit_sm, hands deliver_sm to whoever is bound as receiver."""

import socketserver
import threading
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast
from uuid import uuid4

from msgspec import Struct

from qiao.channels.sms_smpp import codec, pdu
from qiao.channels.sms_smpp.pdu import Pdu, Short
from qiao.kit.sms_text import gsm_bytes, segments, ucs2_bytes
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.simulating import Fault, Handler, PlatformSimulator, SentFile, Shown

SYSTEM_ID, PASSWORD, NUMBER = "lanting", "teapot88", "106900001"
_STATUS = {
    Fault.RATE_LIMITED: 0x58,
    Fault.SERVER_ERROR: 0x08,
    Fault.BLOCKED: 0x45,
    Fault.WINDOW_CLOSED: 0x66,
}
_AT_BIND = {Fault.CREDENTIALS_REFUSED: 0x0E, Fault.TOKEN_REVOKED: 0x0E}


class Simulator(PlatformSimulator):
    """One account. The server begins when its address is first asked for, and ends with `close` or the program."""

    secrets: ClassVar[Mapping[str, str]] = {"password": PASSWORD}
    _centre: "_Centre | None" = None

    @property
    def settings(self) -> Mapping[str, Any]:  # pyright: ignore[reportIncompatibleVariableOverride] - its port is known when it listens
        """What an admin would enter."""
        if self._centre is None:
            self._centre = _Centre(self)
        host = f"127.0.0.1:{self._centre.server_address[1]}"
        return {"host": host, "tls": False, "system_id": SYSTEM_ID, "number": NUMBER, "country": "86"}

    def close(self) -> None:
        """Let go of the port and of everybody who is bound."""
        if self._centre is not None:
            self._centre.close()
            self._centre = None

    def routes(self) -> Mapping[str, Handler]:
        """Nothing is asked over HTTP."""
        return {}

    def take_fault(self, *of: Fault) -> Fault | None:
        """The next fault, when it is one of these."""
        return self._faults.pop(0) if self._faults and self._faults[0] in of else None

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A text, in as many parts as it takes."""
        message_id = uuid4().hex
        self.show(address, Shown(provider_id=message_id, by="customer", kind="text", text=text))
        await self._hand_over(message_id, self.said(address, text))
        return message_id

    async def report(self, message_id: str, state: str) -> None:
        """What became of a message, as message centres write it (appendix B)."""
        text = f"id:{message_id} sub:001 dlvrd:001 submit date:2611220800 done date:2611220801 stat:{state} err:000 text:"
        one = Short(source="+8613900002001", destination=NUMBER, esm_class=pdu.RECEIPT, data=text.encode())
        await self._hand_over(uuid4().hex, [one])

    @staticmethod
    def said(address: str, text: str) -> list[Short]:
        """The deliver_sm of a text."""
        cut = segments(text)
        encode, coding = (gsm_bytes, codec.GSM) if cut.gsm else (ucs2_bytes, codec.UCS2)
        count = len(cut.parts)
        return [
            Short(
                source=address,
                destination=NUMBER,
                esm_class=pdu.UDH if count > 1 else 0,
                coding=coding,
                data=(bytes((5, 0, 3, 77, count, place)) if count > 1 else b"") + encode(part),
            )
            for place, part in enumerate(cut.parts, start=1)
        ]

    async def _hand_over(self, message_id: str, parts: Sequence[Short]) -> None:
        pdus = [Pdu(pdu.DELIVER_SM, 0, place, one.encode()) for place, one in enumerate(parts, start=1)]
        if self._centre is None or not self._centre.push(pdus):
            await self.deliver(RawReceipt("SMPP", {}, {"id": message_id}, codec.joined(pdus)))


class _Part(Struct):
    count: int
    texts: dict[int, str]


class _Centre(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(("127.0.0.1", 0), _Client)
        self.simulator = simulator
        self.receivers: list[_Client] = []
        self.open: set[_Client] = set()
        self.parts: dict[tuple[str, int], _Part] = {}
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True, name="smpp-centre").start()

    def push(self, pdus: Sequence[Pdu]) -> bool:
        """Hand PDUs to a bound receiver, if there is one."""
        if not self.receivers:
            return False
        self.receivers[-1].request.sendall(codec.joined(pdus))
        return True

    def close(self) -> None:
        self.shutdown()
        for client in list(self.open):
            client.request.close()
        self.server_close()

    def submitted(self, one: Short) -> str:
        """Show a message on the phone, when all of its parts are there."""
        message_id = self.simulator.next_id("smsc")
        belonging = codec.belongs(one)
        texts = {1: codec.text_of(one)}
        if belonging is not None:
            (_, reference), count, place = belonging
            part = self.parts.setdefault((one.destination, reference), _Part(count, {}))
            part.texts[place] = codec.text_of(one)
            if len(part.texts) < part.count:
                return message_id
            texts = self.parts.pop((one.destination, reference)).texts
        text = "".join(texts[place] for place in sorted(texts))
        self.simulator.show(one.destination, Shown(provider_id=message_id, by="company", kind="text", text=text))
        return message_id


class _Client(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        centre = cast("_Centre", self.server)
        centre.open.add(self)
        try:
            while head := self.rfile.read(pdu.HEADER.size):
                length, command, status, sequence = pdu.HEADER.unpack(head)
                if not self._answered(centre, Pdu(command, status, sequence, self.rfile.read(length - pdu.HEADER.size))):
                    return
        except (OSError, ValueError):
            return
        finally:
            centre.open.discard(self)
            if self in centre.receivers:
                centre.receivers.remove(self)

    def _answered(self, centre: _Centre, asked: Pdu) -> bool:
        match asked.command:
            case pdu.BIND_RECEIVER | pdu.BIND_TRANSMITTER:
                return self._bind(centre, asked)
            case pdu.SUBMIT_SM:
                return self._submit(centre, asked)
            case pdu.UNBIND:
                self.request.sendall(asked.answer().encode())
                return False
            case command if not command & pdu.ANSWER:
                self.request.sendall(asked.answer().encode())
                return True
            case _:
                return True

    def _bind(self, centre: _Centre, asked: Pdu) -> bool:
        fault = centre.simulator.take_fault(*_AT_BIND)
        right = pdu.credentials(asked.body) == (SYSTEM_ID, PASSWORD)
        status = _AT_BIND[fault] if fault else 0 if right else 0x0E
        self.request.sendall(asked.answer(SYSTEM_ID.encode() + b"\0", status).encode())
        if status == 0 and asked.command == pdu.BIND_RECEIVER:
            centre.receivers.append(self)
        return status == 0

    def _submit(self, centre: _Centre, asked: Pdu) -> bool:
        fault = centre.simulator.take_fault(*_STATUS, Fault.CUT, Fault.NONSENSE)
        if fault is Fault.CUT:
            return False
        if fault is Fault.NONSENSE:
            self.request.sendall(b"<html>Bad gateway</html>")
            return False
        if fault is not None:
            self.request.sendall(asked.answer(b"\0", _STATUS[fault]).encode())
            return True
        message_id = centre.submitted(pdu.short(asked.body))
        self.request.sendall(asked.answer(message_id.encode() + b"\0").encode())
        return True
