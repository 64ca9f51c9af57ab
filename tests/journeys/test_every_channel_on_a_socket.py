"""Every platform on a real socket, asked by the desk's own guarded client: its forms, its multipart bodies, its addresses of files."""

import asyncio
from uuid import UUID

import pytest

from qiao.app.simulators import make_simulators
from qiao.channels.registry import load_channels
from qiao.domains.inboxes.wire import InboxWire
from qiao.platform.http.outbound import Outbound
from qiao.ports.channel import (
    Capability,
    Connected,
    FetchedMedia,
    InboundMessage,
    NeedsReauth,
    OutboundFile,
    OutboundMessage,
    PullDue,
    Rejected,
    Retry,
    Sent,
)
from qiao.ports.testing.platform_suite import FILES
from qiao.ports.testing.serving import served
from qiao.ports.testing.simulating import Fault, SentFile
from qiao.ports.testing.wire import MemoryWire

pytestmark = pytest.mark.slow

ADAPTERS, PLATFORMS = load_channels(), make_simulators()
HTTP = sorted(name for name in PLATFORMS if any(host.startswith("http") for host in ADAPTERS[name].manifest.hosts.values()))
ODD = '茶杯 "大" 1.png'


class GuardedWire(MemoryWire):
    """As the desk asks in service, but for tokens and memory, which it keeps here."""

    def __init__(self, *, private: bool = True) -> None:
        super().__init__(files={name: data for name, _, data in FILES.values()})
        self.request = InboxWire(None, "", None, Outbound(allow_private=private), None).request


class Desk:
    """One inbox on one platform that listens on a socket."""

    def __init__(self, name: str, origin: str) -> None:
        self.adapter = ADAPTERS[name]
        self.platform = type(PLATFORMS[name])(self.adapter.manifest)
        self.platform.origin = origin
        self.account, self.wire = self.platform.account(), GuardedWire()
        self.address = self.platform.customers[0]

    async def hears(self, text: str = "在吗", file: SentFile | None = None) -> InboundMessage:
        """What a customer just wrote."""
        await self.platform.customer_writes(self.address, text, file=file)
        items = list(self.adapter.parse(self.platform.delivered[-1], self.account))
        for hint in [one.hint for one in items if isinstance(one, PullDue)]:
            items += (await self.adapter.pull(None, hint, self.account, self.wire)).items
        return [one for one in items if isinstance(one, InboundMessage)][-1]

    async def says(self, heard: InboundMessage, key: str = "0190-key", **what: object):
        """The end of a reply to that."""
        way_back = {"to": heard.sender.address, "reply_to": heard.reply_to}
        reply = OutboundMessage(key=key, conversation_id=UUID(int=3), **way_back, **what)
        return await self.adapter.send(reply, self.account, self.wire)

    @property
    def screen(self):
        """What came from the company."""
        return [one for one in self.platform.shown(self.address) if one.by == "company"]


@pytest.fixture(scope="module")
async def socket():
    """One socket for all: where it is, and who listens there."""
    listening: dict[str, Desk] = {}

    async def front(scope, receive, send):
        await listening["desk"].platform(scope, receive, send)

    async with served(front) as origin:
        yield origin, listening


@pytest.fixture(params=HTTP)
def desk(request, socket):
    origin, listening = socket
    listening["desk"] = Desk(request.param, origin)
    return listening["desk"]


async def test_the_credentials_are_tried(desk):
    assert isinstance(await desk.adapter.connect(desk.account, desk.wire), Connected)


async def test_words_arrive_as_they_were_written(desk):
    text = '已发货 ✅ <b>&amp; "quotes" + 100%\n第二行'
    ended = await desk.says(await desk.hears(), text=text)
    assert isinstance(ended, Sent), ended
    assert desk.screen[-1].text == text


@pytest.mark.parametrize("kind", sorted(FILES))
async def test_a_file_of_the_customer_comes_byte_for_byte(desk, kind):
    if Capability(kind) not in desk.adapter.manifest.capabilities:
        return
    name, content_type, data = FILES[kind]
    heard = await desk.hears("", SentFile(kind=kind, data=data + bytes(range(256)), name=name, content_type=content_type))
    fetched = await desk.adapter.fetch_media(heard.media[0], desk.account, desk.wire)
    assert isinstance(fetched, FetchedMedia), fetched
    assert fetched.data == data + bytes(range(256))


@pytest.mark.parametrize("kind", sorted(FILES))
async def test_a_file_of_ours_goes_byte_for_byte_whatever_its_name(desk, kind):
    if kind not in {one.kind for one in desk.adapter.manifest.media}:
        return
    _, content_type, data = FILES[kind]
    desk.wire.files[ODD] = data + b"\r\n--boundary--\r\n" + bytes(range(256))
    file = OutboundFile(
        id=UUID(int=9), kind=kind, name=ODD, content_type=content_type, size=len(desk.wire.files[ODD]), url="http://desk.test/9"
    )
    ended = await desk.says(await desk.hears(), files=(file,))
    assert isinstance(ended, Sent), ended
    assert desk.screen[-1].data == desk.wire.files[ODD] or file.url in desk.screen[-1].text


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.NONSENSE])
async def test_a_platform_in_trouble_is_asked_again_and_then_it_works(desk, fault):
    heard = await desk.hears()
    desk.platform.go_wrong(fault)
    first = await desk.says(heard, text="一")
    assert isinstance(first, Retry | Sent), first
    while isinstance(first, Retry):
        first = await desk.says(heard, text="一")
    assert [one.text for one in desk.screen] == ["一"]


async def test_a_desk_that_may_not_ask_inside_asks_nobody_there(desk):
    heard = await desk.hears()
    desk.wire = GuardedWire(private=False)
    asked = len(desk.platform.asked)
    ended = await desk.says(heard, text="一")
    assert isinstance(ended, Retry | Rejected | NeedsReauth), ended
    assert (len(desk.platform.asked), desk.screen) == (asked, [])


async def test_replies_at_the_same_time_are_each_their_own(desk):
    heard = await desk.hears()
    several = (desk.says(heard, f"key-{number}", text=f"第 {number} 句", number=number) for number in (1, 2, 3))
    ended = await asyncio.gather(*several)
    sent = [one for one in ended if isinstance(one, Sent)]
    assert len({one.provider_id for one in sent} - {None}) in {0, len(sent)}
    assert len(desk.screen) == len(sent) > 0
