"""What a channel promises that has a provider: its adapter against its simulator, in one process.

Subclass beside `ChannelSuite` (which it is) with the fixture `simulator`. What a platform does not have is left out by its manifest,
never by a test of its own. The customer's address is `customer`.
"""

# ruff: noqa: S101 - these are tests, written once for every channel

import io
from typing import Any, ClassVar
from uuid import UUID

import pytest
from PIL import Image

from qiao.ports.channel import (
    Account,
    Capability,
    Channel,
    FetchedMedia,
    Inbound,
    InboundMessage,
    NeedsReauth,
    Option,
    OutboundFile,
    Rejected,
    Retry,
    Sender,
    Sent,
)
from qiao.ports.testing.channel_suite import ChannelSuite
from qiao.ports.testing.simulating import Fault, PlatformSimulator, SentFile
from qiao.ports.testing.wire import MemoryWire


def picture() -> bytes:
    """A small picture that is really one."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, "PNG")
    return out.getvalue()


FILES = {
    "image": ("茶杯.png", "image/png", picture()),
    "voice": ("语音.amr", "audio/amr", b"#!AMR\n" + bytes(64)),
    "video": ("开箱.mp4", "video/mp4", b"\x00\x00\x00\x18ftypmp42" + bytes(64)),
    "file": ("发票.pdf", "application/pdf", b"%PDF-1.4\n%%EOF\n"),
}


class PlatformSuite(ChannelSuite):
    """Subclass with `channel`, `customer` and the fixtures `adapter` and `simulator`."""

    customer: ClassVar[str] = "customer-1"
    meaning: ClassVar[dict[Fault, tuple[type, ...]]] = {}
    """Where a fault means something else here than it usually does; a fault mapped to () is one that the platform cannot have."""

    usual: ClassVar[dict[Fault, tuple[type, ...]]] = {
        Fault.RATE_LIMITED: (Retry,),
        Fault.SERVER_ERROR: (Retry,),
        Fault.NONSENSE: (Retry,),
        Fault.CUT: (Retry,),
        Fault.CREDENTIALS_REFUSED: (NeedsReauth,),
        Fault.TOKEN_REVOKED: (Sent, NeedsReauth),
        Fault.WINDOW_CLOSED: (Rejected,),
        Fault.BLOCKED: (Rejected,),
    }

    @pytest.fixture
    def account(self, simulator: PlatformSimulator) -> Account:
        """The inbox of the simulated account."""
        return simulator.account()

    @pytest.fixture
    def wire(self, simulator: PlatformSimulator) -> MemoryWire:
        """Every host leads to the simulator."""
        return MemoryWire(simulator, {name: data for name, _, data in FILES.values()})

    def reply(self, **changes: Any) -> Any:
        """A reply to the customer of the simulator."""
        return super().reply(**{"to": self.customer, **changes})

    async def taken(self, simulator: PlatformSimulator, adapter: Channel, account: Account, wire: MemoryWire) -> list[Inbound]:
        """What the last delivery holds, verified and parsed. Overridden where a delivery only says that something lies ready."""
        receipt = simulator.delivered[-1]
        assert adapter.verify(receipt, account) is None
        return list(adapter.parse(receipt, account))

    async def test_what_a_customer_writes_arrives(
        self, adapter: Channel, simulator: PlatformSimulator, account: Account, wire: MemoryWire
    ) -> None:
        """Word for word, from whom, with an id that a redelivery repeats."""
        text = '你好 👋 <b>&amp; "quotes"\n第二行'
        await simulator.customer_writes(self.customer, text)
        (message,) = [one for one in await self.taken(simulator, adapter, account, wire) if isinstance(one, InboundMessage)]
        assert (message.text, message.sender.address) == (text, self.customer)
        assert message.provider_id
        (again,) = [one for one in await self.taken(simulator, adapter, account, wire) if isinstance(one, InboundMessage)]
        assert again.provider_id == message.provider_id

    async def test_two_messages_are_two(
        self, adapter: Channel, simulator: PlatformSimulator, account: Account, wire: MemoryWire
    ) -> None:
        """The same words twice are two messages."""
        ids = set()
        for _ in range(2):
            await simulator.customer_writes(self.customer, "在吗")
            ids |= {
                one.provider_id for one in await self.taken(simulator, adapter, account, wire) if isinstance(one, InboundMessage)
            }
        assert len(ids) == 2

    @pytest.mark.parametrize("kind", sorted(FILES))
    async def test_a_file_of_the_customer_can_be_had(
        self, kind: str, adapter: Channel, simulator: PlatformSimulator, account: Account, wire: MemoryWire
    ) -> None:
        """Its bytes, as they were sent."""
        if Capability(kind) not in adapter.manifest.capabilities:
            return
        name, content_type, data = FILES[kind]
        await simulator.customer_writes(self.customer, file=SentFile(kind=kind, data=data, name=name, content_type=content_type))
        (message,) = [one for one in await self.taken(simulator, adapter, account, wire) if isinstance(one, InboundMessage)]
        (media,) = message.media
        assert media.kind == kind
        fetched = await adapter.fetch_media(media, account, wire)
        assert isinstance(fetched, FetchedMedia), fetched
        assert fetched.data == data

    @pytest.mark.parametrize("kind", sorted(FILES))
    async def test_a_file_of_ours_is_shown(
        self, kind: str, adapter: Channel, simulator: PlatformSimulator, account: Account, wire: MemoryWire
    ) -> None:
        """On the customer's phone, whole."""
        if kind not in {one.kind for one in adapter.manifest.media}:
            return
        await self.open_window(simulator, adapter, account, wire)
        name, content_type, data = FILES[kind]
        file = OutboundFile(
            id=UUID(int=9), kind=kind, name=name, content_type=content_type, size=len(data), url=f"http://desk.test/files/{name}"
        )
        sent = await adapter.send(self.reply(text="", files=(file,)), account, wire)
        assert isinstance(sent, Sent), sent
        shown = simulator.shown(self.customer)[-1]
        assert (shown.by, shown.kind) == ("company", kind)
        assert shown.data == data or file.url in shown.text

    async def open_window(self, simulator: PlatformSimulator, adapter: Channel, account: Account, wire: MemoryWire) -> None:
        """The customer writes, so that one may answer. Channels whose replies need what the message left override `reply` too."""
        await simulator.customer_writes(self.customer, "在吗")

    async def test_a_reply_is_on_the_phone(
        self, adapter: Channel, simulator: PlatformSimulator, account: Account, wire: MemoryWire
    ) -> None:
        """Word for word, once, and the provider's name of it is given back."""
        await self.open_window(simulator, adapter, account, wire)
        before = len(simulator.shown(self.customer))
        text = '已发货 ✅ <b>&amp; "quotes"\n第二行'
        sent = await adapter.send(self.reply(text=text), account, wire)
        assert isinstance(sent, Sent), sent
        (shown,) = simulator.shown(self.customer)[before:]
        assert (shown.by, shown.kind, shown.text) == ("company", "text", text)
        assert sent.provider_id in {None, shown.provider_id}

    async def test_options_are_on_the_phone_and_come_back(
        self, adapter: Channel, simulator: PlatformSimulator, account: Account, wire: MemoryWire
    ) -> None:
        """What is tapped is the option's value."""
        if Capability.OPTIONS not in adapter.manifest.capabilities:
            return
        await self.open_window(simulator, adapter, account, wire)
        offered = (Option("entry-1", "退货流程"), Option("entry-2", "换货"))
        assert isinstance(await adapter.send(self.reply(text="您想问哪个？", options=offered), account, wire), Sent)
        assert [*simulator.shown(self.customer)[-1].options] == ["退货流程", "换货"]
        await simulator.customer_writes(self.customer, "换货", option="entry-2")
        (message,) = [one for one in await self.taken(simulator, adapter, account, wire) if isinstance(one, InboundMessage)]
        assert message.option == "entry-2"

    @pytest.mark.parametrize("fault", [one for one in Fault if one is not Fault.MEDIA_EXPIRED])
    async def test_every_fault_has_its_end(
        self, fault: Fault, adapter: Channel, simulator: PlatformSimulator, account: Account, wire: MemoryWire
    ) -> None:
        """Tried again, refused with a reason, or told to the admin; never an exception, and never a false "sent"."""
        ends = self.meaning.get(fault, self.usual[fault])
        if not ends:
            return
        await self.open_window(simulator, adapter, account, wire)
        simulator.go_wrong(fault)
        result = await adapter.send(self.reply(text="一"), account, wire)
        assert isinstance(result, ends), result
        texts = [one.text for one in simulator.shown(self.customer) if one.by == "company"]
        assert ("一" in texts) == isinstance(result, Sent)

    async def test_media_that_is_gone_is_said_to_be(
        self, adapter: Channel, simulator: PlatformSimulator, account: Account, wire: MemoryWire
    ) -> None:
        """A picture whose address has run out is no error of ours."""
        if Capability.IMAGE not in adapter.manifest.capabilities or Fault.MEDIA_EXPIRED in self.meaning:
            return
        name, content_type, data = FILES["image"]
        await simulator.customer_writes(
            self.customer, file=SentFile(kind="image", data=data, name=name, content_type=content_type)
        )
        (message,) = [one for one in await self.taken(simulator, adapter, account, wire) if isinstance(one, InboundMessage)]
        simulator.go_wrong(Fault.MEDIA_EXPIRED)
        assert await adapter.fetch_media(message.media[0], account, wire) == Rejected("expired")

    async def test_connecting_says_whose_account_it_is(
        self, adapter: Channel, simulator: PlatformSimulator, account: Account, wire: MemoryWire
    ) -> None:
        """And refused credentials are told, not thrown."""
        connected = await adapter.connect(account, wire)
        assert getattr(connected, "title", ""), connected
        if self.meaning.get(Fault.CREDENTIALS_REFUSED, self.usual[Fault.CREDENTIALS_REFUSED]) and simulator.asked:
            wire.tokens.clear()
            simulator.go_wrong(Fault.CREDENTIALS_REFUSED)
            assert isinstance(await adapter.connect(account, wire), NeedsReauth | Rejected)

    async def test_who_a_customer_is_can_be_asked(
        self, adapter: Channel, simulator: PlatformSimulator, account: Account, wire: MemoryWire
    ) -> None:
        """What is said of them, or nothing; whatever goes wrong, it is no exception and nothing that an admin has to hear of."""
        if not adapter.manifest.introduces:
            return
        await simulator.customer_writes(self.customer, "在吗", name="林语桐")
        asked = Sender(address=self.customer)
        told = await adapter.introduce(asked, {}, account, wire)
        assert isinstance(told, Sender), told
        assert told.address == self.customer
        assert told.name == "林语桐" or told.proofs
        for fault in set(Fault) - {Fault.WINDOW_CLOSED, Fault.BLOCKED, Fault.MEDIA_EXPIRED}:
            simulator.go_wrong(fault, fault, fault)
            assert isinstance(await adapter.introduce(asked, {}, account, wire), Retry | None), fault
            simulator.forget_faults()
